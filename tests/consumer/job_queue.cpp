// A job queue moves from one store to another while servers accept jobs, crash and come back.
#include <cutover/cli/cutover_main.h>
#include <cutover/crashsim/sdk.h>

#include <algorithm>
#include <set>

using namespace cutover;

// What a store keeps. Whoever takes a queue owns it; steps of the owner before are rejected.
struct Queue {
  int owner = 0;
  std::vector<int> jobs;
  bool moved = false;  // of the old queue: the new one counts
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Queue, owner, jobs, moved)

Queue& owned(Queue& queue, int me) { return require(queue.owner == me), queue; }

// The operations of a store, each atomic: functions without captures.
constexpr auto take = [](Queue& queue) {
  ++queue.owner;
  return queue;
};
constexpr auto look = [](const Queue& queue) { return queue; };
constexpr auto push = [](Queue& queue, int me, int job) { owned(queue, me).jobs.push_back(job); };
constexpr auto fill = [](Queue& queue, int me, std::vector<int> jobs) {
  owned(queue, me).jobs = jobs;
};
constexpr auto mark_moved = [](Queue& queue, int me) { owned(queue, me).moved = true; };

// What the properties remember: the jobs that clients were told are accepted.
using Accepted = std::set<int>;
constexpr auto add = [](Accepted& accepted, int job) { accepted.insert(job); };

// The programs, one step a line. Processes run them at any time, several at once.
Task<void> serve(Actor& actor, StoreHandle<Queue> queue, int me) {
  while (const auto request = co_await actor.next_input()) {
    const int job = request->as<int>();
    co_await queue.step("push", push, me, job);
    actor.note("accepted", add, job);
  }
}

Task<void> serve_old(Actor& actor) {
  const auto queue = actor.store<Queue>("old");
  const Queue found = co_await queue.step("take", take);
  if (!found.moved) co_await serve(actor, queue, found.owner);
}

Task<void> move(Actor& actor, bool looks_again) {
  const auto from = actor.store<Queue>("old"), to = actor.store<Queue>("new");
  const Queue source = co_await from.step("take", take);  // from here on no server adds to it
  const Queue target = co_await to.step("take", take);    // and no slower move fills this one
  Queue found = source;
  if (looks_again) found = co_await from.read("look", look);  // a faster move may have been here
  if (!found.moved) {
    co_await to.step("fill", fill, target.owner, found.jobs);
    co_await from.step("mark moved", mark_moved, source.owner);
  }
  co_await serve(actor, to, target.owner);
}

// What must hold at every instant, by what is durable then.
std::multiset<int> jobs_that_count(const Stores& now) {
  const auto jobs = now.store<Queue>(now.store<Queue>("old").moved ? "new" : "old").jobs;
  return {jobs.begin(), jobs.end()};
}

bool no_lost_job(const View& now) {
  return std::ranges::includes(jobs_that_count(now), now.memory<Accepted>());
}

bool no_job_twice(const View& now) {
  const auto jobs = jobs_that_count(now);
  return std::ranges::adjacent_find(jobs) == jobs.end();
}

bool pushed_before_and_after(const View& now) {  // not vacuous: this must have been seen
  const std::size_t before = now.store<Queue>("old").jobs.size();
  return before > 1 && now.store<Queue>("new").jobs.size() > before;
}

Migration job_queue(bool looks_again) {
  Migration migration;
  migration.store("old", Queue{.jobs = {7}}).store("new", Queue{}).memory(Accepted{7});
  migration.program("serve", serve_old);
  migration.program("move", [=](Actor& actor) { return move(actor, looks_again); });
  migration.input("push");  // job 1, job 2, ... as often as the bound on writes allows
  migration.property("NoLostJob", no_lost_job).property("NoJobTwice", no_job_twice);
  migration.sometimes("jobs were pushed before and after the move", pushed_before_and_after);
  return migration;
}

int main(int argc, char** argv) {
  const Case reference{"queue/move", "take both, look, fill, mark", "", job_queue(true)};
  const Case mutant{"queue/move+looks-once", "trusts what it saw when it took the old queue",
                    "NoLostJob", job_queue(false)};
  const Family queue{.name = "queue", .cases = {reference, mutant}};
  return cutover_main(argc, argv, {queue});
}
