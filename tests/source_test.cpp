// The architecture holds in the sources: who includes whom, and the generic folders know no family.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace cutover {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = CUTOVER_SOURCE;

/// The rooms, and what each may include of ours besides itself: only what is below it. A file is of
/// the innermost room that holds it.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"system", {}},
    {"model/checker", {}},
    {"model", {"model/checker"}},
    {"impl", {"system"}},
    {"impl/online_cql", {"system", "impl", "cql"}},
    {"tla", {"system"}},
    {"cql", {"system"}},
    {"crashsim", {"crashsim/sdk"}},
    {"crashsim/world", {}},
    {"crashsim/live", {"crashsim/world", "model/checker"}},
    {"crashsim/explore", {"crashsim/world", "crashsim/live", "model/checker"}},
    {"crashsim/random", {"crashsim/world", "crashsim/live", "model/checker"}},
    {"crashsim/trace", {"system", "crashsim/world", "crashsim/random"}},
    {"crashsim/sdk", {"system", "crashsim/world", "crashsim/live", "crashsim/explore"}},
    {"crashsim/process", {"system", "model/checker"}},
    {"engines", {"system", "model/checker", "crashsim", "tla"}},
    {"properties", {"system", "model", "impl", "crashsim", "engines"}},
    {"cli", {"system", "crashsim", "engines"}},
    {"cli/pictures", {"system", "crashsim", "engines", "cli"}},
    {"cli/bench", {"system", "crashsim", "engines", "cli"}},
    {"cli/stores", {"impl", "cli"}},
    {"cli/catalog", {"system", "impl", "engines", "properties", "cli"}},
    {"cli/state_version", {"system", "impl", "engines", "properties", "cli"}},
    {"cli/online", {"system", "impl", "engines", "properties", "cli"}},
    {"cli/main", {"engines", "properties", "cli"}},
};

/// Rooms that know families: what is in them may name them.
const std::set<std::string> kOfFamilies = {"impl/catalog",
                                           "model/catalog",
                                           "properties/catalog",
                                           "tla/catalog",
                                           "impl/state_version",
                                           "model/state_version",
                                           "properties/state_version",
                                           "tla/state_version",
                                           "impl/online",
                                           "model/online",
                                           "impl/online_cql",
                                           "properties/online",
                                           "cli/catalog",
                                           "cli/state_version",
                                           "cli/online",
                                           "cli/main"};

std::vector<fs::path> sources(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".h" || extension == ".cpp") files.push_back(entry.path());
  }
  return files;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> own_includes(const fs::path& file) {
  static const std::regex include("#include \"([^\"]+)\"");
  const std::string text = text_of(file);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at)
    found.push_back((*at)[1]);
  return found;
}

bool is_below(const std::string& path, const std::string& folder) {
  return path.starts_with(folder + "/");
}

/// The innermost room of a path from the root; empty: none.
std::string room_of(const std::string& path) {
  std::string innermost;
  for (const auto& [room, allowed] : kMayInclude) {
    if (is_below(path, room) && room.size() > innermost.size()) innermost = room;
  }
  return innermost;
}

/// What is wrong with a file of that path that includes `included`, or empty.
std::string complaint(const std::string& path, const std::string& included) {
  const std::string room = room_of(path);
  const auto& allowed = kMayInclude.at(room);
  const auto is_allowed = [&](const std::string& other) { return is_below(included, other); };
  // A room within another is its own: cli may not include cli/catalog.
  const bool may = room_of(included) == room || std::ranges::any_of(allowed, is_allowed);
  const bool is_of_family = std::ranges::any_of(kOfFamilies, is_allowed);
  const bool knows_families = std::ranges::any_of(
      kOfFamilies, [&](const std::string& other) { return is_below(path, other); });
  if (may && (knows_families || !is_of_family)) return "";
  return path + " includes " + included;
}

TEST(Source, IncludesOnlyInTheStatedDirection) {
  std::map<std::string, std::size_t> checked;
  for (const char* folder :
       {"system", "model", "impl", "crashsim", "tla", "cql", "engines", "properties", "cli"}) {
    for (const fs::path& file : sources(kRoot / folder)) {
      const std::string path = fs::relative(file, kRoot);
      for (const std::string& included : own_includes(file)) {
        ++checked[room_of(path)];
        EXPECT_EQ(complaint(path, included), "");
        EXPECT_TRUE(fs::exists(kRoot / included)) << path << " includes " << included;
      }
    }
  }
  EXPECT_EQ(checked.size(), kMayInclude.size());  // no room without an include
}

TEST(Source, SeesAnIncludeUpwardsOrOfAFamily) {
  EXPECT_EQ(complaint("crashsim/live/a.h", "crashsim/world/world.h"), "");
  EXPECT_EQ(complaint("cli/pictures/a.cpp", "cli/output.h"), "");
  EXPECT_EQ(complaint("cli/catalog/a.cpp", "impl/catalog/pair.h"), "");
  EXPECT_NE(complaint("crashsim/world/a.h", "crashsim/live/execution.h"), "");
  EXPECT_NE(complaint("crashsim/sdk/a.h", "crashsim/trace/trace.h"), "");
  EXPECT_NE(complaint("engines/a.cpp", "properties/catalog/process_subject.h"), "");
  EXPECT_NE(complaint("engines/a.cpp", "model/catalog/model.h"), "");
  EXPECT_NE(complaint("cli/a.cpp", "cli/catalog/files.h"), "");
  EXPECT_NE(complaint("cli/a.cpp", "cli/pictures/graph.h"), "");
  EXPECT_NE(complaint("cli/a.cpp", "properties/catalog/cases.h"), "");
  EXPECT_NE(complaint("impl/store/a.cpp", "impl/catalog/pair.h"), "");
  EXPECT_NE(complaint("cli/stores/a.cpp", "impl/state_version/upgrade.h"), "");
  EXPECT_NE(complaint("cli/stores/a.cpp", "cli/catalog/files.h"), "");
}

TEST(Source, GenericRoomsKnowNoFamily) {
  const std::regex family("catalog|tombstone|stash|persist\\b|handover|state_version",
                          std::regex::icase);
  const std::regex comment("//[^\n]*");
  std::size_t checked = 0;
  for (const char* room : {"system", "crashsim", "model/checker", "engines", "cli"}) {
    for (const fs::path& file : sources(kRoot / room)) {
      const std::string path = fs::relative(file, kRoot);
      if (std::ranges::any_of(kOfFamilies, [&](const auto& of) { return is_below(path, of); }))
        continue;
      ++checked;
      const std::string code = std::regex_replace(text_of(file), comment, "");
      std::smatch found;
      EXPECT_FALSE(std::regex_search(code, found, family)) << path << ": " << found.str();
    }
  }
  EXPECT_GT(checked, 100u);
}

TEST(Source, EveryFileSaysWhatItIsFor) {
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const fs::path& file : sources(kRoot / folder)) {
      if (file.extension() == ".h")
        EXPECT_TRUE(text_of(file).starts_with("// ")) << fs::relative(file, kRoot);
    }
  }
}

TEST(Source, HasNoTodoAndNoCommentedOutCode) {
  const std::regex bad("TODO|FIXME|XXX|// *[a-z_:.>()-]+\\([^\n]*\\);\n");
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const fs::path& file : sources(kRoot / folder)) {
      if (file.extension() == ".h") continue;  // its comments may show how to use it
      const std::string text = text_of(file);
      std::smatch found;
      EXPECT_FALSE(std::regex_search(text, found, bad))
          << fs::relative(file, kRoot) << ": " << found.str();
    }
  }
}

}  // namespace
}  // namespace cutover
