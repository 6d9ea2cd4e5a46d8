// an argument's type has no JSON
#include <cutover/crashsim/sdk.h>
using namespace cutover;
struct Job {
  int id = 0;
};
Task<void> program(Actor& actor) {
  const Job job{1};
  co_await actor.store<int>("cell").step("set", [](int& cell, Job job) { cell = job.id; }, job);
}
