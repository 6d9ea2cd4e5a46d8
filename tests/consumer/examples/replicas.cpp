// A reader that is sent to one of two replicas, and nobody knows which: choose() explores both.
#include <algorithm>

#include "examples.h"

using namespace cutover;

constexpr auto increase = [](int& value, int to) { value = std::max(value, to); };
constexpr auto get = [](const int& value) { return value; };
constexpr auto compare = [](bool& was_stale, int wrote, int read) { was_stale |= read < wrote; };
constexpr const char* kReplicas[] = {"left", "right"};

Task<void> write_and_read(Actor& actor, bool writes_both) {
  while (const auto request = co_await actor.next_input()) {
    const int wrote = request->as<int>();
    co_await actor.store<int>("left").step("increase", increase, wrote);
    if (writes_both) co_await actor.store<int>("right").step("increase", increase, wrote);
    const unsigned which = co_await actor.choose(2);
    const int read = co_await actor.store<int>(kReplicas[which]).read("get", get);
    actor.note("wrote and read", compare, wrote, read);
  }
}

Migration replicas(bool writes_both) {
  Migration made;
  made.store("left", 0).store("right", 0).memory(false).unfenced("left").unfenced("right");
  made.input("write").program("client",
                              [=](Actor& actor) { return write_and_read(actor, writes_both); });
  made.property("ReadYourWrites", [](const View& now) { return !now.memory<bool>(); });
  made.sometimes("both are written", [](const View& now) {
    return now.store<int>("left") == 2 && now.store<int>("right") == 2;
  });
  return made;
}
