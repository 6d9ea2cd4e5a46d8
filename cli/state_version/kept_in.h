// In which store a command line says that a state is kept, and what the commands over it have in
// common.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "system/task.h"

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

}  // namespace cutover::cli
