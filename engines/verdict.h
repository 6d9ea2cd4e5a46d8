// What an engine found out about a case, and how a check as a whole ended.
#pragma once

#include <filesystem>

#include "crashsim/world/schedule.h"
#include "engines/case.h"

namespace cutover {

enum class Finding { holds, violates, unknown };

const char* to_string(Finding finding);

/// One line of a check.
struct Verdict {
  const Case* of = nullptr;
  std::string engine;
  Finding finding = Finding::unknown;
  std::string violated;  ///< the property, where finding is violates
  bool complete = false;
  std::string note;  ///< its extent: states, the counterexample's length, or why it is unknown
  crashsim::Bounds bounds;
  std::uint64_t states = 0, transitions = 0, executions = 0;
  double seconds = 0;  ///< that the check took in all
  std::optional<crashsim::Schedule> counterexample;
  std::optional<crashsim::WorldName> world;  ///< of the counterexample, if it was drawn at random
  std::optional<std::filesystem::path> trace;
  std::string steps;    ///< of a counterexample that is no schedule, shown where one would be
  std::string details;  ///< printed below the table: a matrix, an account of what happened
  std::string reason;   ///< why it could not be checked: an error; empty otherwise

  Finding expected() const { return of->violates.empty() ? Finding::holds : Finding::violates; }
  bool as_expected() const { return finding == expected() && violated == of->violates; }
  /// It contradicts the expectation; an unknown verdict does not.
  bool differs() const { return finding != Finding::unknown && !as_expected(); }
};

}  // namespace cutover
