// the answer's type has no JSON
#include <cutover/crashsim/sdk.h>
using namespace cutover;
struct Job {
  int id = 0;
};
Task<void> program(Actor& actor) {
  co_await actor.store<int>("cell").step("get", [](int& cell) { return Job{cell}; });
}
