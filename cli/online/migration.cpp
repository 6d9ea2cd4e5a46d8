#include "cli/online/migration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstdlib>

#include "cli/command_name.h"
#include "cli/errors.h"
#include "cli/stores/store_argument.h"
#include "impl/online/sqlite_cluster.h"
#include "impl/online_cql/cql_cluster.h"

namespace cutover::cli {

using namespace online;

void add_migration(CLI::App& command, MigrationOptions& options) {
  command
      .add_option("--from", options.from,
                  "the store that the table is in: sqlite:PATH, or a keyspace of Cassandra, "
                  "cql://HOST[:PORT][,HOST...]/KEYSPACE")
      ->required();
  command.add_option("--to", options.to, "the store that it goes to, of the same kind")->required();
  command.add_option("--table", options.table, "the table")->required();
  add_wait(command, options.wait);
  command.footer(
      "Environment, for cql://:\n"
      "  CUTOVER_CQL_USER, CUTOVER_CQL_PASSWORD   who asks, if Cassandra wants to know\n"
      "  CUTOVER_CQL_WORKER_TIME                  seconds after which a copy that was killed "
      "counts as\n"
      "                                           gone: 24, or 6 to 3600");
}

namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Seconds, of CUTOVER_CQL_WORKER_TIME.
std::chrono::milliseconds worker_time() {
  const std::string text = environment("CUTOVER_CQL_WORKER_TIME");
  if (text.empty()) return CqlCluster::kWorkerTime;
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!is_number || seconds < 6 || seconds > 3600) {
    throw UsageError(fmt::format("CUTOVER_CQL_WORKER_TIME: '{}': expected 6 to 3600 s", text));
  }
  return std::chrono::seconds(seconds);
}

const MigrationOptions& of_one_kind(const MigrationOptions& options) {
  if (is_cql(options.from) == is_cql(options.to)) return options;
  throw UsageError(fmt::format("--from {} and --to {} are stores of two kinds; name two of one",
                               options.from, options.to));
}

}  // namespace

std::unique_ptr<Cluster> open_store(const std::string& argument, const LockWait& wait,
                                    bool may_create) {
  if (!is_cql(argument)) {
    return std::make_unique<SqliteCluster>(store_file(argument), wait, may_create);
  }
  CqlAddress address = cql_address(argument);
  address.credentials = {environment("CUTOVER_CQL_USER"), environment("CUTOVER_CQL_PASSWORD")};
  return std::make_unique<CqlCluster>(address, worker_time());
}

std::string text_of(const Schema& schema) {
  std::vector<std::string> columns;
  for (const auto& [name, type] : schema.columns) {
    columns.push_back(schema.has_counters ? name : name + " " + type);
  }
  return fmt::format("{}: {}{}", schema.has_counters ? "counters" : "rows",
                     fmt::join(columns, ", "), schema.key.empty() ? "" : "; key: " + schema.key);
}

Schema schema_of(const Cluster& cluster, const std::string& store, const std::string& table) {
  if (auto found = cluster.schema(table)) return *found;
  const auto there = cluster.tables();
  throw UsageError(fmt::format(
      "{}: there is no table '{}'; {}", store, table,
      there.empty() ? "there is none" : fmt::format("there is {}", fmt::join(there, ", "))));
}

OpenMigration::OpenMigration(const MigrationOptions& options, Of of, bool may_begin)
    : source(open_store(of_one_kind(options).from, lock_wait(options.wait))),
      target(open_store(options.to, lock_wait(options.wait), may_begin)),
      record(target->record(options.table)),
      from(options.from),
      to(options.to),
      table(options.table),
      schema_(schema_of(*source, from, table)) {
  if (source->identity(table) == target->identity(table)) {
    throw UsageError(fmt::format("--from and --to are the same store, {}; name two", from));
  }
  const bool has_counters = of == Of::counters;
  if (schema_.has_counters != has_counters) {
    const char* remedy = has_counters ? "copy" : "counters";
    throw UsageError(fmt::format("{}: the table '{}' has {}; move it by `{} {}`", from, table,
                                 has_counters ? "rows" : "counters", command_name(), remedy));
  }
  if (const auto there = target->schema(table)) check_target(*there);
  if (may_begin && target->is_half_prepared(table, schema_)) target->prepare(table, schema_);
  const auto begun = record->migration();
  if (begun && begun->source != source->identity(table)) {
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
                    "migration; empty it, or name another store",
                    to, table));
  }
  target->prepare(table, schema_);
  MigrationRecord::Migration migration;
  migration.source = source->identity(table);
  migration.before = before;
  migration.record.plan = plan;
  return record->begin(migration);
}

}  // namespace cutover::cli
