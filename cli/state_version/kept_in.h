// In which store a command line says that a state is kept, and what the commands over it have in
// common.
#pragma once

#include <fmt/format.h>

#include <ostream>
#include <string>

#include "cli/errors.h"
#include "impl/state_version/state_file.h"

namespace cutover::cli {

struct KeptIn {
  enum class Kind { file, table, znode } kind;
  std::string place;  ///< the path, or the znode's address
};

/// Of file:PATH, sqlite:PATH or zookeeper:HOST:PORT,.../PATH. Throws UsageError.
KeptIn parse_kept_in(const std::string& argument);

/// A scheduler that is asked for nothing, and stops.
struct NoOperators {
  Task<std::optional<nlohmann::json>> next() const { co_return std::nullopt; }
  void acknowledge(const nlohmann::json&) const {}
};

/// Runs a command over a store whose calls may fail.
template <class Run>
int with_failures(std::ostream& out, const Run& run) {
  try {
    return run();
  } catch (const state_version::StoreFailed& failed) {
    out << fmt::format("stopped: {}; nothing was lost; run again to finish\n", failed.what());
    return kDiffers;
  }
}

}  // namespace cutover::cli
