#include "cli/catalog/commands.h"

#include <iostream>
#include <memory>

#include "cli/catalog/bench_migrate.h"
#include "cli/catalog/files.h"

namespace cutover::cli {
namespace {

void add_migrate(CLI::App& app, MigrateOptions& options) {
  CLI::App* migrate =
      app.add_subcommand("migrate", "Move the source of truth between two store files");
  migrate->add_option("--stash", options.stash, "the old store, sqlite:PATH")->required();
  migrate->add_option("--persist", options.persist, "the new store, sqlite:PATH")->required();
  migrate->add_option("--to", options.to, "persist (migrate) or stash (roll back)")->required();
  migrate
      ->add_option("--protocol", options.protocol,
                   "single-tombstone, single-tombstone-one-write, single-tombstone-lazy-open or "
                   "two-tombstones; always the same one for the same stores")
      ->capture_default_str();
  migrate->add_flag("--force", options.force,
                    "take the two for a pair although they are not known to be one");
  migrate
      ->add_option_function<std::string>(
          "--damaged",
          [&options](const std::string& what) { options.keep_damaged = what == "keep"; },
          "what to do with a value whose checksum is wrong: refuse to go on, or keep it as it is")
      ->check(CLI::IsMember({"refuse", "keep"}))
      ->default_str("refuse");
  add_wait(*migrate, options.wait);
  add_pauses(*migrate, options.pauses);
}

void add_load(CLI::App& app, LoadOptions& options) {
  CLI::App* load = app.add_subcommand("load", "Fill a store from JSON lines {\"key\", \"value\"}");
  load->add_option("--store", options.store, "sqlite:PATH")->required();
  load->add_option("file", options.file, "the lines; - for standard input")->required();
  load->add_flag("--replace", options.replace, "replace what the store holds");
  load->add_option("--other", options.other,
                   "the other store of its pair, which says which of the two is the source of "
                   "truth; sqlite:PATH");
  load->add_flag("--force", options.force,
                 "also a store that is not the source of truth, or holds a newer format");
  add_wait(*load, options.wait);
}

void add_dump(CLI::App& app, DumpOptions& options) {
  CLI::App* dump = app.add_subcommand("dump", "Write a store as JSON lines {\"key\", \"value\"}");
  dump->add_option("--store", options.store, "sqlite:PATH")->required();
  dump->add_option("file", options.file, "where to; standard output if it is left out");
  add_wait(*dump, options.wait);
}

struct Commands {
  MigrateOptions migrate;
  LoadOptions load;
  DumpOptions dump;
  bool bench = false;
};

}  // namespace

RunCommand add_catalog_commands(CLI::App& app) {
  const auto given = std::make_shared<Commands>();
  add_migrate(app, given->migrate);
  add_load(app, given->load);
  add_dump(app, given->dump);
  app.get_subcommand("bench")->add_flag(
      "--migrate", given->bench, "migrations of 10^4 to 10^6 entries instead, beside a plain copy");
  return [&app, given]() -> std::optional<int> {
    if (app.got_subcommand("migrate")) return run_migrate(given->migrate, std::cout);
    if (app.got_subcommand("load")) return run_load(given->load, std::cout);
    if (app.got_subcommand("dump")) return run_dump(given->dump, std::cout, std::cerr);
    if (given->bench) return run_migrate_bench(std::cout);
    return std::nullopt;
  };
}

}  // namespace cutover::cli
