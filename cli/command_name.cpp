#include "cli/command_name.h"

#include <filesystem>

namespace cutover::cli {
namespace {

std::string& name() {
  static std::string name = "cutover";
  return name;
}

}  // namespace

const std::string& command_name() { return name(); }

void name_command(const std::string& path) {
  const std::string file = std::filesystem::path(path).filename().string();
  if (!file.empty()) name() = file;
}

}  // namespace cutover::cli
