// A keyspace of Cassandra as a store of online migrations. Of its own it has these tables, at a
// migration's target:
//
//   cutover_migrations (name, source, before_time, generation, record, change)
//                        of tables that are moved to this keyspace; `change` is another one with
//                        every change, so that whoever lost an answer can see whether it was his
//   cutover_workers    (name, worker, since)
//                        who copies a table now: rows that expire unless they are renewed
//   NAME_added         (key, col, generation, value)    counters that came to a table since
//   NAME_base          (key, col, generation, value)    and what they were folded into
//
// Data is written and read at LOCAL_QUORUM, with write times of its own. What is conditional is
// written by lightweight transactions over all data centers; whoever changes it reads it at SERIAL,
// and who only asks, at QUORUM.
#pragma once

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cql/session.h"
#include "impl/online/cluster.h"
#include "impl/online_cql/cql_address.h"
#include "impl/online_cql/cql_shape.h"
#include "impl/store/store_failed.h"

namespace cutover::online {

/// Of a write of data, and of a read.
cql::Options of_data();
/// Of a condition.
cql::Options conditional();
/// Of a read of what is written by conditions: it shows what was done, and ends what is under way.
cql::Options serial();
/// Of one that many make: it shows each change whose author was told that it is done, or of which
/// anybody was shown anything (as reads repair what they find: read_repair = 'BLOCKING', the
/// default). One that is under way may be done later. It takes no part in lightweight transactions,
/// which reads at SERIAL would hold up.
cql::Options committed();

class CqlCluster final : public Cluster {
 public:
  /// Connects with the first call. `worker_time`: after which a worker that was killed counts as
  /// gone.
  explicit CqlCluster(CqlAddress address, std::chrono::milliseconds worker_time = kWorkerTime);

  static constexpr std::chrono::milliseconds kWorkerTime{24'000};

  std::string name() const override { return address_.text(); }
  /// Without those of our own. Throws UsageError if there is no such keyspace.
  std::vector<std::string> tables() const override;
  /// Throws UsageError for a table that can't be moved, and for tokens that are not Murmur3's.
  std::optional<Schema> schema(const std::string& table) const override;
  /// The table's number, which no other table ever has.
  std::string identity(const std::string& table) const override;
  bool is_empty(const std::string& table) const override;
  /// Makes those of our own. Throws UsageError if a table of rows is not there.
  void prepare(const std::string& table, const Schema& schema) const override;
  /// A node that is killed while it makes a table may show it in its system tables from then on,
  /// and say that it does not exist.
  bool is_half_prepared(const std::string& table, const Schema& schema) const override;
  std::unique_ptr<Cluster> for_worker() const override;
  std::unique_ptr<Table> table(const std::string& name, const Use& use) const override;
  std::unique_ptr<Counter> counter(const std::string& table, const std::string& key,
                                   const std::string& column) const override;
  std::set<std::pair<std::string, std::string>> counters(const std::string& table) const override;
  std::unique_ptr<MigrationRecord> record(const std::string& table) const override;
  std::unique_ptr<Workers> workers(const std::string& table, const LockWait& wait) const override;

  /// Makes a call with the session. A request that fails throws StoreFailed that names the store
  /// and the step, and UsageError if it is not allowed. What the call throws else goes on.
  template <class Call>
  decltype(auto) call(const std::string& step, const Call& call) const {
    try {
      return call(session());
    } catch (const cql::RequestFailed& failure) {
      fail(step, failure);
    }
  }
  [[noreturn]] void fail(const std::string& step, const cql::RequestFailed& failure) const;

  const CqlAddress& address() const { return address_; }
  /// Each text once. Throws as cql::Session does.
  const cql::Statement& prepared(const std::string& text) const;
  /// A table of this keyspace, quoted.
  std::string quoted(const std::string& table) const;
  bool has_table(const std::string& table) const;
  const CqlShape& shape(const std::string& table) const;
  std::chrono::milliseconds worker_time() const { return worker_time_; }
  /// Of the columns of its key.
  std::vector<cql::Type> key_types(const std::string& table) const;

 private:
  cql::Session& session() const;
  void wait_until_agreed() const;
  bool is_known(const std::string& table) const;

  CqlAddress address_;
  std::chrono::milliseconds worker_time_;
  // Made or found once.
  mutable std::unique_ptr<cql::Session> session_;
  mutable std::map<std::string, cql::Statement> prepared_;
  mutable std::map<std::string, CqlShape> shapes_;
  mutable std::set<std::string> tables_;
};

}  // namespace cutover::online
