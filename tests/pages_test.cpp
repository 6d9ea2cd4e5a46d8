// The pages for users are carried out: their files are made, their commands run, with a ZooKeeper
// of their own, and what they print is compared, but for times. With CUTOVER_REWRITE=1 in the
// environment what they print is written anew.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <optional>
#include <regex>
#include <sstream>

#include "impl/store/sqlite.h"
#include "properties/state_version/zookeeper_ensemble.h"
#include "system/temporary_folder.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;

struct PageOf {
  std::string name;
  unsigned files, commands;  ///< as many files, and at least as many commands
  bool has_zookeeper;
};
const std::string kServer = "127.0.0.1:2181";  ///< on the page
constexpr const char* kClients = "/usr/share/zookeeper/bin";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// The output and the errors of a command, in the folder.
std::string run(const std::string& command, const fs::path& folder) {
  const std::string bin = fs::path(CUTOVER_COMMAND).parent_path();
  std::ofstream(folder / "command.sh")
      << "cd " << folder << "\nPATH=" << bin << ":" << kClients << ":$PATH\n"
      << command << "\nwait 2> wait.log\n";
  const std::string whole =
      "bash " + (folder / "command.sh").string() + " > " + (folder / "out.log").string() + " 2>&1";
  [[maybe_unused]] const int status = std::system(whole.c_str());
  std::ifstream in(folder / "out.log");
  std::string text, line;
  while (std::getline(in, line)) {
    if (line.find("Killed") == std::string::npos) text += line + "\n";  // the shell's own word
  }
  return text;
}

std::string without_times(const std::string& text) {
  static const std::regex time(
      "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z|in [0-9]+\\.[0-9] s|[0-9]{16}");
  return std::regex_replace(text, time, "TIME");
}

class Pages : public testing::TestWithParam<PageOf> {};
INSTANTIATE_TEST_SUITE_P(Docs, Pages,
                         testing::Values(PageOf{"upgrade", 3, 16, true},
                                         PageOf{"online", 1, 17, false}),
                         [](const auto& info) { return info.param.name; });

TEST_P(Pages, SayWhatTheCommandsPrint) {
  const std::string page_file = CUTOVER_SOURCE "/docs/" + GetParam().name + ".md";
  const bool rewrites = std::getenv("CUTOVER_REWRITE") != nullptr;
  const system::TemporaryFolder folder("page");
  std::optional<state_version::ZookeeperEnsemble> ensemble;
  if (GetParam().has_zookeeper) ensemble.emplace(1);
  std::ifstream in(page_file);
  std::ostringstream page;
  std::string line, named, block, kind, command, expected;
  unsigned files = 0, commands = 0;
  const auto carry_out = [&] {
    if (command.empty()) return;
    const std::string server = ensemble ? ensemble->servers() : kServer;
    const std::string printed =
        replaced(run(replaced(command, kServer, server), folder.path()), server, kServer);
    const bool is_same = without_times(printed) == without_times(expected);
    if (!rewrites)
      EXPECT_TRUE(is_same) << command << "\nprints\n" << printed << "and not\n" << expected;
    page << "$ " << command << "\n" << (is_same ? expected : printed);
    ++commands;
    command.clear();
    expected.clear();
  };
  while (std::getline(in, line)) {
    if (kind == "console" && line != "```") {
      if (line.starts_with("$ ")) {
        carry_out();
        command = line.substr(2);
      } else {
        expected += line + "\n";
      }
      continue;
    }
    if (line == "```") {
      carry_out();
      if (kind == "json") std::ofstream(folder.path() / named) << block;
      if (kind == "sql") {
        const fs::path file = folder.path() / named;
        sqlite::Connection(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, file, {})
            .execute(block);
      }
      files += kind == "json" || kind == "sql" ? 1 : 0;  // `text` is of a server that is not here
      kind.clear();
      block.clear();
    } else if (!kind.empty()) {
      block += line + "\n";
    } else if (line.starts_with("```")) {
      kind = line.substr(3);
    } else if (line.starts_with('`') && line.ends_with("`:")) {
      named = line.substr(1, line.size() - 3);
    }
    page << line << "\n";
  }
  EXPECT_EQ(files, GetParam().files);
  EXPECT_GE(commands, GetParam().commands);
  if (rewrites) std::ofstream(page_file) << page.str();
}

}  // namespace
}  // namespace cutover
