// A disk that loses what is not synced, with the machine it is in: acknowledge after the sync.
#include "examples.h"

using namespace cutover;
using Log = std::vector<int>;

constexpr auto append = [](Log& log, int entry) { log.push_back(entry); };

Task<void> serve(Actor& actor, bool syncs_first) {
  const auto disk = actor.store<Log>("disk");
  while (const auto request = co_await actor.next_input()) {
    const int entry = request->as<int>();
    co_await disk.step("append", append, entry);
    if (!syncs_first) actor.note("acknowledged", append, entry);
    co_await disk.sync();
    if (syncs_first) actor.note("acknowledged", append, entry);
  }
}

Migration disk(bool syncs_first) {
  Migration made;
  constexpr bool ends_processes = true;
  made.volatile_store("disk", Log{}, ends_processes).unfenced("disk").memory(Log{});
  made.input("append").program("serve", [=](Actor& actor) { return serve(actor, syncs_first); });
  made.property("Durable", [](const View& now) {
    const auto log = now.store<Log>("disk");
    return std::ranges::all_of(
        now.memory<Log>(), [&](int entry) { return std::ranges::find(log, entry) != log.end(); });
  });
  made.sometimes("two are there", [](const View& now) { return now.memory<Log>().size() == 2; });
  return made;
}
