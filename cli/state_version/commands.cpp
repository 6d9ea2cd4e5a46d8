#include "cli/state_version/commands.h"

#include <iostream>
#include <memory>

#include "cli/state_version/as_described.h"
#include "cli/state_version/upgrade.h"

namespace cutover::cli {
namespace {

constexpr const char* kStores =
    "file:PATH, a JSON file; sqlite:PATH, with a table `states` that has a row a namespace; or "
    "zookeeper:HOST:PORT,.../PATH, a JSON document in a znode";

void add_upgrade(CLI::App& app, UpgradeOptions& options) {
  CLI::App* upgrade =
      app.add_subcommand("upgrade", "Bring a stored state to a version, by its migrations");
  upgrade->add_option("--store", options.store, kStores)->required();
  upgrade->add_option("--namespace", options.name, "of a table: whose row has to be there");
  upgrade
      ->add_option("--migrations", options.migrations,
                   "a file {\"migrations\": [{\"version\", \"document\": JSON Patch, \"down\", "
                   "\"columns\", \"about\"}, ...]}")
      ->required();
  upgrade->add_option("--to", options.to, "the version, such as 0.2.1.10")->required();
  upgrade->add_flag("--plan", options.plan, "list what would be done, and do nothing");
  upgrade->add_flag("--down", options.down,
                    "go back to an older version, where each migration has a way down");
  add_wait(*upgrade, options.wait);
  add_pauses(*upgrade, options.pauses);
}

void add_history(CLI::App& app, HistoryOptions& options) {
  CLI::App* history = app.add_subcommand("history", "Print what was applied to a stored state");
  history->add_option("--store", options.store, kStores)->required();
  history->add_option("--namespace", options.name, "of a table: this one alone");
  add_wait(*history, options.wait);
}

/// Not shown: for check --engine process.
void add_as_described(CLI::App& app, AsDescribedOptions& options) {
  CLI::App* described = app.add_subcommand("as-described", "The original, to be killed")->group("");
  described->add_option("--store", options.store)->required();
  add_wait(*described, options.wait);
  add_pauses(*described, options.pauses);
}

struct Commands {
  UpgradeOptions upgrade;
  HistoryOptions history;
  AsDescribedOptions as_described;
};

}  // namespace

RunCommand add_state_version_commands(CLI::App& app) {
  const auto given = std::make_shared<Commands>();
  add_upgrade(app, given->upgrade);
  add_history(app, given->history);
  add_as_described(app, given->as_described);
  return [&app, given]() -> std::optional<int> {
    if (app.got_subcommand("upgrade")) return run_upgrade(given->upgrade, std::cout);
    if (app.got_subcommand("history")) return run_history(given->history, std::cout);
    if (app.got_subcommand("as-described")) {
      return run_as_described_scheduler(given->as_described, std::cout);
    }
    return std::nullopt;
  };
}

}  // namespace cutover::cli
