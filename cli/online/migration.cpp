#include "cli/online/migration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command_name.h"
#include "cli/errors.h"
#include "cli/stores/store_argument.h"
#include "impl/online/sqlite_cluster.h"

namespace cutover::cli {

using namespace online;

void add_migration(CLI::App& command, MigrationOptions& options) {
  command.add_option("--from", options.from, "the store that the table is in: sqlite:PATH")
      ->required();
  command.add_option("--to", options.to, "the store that it goes to: sqlite:PATH")->required();
  command.add_option("--table", options.table, "the table")->required();
  add_wait(command, options.wait);
}

std::unique_ptr<Cluster> open_store(const std::string& argument, const LockWait& wait,
                                    bool may_create) {
  return std::make_unique<SqliteCluster>(store_file(argument), wait, may_create);
}

std::string text_of(const Schema& schema) {
  std::vector<std::string> columns;
  for (const auto& [name, type] : schema.columns) {
    columns.push_back(schema.has_counters ? name : name + " " + type);
  }
  return fmt::format("{}: {}", schema.has_counters ? "counters" : "rows", fmt::join(columns, ", "));
}

Schema schema_of(const Cluster& cluster, const std::string& store, const std::string& table) {
  if (auto found = cluster.schema(table)) return *found;
  const auto there = cluster.tables();
  throw UsageError(fmt::format(
      "{}: there is no table '{}'; {}", store, table,
      there.empty() ? "there is none" : fmt::format("there is {}", fmt::join(there, ", "))));
}

OpenMigration::OpenMigration(const MigrationOptions& options, Of of, bool may_begin)
    : source(open_store(options.from, lock_wait(options.wait))),
      target(open_store(options.to, lock_wait(options.wait), may_begin)),
      record(target->record(options.table)),
      from(options.from),
      to(options.to),
      table(options.table),
      schema_(schema_of(*source, from, table)) {
  if (source->identity() == target->identity()) {
    throw UsageError(fmt::format("--from and --to are the same file, {}; name two", from));
  }
  const bool has_counters = of == Of::counters;
  if (schema_.has_counters != has_counters) {
    const char* remedy = has_counters ? "copy" : "counters";
    throw UsageError(fmt::format("{}: the table '{}' has {}; move it by `{} {}`", from, table,
                                 has_counters ? "rows" : "counters", command_name(), remedy));
  }
  if (const auto there = target->schema(table)) check_target(*there);
  const auto begun = record->migration();
  if (begun && begun->source != source->identity()) {
    throw UsageError(fmt::format("{}: the table '{}' is being moved there from {}, not from {}", to,
                                 table, begun->source, from));
  }
}

void OpenMigration::check_target(const Schema& schema) const {
  if (schema == schema_) return;
  throw UsageError(fmt::format("the table '{}' differs: {} has {}, and {} has {}", table, from,
                               text_of(schema_), to, text_of(schema)));
}

std::string OpenMigration::text() const {
  return fmt::format("{} -> {}, table {}", from, to, table);
}

std::string OpenMigration::options() const {
  return fmt::format("--from {} --to {} --table {}", from, to, table);
}

MigrationRecord::Migration OpenMigration::begun() const {
  if (const auto found = record->migration()) return *found;
  throw UsageError(fmt::format("{}: nothing was begun; run `{} {} {}`", text(), command_name(),
                               schema_.has_counters ? "counters" : "copy", options()));
}

MigrationRecord::Migration OpenMigration::begin(const std::vector<Range>& plan, WriteTime before) {
  if (const auto found = record->migration()) return *found;
  if (!target->is_empty(table)) {
    throw UsageError(
        fmt::format("{}: the table '{}' is not empty, and nothing is known of a "
                    "migration; empty it, or name another file",
                    to, table));
  }
  target->prepare(table, schema_);
  MigrationRecord::Migration migration;
  migration.source = source->identity();
  migration.before = before;
  migration.record.plan = plan;
  return record->begin(migration);
}

}  // namespace cutover::cli
