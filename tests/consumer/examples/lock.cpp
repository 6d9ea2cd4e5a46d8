// A lock in a store: when() waits until it is free. A holder that dies holds it for ever.
#include "examples.h"

using namespace cutover;
struct Lock {
  int holder = 0, last = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Lock, holder, last)

constexpr auto take = [](Lock& lock) -> std::optional<int> {
  if (lock.holder != 0) return std::nullopt;  // not enabled: whoever asks waits
  return lock.holder = ++lock.last;
};
constexpr auto release = [](Lock& lock, int me) {
  if (lock.holder == me) lock.holder = 0;
};
constexpr auto get = [](const int& counter) { return counter; };
constexpr auto set = [](int& counter, int to) { counter = to; };
constexpr auto count = [](int& counted) { ++counted; };

awaitable<void> increment(Actor& actor, bool locks) {
  const auto lock = actor.store<Lock>("lock");
  const auto counter = actor.store<int>("counter");
  int me = 0;
  if (locks) me = co_await lock.when("take", take);
  const int seen = co_await counter.read("get", get);
  co_await counter.step("set", set, seen + 1);
  actor.note("counted", count);
  if (locks) co_await lock.step("release", release, me);
}

Migration lock(bool locks) {
  Migration made;
  made.store("lock", Lock{}).store("counter", 0).memory(0).unfenced("lock").unfenced("counter");
  made.program("increment", [=](Actor& actor) { return increment(actor, locks); });
  made.property("NothingLost",
                [](const View& now) { return now.store<int>("counter") >= now.memory<int>(); });
  made.sometimes("two have counted", [](const View& now) { return now.memory<int>() == 2; });
  return made;
}
