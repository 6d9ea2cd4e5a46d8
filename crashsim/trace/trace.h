// Trace files: a schedule with the case and the bounds it belongs to, as readable JSON.
//
//   {"cutover_trace": 1, "case": "catalog/first-draft", "engine": "crashsim",
//    "bounds": {"processes": 2, ...}, "beginning": "leftovers", "violated": "OneSourceOfTruth",
//    "steps": [{"actor": "migrate-1", "step": "open stash", "outcome": "ok"}, ...]}
//
// Where the world was drawn at random there is also its name: "world": {"seed": 7, "size": 3}.
#pragma once

#include <filesystem>
#include <stdexcept>

#include "crashsim/random/random_worlds.h"

namespace cutover::crashsim {

inline constexpr int kTraceVersion = 1;

/// A trace file that cannot be used: one line with the file, the place in it, and what was
/// expected.
class TraceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Trace {
  std::string case_name;
  std::string engine;
  Bounds bounds;
  Schedule schedule;
  std::optional<WorldName> world =
      std::nullopt;  ///< empty: the world that is explored exhaustively
};

/// Writes the file, and its folder if that is missing. Throws std::runtime_error.
void write_trace(const std::filesystem::path& file, const Trace& trace);

/// Throws TraceError.
Trace read_trace(const std::filesystem::path& file);

}  // namespace cutover::crashsim
