#include "impl/online_cql/cql_record.h"

#include <random>
#include <thread>

namespace cutover::online {

using nlohmann::json;

namespace {

constexpr int kTries = 20;

}  // namespace

std::string new_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

CqlRecord::CqlRecord(const CqlCluster& target, std::string table)
    : cluster_(&target), table_(std::move(table)), rows_(target.quoted("cutover_migrations")) {}

std::optional<CqlRecord::Named> CqlRecord::there(const cql::Options& options) const {
  if (!cluster_->has_table("cutover_migrations")) return std::nullopt;
  return cluster_->call("read the record", [&](cql::Session& session) -> std::optional<Named> {
    const auto& query = cluster_->prepared(fmt::format(
        "SELECT source, before_time, generation, record, change FROM {} WHERE name = ?", rows_));
    const cql::Rows rows = session.run(query, {table_}, options).rows;
    if (rows.rows.empty()) return std::nullopt;
    try {
      return Named{{rows.text(0, "source"), rows.integer(0, "before_time"),
                    json::parse(rows.text(0, "record")).get<Record>(),
                    static_cast<int>(rows.integer(0, "generation"))},
                   rows.text(0, "change")};
    } catch (const std::logic_error& error) {
      throw StoreFailed(fmt::format("{}: the record of the table '{}' is damaged ({})",
                                    cluster_->name(), table_, error.what()));
    } catch (const json::exception& error) {
      throw StoreFailed(fmt::format("{}: the record of the table '{}' is damaged ({})",
                                    cluster_->name(), table_, error.what()));
    }
  });
}

std::optional<MigrationRecord::Migration> CqlRecord::migration_in(
    const std::optional<Named>& found) {
  if (!found) return std::nullopt;
  return found->migration;
}

std::optional<MigrationRecord::Migration> CqlRecord::migration() const {
  return migration_in(there(serial()));
}

std::optional<MigrationRecord::Migration> CqlRecord::committed() const {
  return migration_in(there(online::committed()));
}

MigrationRecord::Migration CqlRecord::begin(const Migration& migration) const {
  if (const auto found = this->migration()) return *found;
  cluster_->call("begin", [&](cql::Session& session) {
    const auto& insert = cluster_->prepared(
        fmt::format("INSERT INTO {} (name, source, before_time, generation, record, change) VALUES "
                    "(?, ?, ?, ?, ?, ?) IF NOT EXISTS",
                    rows_));
    session.run(insert,
                {table_, migration.source, cql::encode_bigint(migration.before),
                 cql::encode_int(migration.generation), json(migration.record).dump(), new_name()},
                conditional());
  });
  // Whoever was first.
  if (const auto found = this->migration()) return *found;
  throw StoreFailed(
      fmt::format("{}: the record of the table '{}' is gone", cluster_->name(), table_));
}

void CqlRecord::change(const std::string& step,
                       const std::function<void(Migration&)>& change) const {
  std::set<std::string> asked;  // tries whose answers were lost
  std::string asked_after;      // the change that each of them would follow
  for (int tries = 0; tries < kTries; ++tries) {
    // 1. What is there, at SERIAL: what is under way is finished, or never will be.
    const auto now = there(serial());
    if (!now) {
      throw StoreFailed(
          fmt::format("{}: the record of the table '{}' is gone", cluster_->name(), table_));
    }
    // 2. An earlier try whose answer was lost: it was done; or it was not yet, and can't be once
    //    another change is done, be it this one's next try. If others came after it, nobody knows.
    if (asked.contains(now->change)) return;
    if (!asked.empty() && now->change != asked_after) break;
    // 3. The change, in one step, if nobody was faster.
    Migration migration = now->migration;
    change(migration);
    const bool is_same = json(migration.record) == json(now->migration.record) &&
                         migration.generation == now->migration.generation;
    if (is_same) return;
    const std::string name = new_name();
    try {
      const bool is_done = cluster_->call(step, [&](cql::Session& session) {
        const auto& update = cluster_->prepared(
            fmt::format("UPDATE {} SET generation = ?, record = ?, change = ? WHERE name = ? IF "
                        "change = ?",
                        rows_));
        try {
          return session
              .run(update,
                   {cql::encode_int(migration.generation), json(migration.record).dump(), name,
                    table_, now->change},
                   conditional())
              .was_applied();
        } catch (const cql::RequestFailed& failure) {
          if (!failure.may_have_taken_effect) throw;
          asked.insert(name);
          asked_after = now->change;
          return false;
        }
      });
      if (is_done) return;
    } catch (const StoreFailed&) {
      if (asked.empty()) throw;
      break;
    }
    static thread_local std::minstd_rand random{std::random_device()()};
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % (10 * (tries + 1))));
  }
  if (asked.empty()) {
    throw StoreFailed(
        fmt::format("{}: {}: others change the record all the time", cluster_->name(), step));
  }
  throw StoreFailed(fmt::format("{}: {}: the answer was lost, and whether it was done is unknown",
                                cluster_->name(), step));
}

}  // namespace cutover::online
