// give a lambda without captures
#include <cutover/crashsim/sdk.h>
using namespace cutover;
Task<void> program(Actor& actor, int to) {
  co_await actor.store<int>("cell").step("set", [](int& cell) { cell = 1; });
  actor.note("set", [to](int& known) { known = to; });
}
