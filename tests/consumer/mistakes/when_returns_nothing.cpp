// what is given to when returns bool or a std::optional
#include <cutover/crashsim/sdk.h>
using namespace cutover;
Task<void> program(Actor& actor) {
  co_await actor.store<int>("cell").when("set", [](int& cell) { cell = 1; });
}
