#include "impl/online_cql/cql_cluster.h"

#include <fmt/ranges.h>

#include <thread>

#include "impl/online_cql/cql_counter.h"
#include "impl/online_cql/cql_record.h"
#include "impl/online_cql/cql_table.h"
#include "impl/online_cql/cql_workers.h"
#include "system/usage_error.h"

namespace cutover::online {
namespace {

constexpr const char* kMurmur3 = "org.apache.cassandra.dht.Murmur3Partitioner";
constexpr std::chrono::seconds kToAgree{30};

/// Of system tables, which are the host's own.
cql::Options of_host() {
  cql::Options options;
  options.consistency = cql::Consistency::one;
  options.idempotent = true;
  return options;
}

/// The first column of all rows.
std::set<std::string> firsts(cql::Session& session, const std::string& query,
                             const std::vector<cql::Value>& values = {}) {
  std::set<std::string> found;
  session.each_page(query, values, of_host(), [&](const cql::Rows& rows) {
    for (const auto& row : rows.rows) found.insert(row[0].value_or(""));
  });
  return found;
}

template <class Kind>
bool is(const cql::RequestFailed& failure) {
  return dynamic_cast<const Kind*>(&failure) != nullptr;
}

struct OwnTable {
  std::string name;
  const char* columns;
};

/// What a migration of this table needs here.
std::vector<OwnTable> own_tables(const std::string& table, const Schema& schema) {
  std::vector<OwnTable> all = {
      {"cutover_migrations",
       "name text PRIMARY KEY, source text, before_time bigint, generation int, record text, "
       "change text"}};
  if (schema.has_counters) {
    all.push_back({table + "_added",
                   "key text, col text, generation int, value counter, PRIMARY KEY ((key, col), "
                   "generation)"});
    all.push_back({table + "_base",
                   "key text, col text, generation int, value bigint, PRIMARY KEY ((key, col))"});
  } else {
    all.push_back(
        {"cutover_workers", "name text, worker text, since timestamp, PRIMARY KEY (name, worker)"});
  }
  return all;
}

bool is_ours(const std::string& table) {
  return table == "cutover_migrations" || table == "cutover_workers";
}

}  // namespace

cql::Options of_data() {
  cql::Options options;
  options.consistency = cql::Consistency::local_quorum;
  options.idempotent = true;
  return options;
}

cql::Options conditional() {
  cql::Options options;
  options.consistency = cql::Consistency::quorum;
  options.serial_consistency = cql::Consistency::serial;
  return options;
}

cql::Options serial() {
  cql::Options options;
  options.consistency = cql::Consistency::serial;
  options.idempotent = true;
  return options;
}

cql::Options committed() {
  cql::Options options;
  options.consistency = cql::Consistency::quorum;
  options.idempotent = true;
  return options;
}

CqlCluster::CqlCluster(CqlAddress address, std::chrono::milliseconds worker_time)
    : address_(std::move(address)), worker_time_(worker_time) {}

cql::Session& CqlCluster::session() const {
  if (session_ == nullptr) {
    cql::SessionOptions options;
    options.hosts = address_.hosts;
    options.credentials = address_.credentials;
    session_ = std::make_unique<cql::Session>(options);
  }
  return *session_;
}

void CqlCluster::fail(const std::string& step, const cql::RequestFailed& failure) const {
  const auto text = [&](const char* remedy) {
    return fmt::format("{}: {}: {}; {}", name(), step, failure.what(), remedy);
  };
  if (is<cql::AuthenticationFailed>(failure)) {
    throw UsageError(
        text("name a user in CUTOVER_CQL_USER, and its password in "
             "CUTOVER_CQL_PASSWORD"));
  }
  if (is<cql::Unauthorized>(failure)) {
    throw UsageError(text("grant it, or name another user in CUTOVER_CQL_USER"));
  }
  if (is<cql::NoHost>(failure)) {
    throw StoreFailed(text("start a node, or name one that runs"));
  }
  if (is<cql::Invalid>(failure) || is<cql::Syntax>(failure)) {
    throw StoreFailed(
        text("see whether the table was changed; if a node died while it was made, run `copy` or "
             "`counters move` again"));
  }
  throw StoreFailed(text("see whether its nodes are up"));
}

const cql::Statement& CqlCluster::prepared(const std::string& text) const {
  const auto found = prepared_.find(text);
  if (found != prepared_.end()) return found->second;
  return prepared_.emplace(text, session().prepare(text)).first->second;
}

std::string CqlCluster::quoted(const std::string& table) const {
  return cql::quoted(address_.keyspace) + "." + cql::quoted(table);
}

std::vector<std::string> CqlCluster::tables() const {
  return call("read the tables", [&](cql::Session& session) {
    const auto keyspaces = firsts(session, "SELECT keyspace_name FROM system_schema.keyspaces");
    if (!keyspaces.contains(address_.keyspace)) {
      throw UsageError(fmt::format("{}: there is no keyspace '{}'; there is {}", name(),
                                   address_.keyspace, fmt::join(keyspaces, ", ")));
    }
    const auto all =
        firsts(session, "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?",
               {address_.keyspace});
    std::vector<std::string> tables;
    std::ranges::copy_if(all, std::back_inserter(tables),
                         [](const std::string& each) { return !is_ours(each); });
    return tables;
  });
}

bool CqlCluster::has_table(const std::string& table) const {
  if (tables_.contains(table)) return true;
  const bool is_there = call("look for the table " + table, [&](cql::Session& session) {
    const auto found = firsts(session,
                              "SELECT table_name FROM system_schema.tables WHERE keyspace_name = "
                              "? AND table_name = ?",
                              {address_.keyspace, table});
    return !found.empty();
  });
  if (is_there) tables_.insert(table);
  return is_there;
}

const CqlShape& CqlCluster::shape(const std::string& table) const {
  const auto found = shapes_.find(table);
  if (found != shapes_.end()) return found->second;
  return call("read the columns of " + table, [&](cql::Session& session) -> const CqlShape& {
    const auto partitioners = firsts(session, "SELECT partitioner FROM system.local");
    if (!partitioners.contains(kMurmur3)) {
      throw UsageError(
          fmt::format("{}: its partitioner is {}, and tables are moved by the tokens "
                      "of Murmur3Partitioner",
                      name(), fmt::join(partitioners, ", ")));
    }
    const CqlShape shape(session.table(address_.keyspace, table), name());
    return shapes_.emplace(table, shape).first->second;
  });
}

std::optional<Schema> CqlCluster::schema(const std::string& table) const {
  if (!has_table(table)) return std::nullopt;
  return shape(table).schema();
}

std::string CqlCluster::identity(const std::string& table) const {
  return call("read the number of " + table, [&](cql::Session& session) {
    const auto rows = session
                          .run(
                              "SELECT id FROM system_schema.tables WHERE keyspace_name = ? AND "
                              "table_name = ?",
                              {address_.keyspace, table}, of_host())
                          .rows;
    const std::string id = rows.rows.empty() ? "none" : rows.json(0, "id").get<std::string>();
    return fmt::format("cql:{}.{} ({})", address_.keyspace, table, id);
  });
}

bool CqlCluster::is_empty(const std::string& table) const {
  if (!has_table(table) || shape(table).has_counters) return counters(table).empty();
  return call("look into " + table, [&](cql::Session& session) {
    const std::string query =
        fmt::format("SELECT {} FROM {} LIMIT 1", shape(table).key_names(), quoted(table));
    return session.run(query, {}, of_data()).rows.rows.empty();
  });
}

/// Returns once all nodes know of the same tables.
void CqlCluster::wait_until_agreed() const {
  call("wait for the nodes to agree on the tables", [&](cql::Session& session) {
    const auto until = std::chrono::steady_clock::now() + kToAgree;
    while (true) {
      auto versions = firsts(session, "SELECT schema_version FROM system.local");
      versions.merge(firsts(session, "SELECT schema_version FROM system.peers"));
      if (versions.size() == 1) return;
      if (std::chrono::steady_clock::now() > until) {
        throw StoreFailed(name() +
                          ": its nodes do not agree on the tables; see whether all are up, and "
                          "restart one that was killed meanwhile");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
}

void CqlCluster::prepare(const std::string& table, const Schema& schema) const {
  if (!schema.has_counters && !has_table(table)) {
    throw UsageError(
        fmt::format("{}: there is no table '{}'; make it there, with the key and the "
                    "columns that it has in the source (cqlsh: DESCRIBE TABLE)",
                    name(), table));
  }
  // A node that has lost a table which others have would make another one of that name.
  wait_until_agreed();
  for (const OwnTable& own : own_tables(table, schema)) {
    call("make the table " + own.name, [&](cql::Session& session) {
      session.run(fmt::format("CREATE TABLE IF NOT EXISTS {} ({})", quoted(own.name), own.columns),
                  {}, {.timeout = kToAgree});
    });
  }
  wait_until_agreed();
}

bool CqlCluster::is_half_prepared(const std::string& table, const Schema& schema) const {
  return std::ranges::any_of(own_tables(table, schema), [&](const OwnTable& own) {
    return has_table(own.name) && !is_known(own.name);
  });
}

/// Whether the node can be asked for it.
bool CqlCluster::is_known(const std::string& table) const {
  return call("look at the table " + table, [&](cql::Session& session) {
    try {
      session.prepare("SELECT * FROM " + quoted(table));
      return true;
    } catch (const cql::Invalid&) {
      return false;
    }
  });
}

std::unique_ptr<Cluster> CqlCluster::for_worker() const {
  return std::make_unique<CqlCluster>(address_, worker_time_);
}

std::unique_ptr<Table> CqlCluster::table(const std::string& name, const Use& use) const {
  return std::make_unique<CqlTable>(*this, name, use);
}

std::unique_ptr<Counter> CqlCluster::counter(const std::string& table, const std::string& key,
                                             const std::string& column) const {
  return std::make_unique<CqlCounter>(*this, table, key, column);
}

std::set<std::pair<std::string, std::string>> CqlCluster::counters(const std::string& table) const {
  return counters_of(*this, table);
}

std::unique_ptr<MigrationRecord> CqlCluster::record(const std::string& table) const {
  return std::make_unique<CqlRecord>(*this, table);
}

std::unique_ptr<Workers> CqlCluster::workers(const std::string& table, const LockWait& wait) const {
  return std::make_unique<CqlWorkers>(*this, table, wait);
}

std::vector<cql::Type> CqlCluster::key_types(const std::string& table) const {
  return call("read the types of " + table, [&](cql::Session&) {
    const auto& query =
        prepared(fmt::format("SELECT {} FROM {}", shape(table).key_names(), quoted(table)));
    std::vector<cql::Type> types;
    for (const cql::Column& column : query.prepared->columns) types.push_back(column.type);
    return types;
  });
}

}  // namespace cutover::online
