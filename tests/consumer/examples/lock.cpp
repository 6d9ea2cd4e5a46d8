// A lock that vanishes with its holder: it belongs to the holder's session. That may also end too
// early, unknown to the holder, whose steps in the session are rejected then.
#include "examples.h"

using namespace cutover;
struct Counter {
  int holder = 0, value = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Counter, holder, value)

constexpr auto take = [](Counter& counter, int me) {
  return counter.holder == 0 ? counter.holder = me, true : false;  // false: it waits
};
constexpr auto leave = [](Counter& counter, int me) {
  if (counter.holder == me) counter.holder = 0;
};
constexpr auto get = [](const Counter& counter) { return counter.value; };
constexpr auto set = [](Counter& counter, int to) { counter.value = to; };
constexpr auto count = [](int& counted) { ++counted; };

Task<void> increment(Actor& actor, bool in_session) {
  const auto mine = co_await actor.open_session<Counter>("counter");
  co_await mine.when("take", take, mine.session());
  const int seen = co_await mine.read("get", get);
  co_await (in_session ? mine : actor.store<Counter>("counter")).step("set", set, seen + 1);
  actor.note("counted", count);
  co_await mine.step("leave", leave, mine.session());
}

Migration lock(bool in_session) {
  Migration made;
  made.session_store("counter", Counter{}, leave).memory(0);
  made.program("increment", [=](Actor& actor) { return increment(actor, in_session); });
  made.property("NothingLost", [](const View& now) {
    return now.store<Counter>("counter").value >= now.memory<int>();
  });
  made.sometimes("two have counted", [](const View& now) { return now.memory<int>() == 2; });
  return made;
}
