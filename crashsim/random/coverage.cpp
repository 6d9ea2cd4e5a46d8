#include "crashsim/random/coverage.h"

#include <fmt/format.h>

#include <bit>

namespace cutover::crashsim {
namespace {

constexpr std::size_t kKinds = Coverage::kOvertaken + 1;

std::string name_of(std::size_t what) {
  if (what == Coverage::kLanded) return "landed later";
  if (what == Coverage::kOvertaken) return "overtaken";
  return to_string(static_cast<Outcome>(what));
}

/// Must the step write for this to make a difference?
bool needs_write(std::size_t what) {
  if (what == Coverage::kLanded) return true;
  if (what >= kOutcomes) return false;
  const auto outcome = static_cast<Outcome>(what);
  return outcome != Outcome::crash_before && outcome != Outcome::lost_before;
}

/// Is it of requests, which calls are not?
bool needs_request(std::size_t what) {
  return what == Coverage::kLanded ||
         (what < kOutcomes && is_of_requests(static_cast<Outcome>(what)));
}

bool is_possible(std::size_t what, const Bounds& most) {
  if (what == Coverage::kOvertaken) return most.processes > 1 || most.in_flight > 0;
  if (what == Coverage::kLanded) return most.in_flight > 0;
  const auto outcome = static_cast<Outcome>(what);
  return (!is_crash(outcome) || most.crashes > 0) && (!loses_answer(outcome) || most.lost > 0) &&
         (!stays_in_flight(outcome) || most.in_flight > 0);
}

}  // namespace

void Coverage::note(const std::string& program, const std::string& step, Kind kind,
                    std::size_t what) {
  Row& row = rows_[{program, step}];
  row.kind = kind;
  row.seen |= 1u << what;
}

void Coverage::merge(const Coverage& other) {
  for (const auto& [name, theirs] : other.rows_) {
    Row& row = rows_[name];
    row.kind = theirs.kind;
    row.seen |= theirs.seen;
  }
}

unsigned Coverage::possible(const Row& row) const {
  unsigned kinds = 0;
  for (std::size_t what = 1; what < kKinds; ++what) {  // 0 is that nothing goes wrong
    const bool is_ruled_out =
        (row.kind.read_only && needs_write(what)) || (row.kind.is_local && needs_request(what));
    if (is_possible(what, most_) && !is_ruled_out) kinds |= 1u << what;
  }
  return kinds;
}

std::size_t Coverage::covered() const {
  std::size_t count = 0;
  for (const auto& [name, row] : rows_) {
    count += static_cast<std::size_t>(std::popcount(row.seen & possible(row)));
  }
  return count;
}

std::size_t Coverage::possible() const {
  std::size_t count = 0;
  for (const auto& [name, row] : rows_) {
    count += static_cast<std::size_t>(std::popcount(possible(row)));
  }
  return count;
}

std::vector<std::string> Coverage::missing() const {
  std::vector<std::string> all;
  for (const auto& [name, row] : rows_) {
    for (std::size_t what = 1; what < kKinds; ++what) {
      if ((possible(row) & ~row.seen & 1u << what) == 0) continue;
      all.push_back(fmt::format("{}: {}: {}", name.first, name.second, name_of(what)));
    }
  }
  return all;
}

}  // namespace cutover::crashsim
