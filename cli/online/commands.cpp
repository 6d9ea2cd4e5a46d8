#include "cli/online/commands.h"

#include <iostream>
#include <memory>

#include "cli/online/application.h"
#include "cli/online/copy.h"
#include "cli/online/counters.h"
#include "cli/online/rows.h"
#include "cli/stores/store_argument.h"
#include "cli/validators.h"

namespace cutover::cli {
namespace {

struct Commands {
  CopyOptions copy;
  MigrationOptions verify, move_counters, drop_counters;
  PhaseOptions phase;
  CounterOptions add, read;
  CreateOptions create;
  LoadRowsOptions load;
  DumpRowsOptions dump;
  ApplicationOptions application;
};

void add_copy(CLI::App& app, CopyOptions& options) {
  CLI::App* copy = app.add_subcommand(
      "copy", "Copy a table to another store while applications go on writing to both");
  add_migration(*copy, options.migration);
  copy->add_option("--ranges", options.ranges, "into how many ranges the keys are divided")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  copy->add_option("--workers", options.workers, "how many copy at once, each its own range")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  copy->add_option("--source-p99", options.source_p99,
                   "as fast as possible, as long as the 99th percentile of the source's answers "
                   "stays below so many milliseconds; 0: as fast as possible")
      ->check(CLI::Range(0.0, 60'000.0));
  CLI::Option* grace =
      copy->add_option("--grace", options.grace,
                       "seconds by which the clocks of the applications may be behind: copies get "
                       "write times that long before the migration began, so that they lose to "
                       "whatever is written meanwhile")
          ->check(CLI::Range(1.0, 1e7))
          ->capture_default_str();
  copy->add_option("--write-time", options.written,
                   "the write time of copies instead, in microseconds since 1970")
      ->excludes(grace)
      ->check(CLI::PositiveNumber);
  copy->add_option("--chart", options.chart,
                   "write how fast it was, and the source's 99th percentile, second by second, to "
                   "this file; `show` draws it")
      ->check(kNotEmpty);
  copy->add_flag("--resume", options.resume, "go on with one that was begun, and never begin one");
}

void add_phases(CLI::App& app, Commands& given) {
  CLI::App* verify = app.add_subcommand(
      "verify", "Compare a copied table with its source, and repair what differs");
  add_migration(*verify, given.verify);
  CLI::App* phase = app.add_subcommand("phase", "Print the phase of a table's migration");
  add_migration(*phase, given.phase.migration);
  CLI::Option* next =
      phase->add_flag("--next", given.phase.next, "go on to the next one, if nothing is missing");
  phase->add_flag("--back", given.phase.back, "go back to the one before")->excludes(next);
}

void add_counter(CLI::App& command, CounterOptions& options) {
  add_migration(command, options.migration);
  command.add_option("--key", options.key, "whose counter")->required();
  command.add_option("--column", options.column, "which of its counters")->required();
}

void add_counters(CLI::App& app, Commands& given) {
  CLI::App* counters =
      app.add_subcommand("counters", "Move a table of counters, which can only be added to");
  counters->require_subcommand(1);
  add_migration(*counters->add_subcommand("move", "Move all of them; run again to finish"),
                given.move_counters);
  add_migration(*counters->add_subcommand("drop", "Drop what was folded, in the source too"),
                given.drop_counters);
  CLI::App* add = counters->add_subcommand("add", "Add to one, wherever it is by now");
  add_counter(*add, given.add);
  add->add_option("--amount", given.add.amount, "how much")->capture_default_str();
  add_counter(*counters->add_subcommand("read", "Read one, wherever it is by now"), given.read);
}

void add_table(CLI::App& command, TableOptions& options) {
  command.add_option("--store", options.store, "sqlite:PATH")->required();
  command.add_option("--table", options.table, "the table")->required();
  add_wait(command, options.wait);
}

void add_rows(CLI::App& app, Commands& given) {
  CLI::App* rows = app.add_subcommand(
      "rows", "Make, fill and print tables that have a write time for each cell");
  rows->require_subcommand(1);
  CLI::App* create = rows->add_subcommand("create", "Make a table, and its store if need be");
  add_table(*create, given.create);
  create
      ->add_option("--columns", given.create.columns,
                   "NAME:TYPE,...: text, number, bool, json, or map<...> of them")
      ->delimiter(',')
      ->required();
  create->add_flag("--counters", given.create.has_counters,
                   "of counters; --columns are their names");
  CLI::App* load = rows->add_subcommand("load", "Write rows, one a line, as JSON");
  add_table(*load, given.load);
  load->add_option("FILE", given.load.file,
                   "lines such as {\"key\": \"u1\", \"columns\": {\"name\": \"Ann\"}}, which may "
                   "have \"written\" (microseconds) and \"expires\" (seconds); null deletes a "
                   "column, \"deleted\": true a row; -: standard input")
      ->required();
  CLI::App* dump = rows->add_subcommand("dump", "Print what is live, one row a line");
  add_table(*dump, given.dump);
  dump->add_flag("--times", given.dump.times, "everything, with write times and markers");
}

/// Not shown: for tests.
void add_application(CLI::App& app, ApplicationOptions& options) {
  CLI::App* application =
      app.add_subcommand("application", "One whose table moves, to be killed")->group("");
  add_migration(*application, options.migration);
  application->add_option("--name", options.name)->required();
  application->add_option("--seed", options.seed);
  application->add_option("--keys", options.keys)->check(CLI::PositiveNumber);
  application->add_option("--skew", options.skew);
}

}  // namespace

RunCommand add_online_commands(CLI::App& app) {
  const auto given = std::make_shared<Commands>();
  add_copy(app, given->copy);
  add_phases(app, *given);
  add_counters(app, *given);
  add_rows(app, *given);
  add_application(app, given->application);
  return [&app, given]() -> std::optional<int> {
    std::ostream& out = std::cout;
    if (app.got_subcommand("copy")) return run_copy(given->copy, out);
    if (app.got_subcommand("verify")) return run_verify(given->verify, out);
    if (app.got_subcommand("phase")) return run_phase(given->phase, out);
    if (app.got_subcommand("application")) return run_application(given->application, out);
    if (app.got_subcommand("counters")) {
      const CLI::App& counters = *app.get_subcommand("counters");
      if (counters.got_subcommand("move")) return run_move_counters(given->move_counters, out);
      if (counters.got_subcommand("drop")) return run_drop_counters(given->drop_counters, out);
      if (counters.got_subcommand("add")) return run_add_to_counter(given->add, out);
      return run_read_counter(given->read, out);
    }
    if (app.got_subcommand("rows")) {
      const CLI::App& rows = *app.get_subcommand("rows");
      if (rows.got_subcommand("create")) return run_create_table(given->create, out);
      if (rows.got_subcommand("load")) return run_load_rows(given->load, out);
      return run_dump_rows(given->dump, out);
    }
    return std::nullopt;
  };
}

}  // namespace cutover::cli
