// and then the arguments that follow it
#include <cutover/crashsim/sdk.h>
using namespace cutover;
Task<void> program(Actor& actor) {
  co_await actor.store<int>("cell").step("set", [](int& cell, int to) { cell = to; });
}
