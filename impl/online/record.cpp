#include "impl/online/record.h"

#include <fmt/format.h>

#include <algorithm>

namespace cutover::online {

std::string to_string(Phase phase) {
  switch (phase) {
    case Phase::source_only: return "source only";
    case Phase::both: return "both";
    case Phase::backfill: return "backfill";
    case Phase::strict: return "strict";
    case Phase::verified: return "verified";
    case Phase::target_only: break;
  }
  return "target only";
}

std::string missing(const Record& record) {
  if (record.phase == Phase::source_only && record.plan.empty()) return "a plan of ranges";
  if (record.phase == Phase::backfill) {
    const auto left = std::ranges::count(record.plan, false, &Range::done);
    if (left > 0) return fmt::format("{} of {} ranges", left, record.plan.size());
  }
  if (record.phase == Phase::strict && record.compared != record.turn) return "a comparison";
  return "";
}

bool advance(Record& record, int turn) {
  const bool is_over = record.turn != turn || record.phase == Phase::target_only;
  if (is_over || !missing(record).empty()) return false;
  record.phase = static_cast<Phase>(static_cast<int>(record.phase) + 1);
  ++record.turn;
  return true;
}

bool go_back(Record& record, int turn) {
  if (record.turn != turn || !record.has_both()) return false;
  record.phase = static_cast<Phase>(static_cast<int>(record.phase) - 1);
  ++record.turn;
  return true;
}

Lease lease(Record& record, const std::set<int>& held) {
  if (record.phase != Phase::backfill) return {};
  int oldest = -1;
  for (int i = 0; i < static_cast<int>(record.plan.size()); ++i) {
    if (record.plan[i].done || held.contains(i)) continue;
    if (oldest < 0 || record.plan[i].lease < record.plan[oldest].lease) oldest = i;
  }
  if (oldest < 0) return {};
  Range& range = record.plan[oldest];
  range.lease = ++record.leases;
  return {range.lease, oldest, range.first, range.end};
}

bool finish(Record& record, const Lease& lease) {
  Range& range = record.plan.at(static_cast<std::size_t>(lease.range));
  if (range.lease != lease.number) return false;
  range.done = true;
  return true;
}

bool finish_comparison(Record& record, int turn) {
  if (record.turn != turn || record.phase != Phase::strict) return false;
  record.compared = turn;
  return true;
}

}  // namespace cutover::online
