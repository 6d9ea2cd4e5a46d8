// What random search has tried: each step of each program, against each thing that may go wrong at
// it. The steps are those that were seen; a step that no run ever came to is in no row.
#pragma once

#include <map>

#include "crashsim/world/world.h"

namespace cutover::crashsim {

class Coverage {
 public:
  /// What may go wrong at a step: its outcome, or one of these.
  static constexpr std::size_t kLanded = kOutcomes;         ///< it was in flight, and landed
  static constexpr std::size_t kOvertaken = kOutcomes + 1;  ///< others wrote just before it

  /// Kinds that these bounds rule out are not asked for.
  explicit Coverage(const Bounds& most) : most_(most) {}

  /// What can't go wrong at it: a step that only reads, or one of a local store.
  struct Kind {
    bool read_only = false, is_local = false;
  };
  void note(const std::string& program, const std::string& step, Kind kind, std::size_t what);
  void merge(const Coverage& other);

  /// Of steps x kinds: what was seen, and what could be.
  std::size_t covered() const;
  std::size_t possible() const;
  /// What was never seen, as "migrate: open stash: crash before".
  std::vector<std::string> missing() const;

 private:
  struct Row {
    Kind kind = {};
    unsigned seen = 0;  ///< bit i: what i was seen
  };
  unsigned possible(const Row& row) const;

  Bounds most_;
  std::map<std::pair<std::string, std::string>, Row> rows_;  ///< by program and step
};

}  // namespace cutover::crashsim
