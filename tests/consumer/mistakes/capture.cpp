// give a lambda without captures
#include <cutover/crashsim/sdk.h>
using namespace cutover;
Task<void> program(Actor& actor, int to) {
  co_await actor.store<int>("cell").step("set", [to](int& cell) { cell = to; });
}
