#include "cli/online/migration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command_name.h"
#include "cli/errors.h"
#include "cli/stores/store_argument.h"
#include "impl/online/sqlite_counters.h"
#include "impl/online/sqlite_table.h"

namespace cutover::cli {

namespace fs = std::filesystem;
using namespace online;

namespace {

/// Which file it is, whatever way leads to it.
std::string identity_of(const fs::path& file) {
  return "sqlite:" + fs::weakly_canonical(fs::absolute(file)).string();
}

const MigrationOptions& checked(const MigrationOptions& options) {
  if (identity_of(store_file(options.from)) == identity_of(store_file(options.to))) {
    throw UsageError(fmt::format("--from and --to are the same file, {}; name two", options.from));
  }
  return options;
}

}  // namespace

void add_migration(CLI::App& command, MigrationOptions& options) {
  command.add_option("--from", options.from, "the store that the table is in: sqlite:PATH")
      ->required();
  command.add_option("--to", options.to, "the store that it goes to: sqlite:PATH")->required();
  command.add_option("--table", options.table, "the table")->required();
  add_wait(command, options.wait);
}

std::string text_of(const Schema& schema) {
  std::vector<std::string> columns;
  for (const auto& [name, type] : schema.columns) {
    columns.push_back(schema.has_counters ? name : name + " " + type);
  }
  return fmt::format("{}: {}", schema.has_counters ? "counters" : "rows", fmt::join(columns, ", "));
}

Schema schema_of(const SqliteCluster& cluster, const std::string& store, const std::string& table) {
  if (auto found = cluster.schema(table)) return *found;
  const auto there = cluster.tables();
  throw UsageError(fmt::format(
      "{}: there is no table '{}'; {}", store, table,
      there.empty() ? "there is none" : fmt::format("there is {}", fmt::join(there, ", "))));
}

OpenMigration::OpenMigration(const MigrationOptions& options, Of of, bool may_begin)
    : source(store_file(checked(options).from), lock_wait(options.wait)),
      target(store_file(options.to), lock_wait(options.wait), may_begin),
      record(target, options.table),
      from(options.from),
      to(options.to),
      table(options.table),
      schema_(schema_of(source, from, table)) {
  const bool has_counters = of == Of::counters;
  if (schema_.has_counters != has_counters) {
    const char* remedy = has_counters ? "copy" : "counters";
    throw UsageError(fmt::format("{}: the table '{}' has {}; move it by `{} {}`", from, table,
                                 has_counters ? "rows" : "counters", command_name(), remedy));
  }
  if (const auto there = target.schema(table)) check_target(*there);
  const auto begun = record.migration();
  if (begun && begun->source != identity_of(source.file())) {
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

SqliteRecord::Migration OpenMigration::begun() const {
  if (const auto found = record.migration()) return *found;
  throw UsageError(fmt::format("{}: nothing was begun; run `{} {} {}`", text(), command_name(),
                               schema_.has_counters ? "counters" : "copy", options()));
}

SqliteRecord::Migration OpenMigration::begin(const std::vector<Range>& plan, WriteTime before) {
  if (const auto found = record.migration()) return *found;
  if (!target.schema(table)) target.create(table, schema_);
  const bool has_contents = schema_.has_counters ? !counters_of(target, table).empty()
                                                 : SqliteTable(target, table).rows() > 0;
  if (has_contents) {
    throw UsageError(
        fmt::format("{}: the table '{}' is not empty, and nothing is known of a "
                    "migration; empty it, or name another file",
                    to, table));
  }
  SqliteRecord::Migration migration;
  migration.source = identity_of(source.file());
  migration.before = before;
  migration.record.plan = plan;
  return record.begin(migration);
}

}  // namespace cutover::cli
