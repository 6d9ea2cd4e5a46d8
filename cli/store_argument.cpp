#include "cli/store_argument.h"

#include <fmt/format.h>

#include "cli/errors.h"

namespace cutover::cli {

namespace fs = std::filesystem;

fs::path store_file(const std::string& argument) {
  const std::string prefix = "sqlite:";
  if (!argument.starts_with(prefix) || argument.size() == prefix.size()) {
    throw UsageError(fmt::format("store '{}': expected sqlite:PATH", argument));
  }
  const std::string path = argument.substr(prefix.size());
  if (path == ":memory:") {
    throw UsageError(fmt::format("store '{}': would end with this command; name a file", argument));
  }
  return path;
}

bool is_there(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return static_cast<bool>(error);
  return !fs::is_regular_file(file, error) || fs::file_size(file, error) > 0;
}

bool is_same_file(const fs::path& one, const fs::path& other) {
  std::error_code error;
  if (fs::equivalent(one, other, error) && !error) return true;
  // Absolute first: of a relative path to nothing, weakly_canonical makes nothing absolute.
  const fs::path first = fs::weakly_canonical(fs::absolute(one), error);
  if (error) return false;
  const fs::path second = fs::weakly_canonical(fs::absolute(other), error);
  return !error && first == second;
}

}  // namespace cutover::cli
