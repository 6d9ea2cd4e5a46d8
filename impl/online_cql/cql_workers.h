// Which processes write to a table of Cassandra as workers: rows that expire unless their worker
// renews them.
//
// What a worker has sent may be carried out until, counted in worker times
// (CqlCluster::worker_time, 24 s) from when its last renewal began, which the row outlives by one:
//   1/3   it sends nothing more: by this process's steady clock, asked before each request
//   1/6   and gives up what it sent by then
//   1/2   and what a server still does with such a request: write_request_timeout, 2 s, or at most
//         native_transport_timeout, 12 s, and by how much the clocks of the target's nodes differ
// A worker that leaves has the answers to all that it sent. What is carried out later than that, as
// hints for a node that was down are, loses to whatever was written or deleted meanwhile, as long
// as the target keeps its markers (gc_grace_seconds).
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "impl/online/cluster.h"
#include "impl/online_cql/cql_cluster.h"
#include "impl/store/lock_wait.h"

namespace cutover::online {

class CqlWorkers final : public Workers {
 public:
  CqlWorkers(const CqlCluster& target, std::string table, LockWait wait);
  /// Whoever has not left counts as gone once its row has expired.
  ~CqlWorkers() override;
  CqlWorkers(const CqlWorkers&) = delete;
  CqlWorkers& operator=(const CqlWorkers&) = delete;

  Task<void> join() const override;
  Task<void> leave() const override;
  Task<void> drained() const override;
  void check() const override;
  /// Renews no longer, and has not left.
  void stop() const;

 private:
  using Clock = std::chrono::steady_clock;

  void renew() const;
  void keep() const;

  const CqlCluster& cluster_;
  const std::string table_, name_;
  const LockWait wait_;
  mutable std::atomic<Clock::rep> until_{0};  ///< of the steady clock: it may write
  mutable std::int64_t renewed_ = 0;          ///< write time of the last renewal
  mutable std::unique_ptr<CqlCluster> own_;   ///< the thread's
  mutable std::thread thread_;
  mutable std::mutex mutex_;  ///< of what follows
  mutable std::condition_variable changed_;
  mutable bool is_over_ = false;
};

}  // namespace cutover::online
