// Workers that take jobs from a queue, and wait while there is none.
#include "examples.h"

using namespace cutover;
using Jobs = std::vector<int>;

constexpr auto push = [](Jobs& jobs, int job) { jobs.push_back(job); };
constexpr auto first = [](const Jobs& jobs) {
  return jobs.empty() ? std::nullopt : std::optional(jobs.front());
};
constexpr auto pop = [](Jobs& jobs) {
  const auto job = first(jobs);
  return job ? jobs.erase(jobs.begin()), job : job;
};

Task<void> offer(Actor& actor) {
  const auto queue = actor.store<Jobs>("queue");
  while (const auto job = co_await actor.next_input())
    co_await queue.step("push", push, job->as<int>());
}

Task<void> work(Actor& actor, bool in_one_step) {
  const auto queue = actor.store<Jobs>("queue");
  const int job =
      in_one_step ? co_await queue.when("pop", pop) : co_await queue.when("look", first);
  actor.note("did", push, job);
  if (!in_one_step) co_await queue.when("pop", pop);
}

Migration queue(bool in_one_step) {
  Migration made;
  made.store("queue", Jobs{}).memory(Jobs{}).unfenced("queue").input("offer");
  made.program("offer", offer).program("work", [=](Actor& a) { return work(a, in_one_step); });
  made.property("DoneOnce", [](const View& now) {
    const auto all = now.memory<Jobs>();
    return all.size() < 2 || all[0] != all[1];
  });
  made.sometimes("two", [](const View& now) { return now.memory<Jobs>().size() == 2; });
  return made;
}
