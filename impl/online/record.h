// What is durably known of a migration: its phase, the plan of ranges, and who copies what. Every
// change of it is one conditional step of the store that keeps it; here they are as functions, the
// same for whatever store that is.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace cutover::online {

enum class Phase : int { source_only, both, backfill, strict, verified, target_only };
std::string to_string(Phase phase);

/// Keys from `first` on, and before `end`; no end if that is empty.
struct Range {
  std::string first, end;
  int lease = 0;  ///< the number of the latest one on it
  bool done = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Range, first, end, lease, done)

struct Record {
  Phase phase = Phase::source_only;
  int turn = 0;       ///< how often the phase was changed
  int compared = -1;  ///< the last turn in which all of both stores was compared
  int leases = 0;     ///< how many were given
  std::vector<Range> plan = {};

  bool target_is_truth() const { return phase >= Phase::verified; }
  bool has_both() const { return phase > Phase::source_only && phase < Phase::target_only; }
  /// A write that one of the two has not is no write.
  bool is_strict() const { return phase >= Phase::strict; }
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Record, phase, turn, compared, leases, plan)

/// The right to copy a range, until somebody else is given it.
struct Lease {
  int number = 0;  ///< 0: there is no range to copy
  int range = 0;   ///< its place in the plan
  std::string first, end;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Lease, number, range, first, end)

/// What the phase waits for before the next one, in words; empty if nothing is missing.
std::string missing(const Record& record);

/// To the next phase. False, and nothing changes, if that is no longer the turn, or something is
/// missing.
bool advance(Record& record, int turn);

/// To the phase before, as long as the source has everything. False, and nothing changes, if that
/// is no longer the turn, or there is no way back.
bool go_back(Record& record, int turn);

/// On a range that is not done, in the phase of the backfill: the one whose lease is the oldest, so
/// that what nobody has begun comes first. Takes it from whoever had it; but none of those in
/// `held`, by their places in the plan.
Lease lease(Record& record, const std::set<int>& held = {});

/// The range is done. False, and nothing changes, if somebody else was given it.
bool finish(Record& record, const Lease& lease);

/// All was compared in this turn. False, and nothing changes, if it is over.
bool finish_comparison(Record& record, int turn);

}  // namespace cutover::online
