#include "impl/online_cql/cql_workers.h"

#include <algorithm>

#include "impl/online_cql/cql_record.h"

namespace cutover::online {

using std::chrono::milliseconds;

CqlWorkers::CqlWorkers(const CqlCluster& target, std::string table, LockWait wait)
    : cluster_(target), table_(std::move(table)), name_(new_name()), wait_(std::move(wait)) {}

CqlWorkers::~CqlWorkers() { stop(); }

/// The row of this worker, for one worker time from now on.
void CqlWorkers::renew() const {
  const auto begun = Clock::now();
  own_->call("renew a worker", [&](cql::Session& session) {
    const auto& insert = own_->prepared(
        fmt::format("INSERT INTO {} (name, worker, since) VALUES (?, ?, ?) USING TIMESTAMP ? AND "
                    "TTL ?",
                    own_->quoted("cutover_workers")));
    cql::Options options;
    options.consistency = cql::Consistency::quorum;
    // Of a worker the later one wins, whatever the clocks of the nodes show.
    renewed_ = std::max(present(), renewed_ + 1);
    const auto ttl = std::chrono::ceil<std::chrono::seconds>(own_->worker_time());
    session.run(insert,
                {table_, name_, cql::encode_bigint(renewed_ / 1000), cql::encode_bigint(renewed_),
                 cql::encode_int(static_cast<std::int32_t>(ttl.count()))},
                options);
  });
  until_ = (begun + own_->worker_time() / 3).time_since_epoch().count();
}

Task<void> CqlWorkers::join() const {
  own_ = std::make_unique<CqlCluster>(cluster_.address(), cluster_.worker_time());
  renew();
  thread_ = std::thread([this] { keep(); });
  co_return;
}

void CqlWorkers::keep() const {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, own_->worker_time() / 12, [this] { return is_over_; })) {
    lock.unlock();
    try {
      renew();
    } catch (const std::runtime_error&) {
      // Until it succeeds again, or the time is over, which check() says.
    }
    lock.lock();
  }
}

void CqlWorkers::stop() const {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Task<void> CqlWorkers::leave() const {
  stop();
  until_ = 0;
  own_->call("leave", [&](cql::Session& session) {
    cql::Options options;
    options.consistency = cql::Consistency::quorum;
    options.timestamp_us = renewed_ + 1;
    options.idempotent = true;
    const auto& remove = own_->prepared(fmt::format("DELETE FROM {} WHERE name = ? AND worker = ?",
                                                    own_->quoted("cutover_workers")));
    session.run(remove, {table_, name_}, options);
  });
  co_return;
}

void CqlWorkers::check() const {
  if (Clock::now().time_since_epoch().count() < until_) return;
  throw StoreFailed(fmt::format(
      "{}: this worker could not say for {} s that it is there, and counts as gone",
      cluster_.name(), std::chrono::duration<double>(cluster_.worker_time() / 3).count()));
}

Task<void> CqlWorkers::drained() const {
  const auto until = Clock::now() + wait_.at_most;
  for (bool first = true;; first = false) {
    const bool has_some = cluster_.call("look for workers", [&](cql::Session& session) {
      const auto& query = cluster_.prepared(
          fmt::format("SELECT worker FROM {} WHERE name = ?", cluster_.quoted("cutover_workers")));
      return !session.run(query, {table_}, committed()).rows.rows.empty();
    });
    if (!has_some) co_return;
    if (Clock::now() >= until) {
      throw StoreFailed(fmt::format(
          "{}: workers still write to it, or were killed less than {} s ago; end them, or wait "
          "longer",
          cluster_.name(), std::chrono::duration<double>(cluster_.worker_time()).count()));
    }
    if (first && wait_.told) wait_.told(cluster_.name());
    std::this_thread::sleep_for(milliseconds(100));
  }
}

}  // namespace cutover::online
