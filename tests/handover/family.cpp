#include "tests/handover/family.h"

#include <CLI/CLI.hpp>

#include "engines/model/model_of_case.h"
#include "tests/handover/files.h"
#include "tests/handover/mapping.h"

namespace cutover::handover {
namespace {

Migration migration(bool leaves_first) {
  const auto holds_it = [](const Stores& now) {
    return now.store<Shelf>(now.store<Shelf>("old").left ? "new" : "old").value == kValue;
  };
  const auto is_left = [](const Stores& now) { return now.store<Shelf>("old").left; };
  Migration made;
  made.store("old", Shelf{.value = kValue}).store("new", Shelf{});
  made.program("move", [=](Actor& actor) -> Task<void> {
    const auto from = actor.store<Shelf>("old"), to = actor.store<Shelf>("new");
    co_await move(from, to, leaves_first);
  });
  made.property("NoLostValue", holds_it).can_finish("move", is_left);
  made.sometimes("the value was handed over", is_left,
                 [](const crashsim::Bounds& bounds) { return bounds.starts > 0; });
  return made;
}

RunCommand add_command(CLI::App& app) {
  struct Given {
    std::string folder;
    std::vector<int> pause_fds;
  };
  const auto given = std::make_shared<Given>();
  CLI::App* command = app.add_subcommand("hand-over", "Hand a value over between two files");
  command->add_option("--folder", given->folder, "of old.json and new.json")->required();
  command->add_option("--pause-fds", given->pause_fds)->delimiter(',')->expected(2)->required();
  return [=]() -> std::optional<int> {
    if (!command->parsed()) return std::nullopt;
    return move_files(given->folder, given->pause_fds[0], given->pause_fds[1]);
  };
}

}  // namespace

Family family() {
  Case reference{"handover/leave-last", "open, put, leave", "", migration(false)};
  reference.process = process_subject;
  Case mutant{"handover/leave-last+leave-first", "leaves the old shelf before the value is put",
              "NoLostValue", migration(true)};
  mutant.record = "a value that was in neither place";
  return {.name = "handover",
          .bounds = {.own = {}, .of_engine = {}, .of_bench = {"starts=3,crashes=1"}},
          .cases = {with_model(reference, Mapping{false}), with_model(mutant, Mapping{true})},
          .specifications = CUTOVER_HANDOVER "/tla",
          .commands = add_command};
}

}  // namespace cutover::handover
