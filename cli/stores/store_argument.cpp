#include "cli/stores/store_argument.h"

#include <fmt/format.h>

#include <iostream>

#include "cli/command_name.h"
#include "cli/errors.h"
#include "cli/validators.h"

namespace cutover::cli {

namespace fs = std::filesystem;

namespace {
constexpr int kMostLinks = 40;  // that the system follows
}  // namespace

void refuse_companion(const fs::path& file, const std::string& named) {
  std::error_code error;
  std::vector<fs::path> names = {file, fs::weakly_canonical(file, error)};
  // Also links that lead nowhere yet.
  fs::path at = file;
  for (int links = 0; links < kMostLinks; ++links) {
    const fs::path link = fs::read_symlink(at, error);
    if (error) break;
    at = at.parent_path() / link;
    names.push_back(at);
  }
  for (const fs::path& each : names) {
    const std::string name = each.filename().string();
    for (const std::string_view ending : {"-journal", "-wal", "-shm"}) {
      if (!name.ends_with(ending)) continue;
      throw UsageError(fmt::format(
          "{}: by its name it is a companion that SQLite gives to the database {}, and takes for "
          "its own; name another file",
          named, name.substr(0, name.size() - ending.size())));
    }
  }
}

fs::path store_file(const std::string& argument) {
  const std::string prefix = "sqlite:";
  if (!argument.starts_with(prefix) || argument.size() == prefix.size()) {
    throw UsageError(fmt::format("store '{}': expected sqlite:PATH", argument));
  }
  const std::string path = argument.substr(prefix.size());
  if (path == ":memory:") {
    throw UsageError(fmt::format("store '{}': would end with this command; name a file", argument));
  }
  refuse_companion(path, argument);
  return path;
}

void add_wait(CLI::App& command, double& seconds) {
  command
      .add_option("--wait", seconds,
                  "seconds to wait for another process's lock on a store, or for a quorum")
      ->check(seconds_up_to(86'400))
      ->capture_default_str();
}

namespace {

LockWait told_wait(double seconds, const std::string& what) {
  const auto at_most = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  return {at_most, [seconds, what](const fs::path& store) {
            std::cerr << fmt::format("{}: {}: waiting for {}, at most {} s\n", command_name(),
                                     store.string(), what, seconds);
          }};
}

}  // namespace

LockWait lock_wait(double seconds, const std::string& what) {
  return told_wait(seconds, "another process's " + what);
}

LockWait quorum_wait(double seconds) { return told_wait(seconds, "a quorum"); }

bool is_there(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return static_cast<bool>(error);
  return !fs::is_regular_file(file, error) || fs::file_size(file, error) > 0;
}

}  // namespace cutover::cli
