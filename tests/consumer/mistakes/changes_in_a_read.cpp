// the lambda takes the state (by reference; const in a read)
#include <cutover/crashsim/sdk.h>
using namespace cutover;
Task<void> program(Actor& actor) {
  co_await actor.store<int>("cell").read("set", [](int& cell) { return ++cell; });
}
