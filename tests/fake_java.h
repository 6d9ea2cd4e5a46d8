// A `java` that is a shell script: what a test needs TLC to do.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace cutover {

/// In the folder, first in PATH as long as this lives, with a jar that is none. The script finds
/// the folder for temporary files in $temporary, the configuration's name in $configuration.
class FakeJava {
 public:
  FakeJava(const std::filesystem::path& folder, const std::string& script)
      : path_(of("PATH")), jar_(of("TLA2TOOLS_JAR")) {
    const auto bin = folder / "fake-bin", java = bin / "java", jar = folder / "fake.jar";
    std::filesystem::create_directories(bin);
    std::ofstream(java) << "#!/bin/sh\n"
                           "for argument; do\n"
                           "  case $argument in\n"
                           "    -Djava.io.tmpdir=*) temporary=${argument#*=} ;;\n"
                           "    *.cfg) configuration=$(basename \"$argument\" .cfg) ;;\n"
                           "  esac\n"
                           "done\n"
                        << script << "\n";
    std::filesystem::permissions(java, std::filesystem::perms::owner_all);
    std::ofstream(jar) << "no jar\n";
    ::setenv("PATH", (bin.string() + ":" + path_).c_str(), 1);
    ::setenv("TLA2TOOLS_JAR", jar.c_str(), 1);
  }
  ~FakeJava() {
    ::setenv("PATH", path_.c_str(), 1);
    jar_.empty() ? ::unsetenv("TLA2TOOLS_JAR") : ::setenv("TLA2TOOLS_JAR", jar_.c_str(), 1);
  }
  FakeJava(const FakeJava&) = delete;
  FakeJava& operator=(const FakeJava&) = delete;

 private:
  static std::string of(const char* variable) {
    const char* value = std::getenv(variable);
    return value == nullptr ? "" : value;
  }
  const std::string path_, jar_;  ///< as they were
};

}  // namespace cutover
