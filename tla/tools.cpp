// Where Java, TLC and the specifications are.
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "tla/tlc.h"

namespace cutover::tla {
namespace {

namespace fs = std::filesystem;

bool is_in_path(const std::string& executable) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((fs::path(folder) / executable).c_str(), X_OK) == 0) return true;
  }
  return false;
}

/// The tree of an installed copy that this executable is in, if it is.
fs::path installed() {
  std::error_code ignored;
  const fs::path executable = fs::read_symlink("/proc/self/exe", ignored);
  return executable.parent_path().parent_path() / "share" / "cutover" / "tla";
}

fs::path jar() {
  const char* named = std::getenv("TLA2TOOLS_JAR");
  if (named != nullptr && *named != '\0') return fs::absolute(named);
  const fs::path beside = installed() / "tla2tools.jar";
  return fs::exists(beside) ? beside : fs::path(CUTOVER_TLA_JAR);
}

}  // namespace

fs::path specifications() {
  return fs::is_directory(installed()) ? installed() : fs::path(CUTOVER_TLA_FOLDER);
}

std::optional<Tools> find_tools(std::string& missing) {
  Tools tools;
  tools.jar = jar();
  if (!is_in_path(tools.java)) {
    missing = "no Java: install openjdk-17-jre-headless";
    return std::nullopt;
  }
  if (!fs::is_regular_file(tools.jar)) {
    missing = tools.jar.string() +
              " is not there: run tla/fetch, or name a tla2tools.jar in TLA2TOOLS_JAR";
    return std::nullopt;
  }
  const fs::path archive = tools.jar.parent_path() / "tlc.jsa";
  if (fs::is_regular_file(archive)) tools.archive = archive;
  return tools;
}

}  // namespace cutover::tla
