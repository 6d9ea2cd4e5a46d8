// give a lambda without captures
#include <cutover/crashsim/sdk.h>
using namespace cutover;
Task<void> program(Actor& actor, int to) {
  const auto cell = co_await open(actor.store<Fenced<int>>("cell"));
  co_await cell.step("set", [to](int& value) { value = to; });
}
