// A log that belongs to whoever opened it last: Fenced<T> rejects all who opened it before.
#include <map>

#include "examples.h"

using namespace cutover;
using Log = std::map<int, int>;  // by position

constexpr auto length = [](const Log& log) { return static_cast<int>(log.size()); };
constexpr auto put = [](Log& log, int position, int entry) { log[position] = entry; };
constexpr auto put_anyway = [](Fenced<Log>& log, int position, int entry) {
  log.value[position] = entry;
};
constexpr auto keep = [](Log& known, int position, int entry) { known[position] = entry; };

Task<void> lead(Actor& actor, bool fenced) {
  const auto store = actor.store<Fenced<Log>>("log");
  const auto log = co_await open(store);
  int next = co_await log.read("length", length);
  while (const auto request = co_await actor.next_input()) {
    const int entry = request->as<int>();
    if (fenced) co_await log.step("put", put, next, entry);
    if (!fenced) co_await store.step("put", put_anyway, next, entry);
    actor.note("acknowledged", keep, next++, entry);
  }
}

Migration leader(bool fenced) {
  Migration made;
  made.store("log", Fenced<Log>{}).memory(Log{}).input("append");
  made.program("lead", [=](Actor& actor) { return lead(actor, fenced); });
  made.property("NoLostEntry", [](const View& now) {
    const auto log = now.store<Fenced<Log>>("log").value;
    return std::ranges::includes(log, now.memory<Log>());
  });
  made.sometimes("two entries", [](const View& now) { return now.memory<Log>().size() == 2; });
  return made;
}
