// Two steps under way at once: a value goes to both sides of a mirror, and is acknowledged once
// both have answered.
#include <set>

#include "examples.h"

using namespace cutover;
using Values = std::set<int>;

constexpr auto put = [](Values& values, int value) { values.insert(value); };

Task<void> write(Actor& actor, bool awaits_both) {
  while (const auto request = co_await actor.next_input()) {
    const int value = request->as<int>();
    const auto left = actor.send(actor.store<Values>("left").step("put", put, value));
    const auto right = actor.send(actor.store<Values>("right").step("put", put, value));
    co_await left;
    if (awaits_both) co_await right;
    actor.note("acknowledged", put, value);
  }
}

Migration mirror(bool awaits_both) {
  Migration made;
  made.store("left", Values{}).store("right", Values{}).memory(Values{});
  made.unfenced("left").unfenced("right").input("write");
  made.program("write", [=](Actor& actor) { return write(actor, awaits_both); });
  made.property("OnBothSides", [](const View& now) {
    const auto known = now.memory<Values>();
    const auto has_all = [&](const char* side) {
      const auto values = now.store<Values>(side);
      return std::ranges::includes(values, known);
    };
    return has_all("left") && has_all("right");
  });
  made.sometimes("two", [](const View& now) { return now.memory<Values>().size() == 2; });
  return made;
}
