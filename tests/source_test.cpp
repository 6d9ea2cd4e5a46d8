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

/// What each folder may include of ours, besides itself.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"system", {}},
    {"model", {}},
    {"impl", {}},
    {"crashsim", {"system", "impl", "model/checker"}},
    {"properties", {"system", "model", "impl", "crashsim"}},
    {"tla", {"system"}},
    {"cli", {"system", "model", "impl", "crashsim", "properties", "tla"}},
};

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

TEST(Source, IncludesOnlyInTheStatedDirection) {
  std::size_t checked = 0;
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const fs::path& file : sources(kRoot / folder)) {
      for (const std::string& included : own_includes(file)) {
        ++checked;
        const bool may = is_below(included, folder) ||
                         std::ranges::any_of(
                             allowed, [&](const auto& other) { return is_below(included, other); });
        EXPECT_TRUE(may) << fs::relative(file, kRoot) << " includes " << included;
        EXPECT_TRUE(fs::exists(kRoot / included))
            << fs::relative(file, kRoot) << " includes " << included;
      }
    }
  }
  EXPECT_GT(checked, 50u);
}

TEST(Source, GenericFoldersKnowNoFamily) {
  const std::regex family("catalog|tombstone|stash|persist\\b", std::regex::icase);
  const std::regex comment("//[^\n]*");
  for (const fs::path& folder : {kRoot / "system", kRoot / "crashsim", kRoot / "model" / "checker"}) {
    for (const fs::path& file : sources(folder)) {
      if (file.parent_path().filename() == "catalog") continue;
      const std::string code = std::regex_replace(text_of(file), comment, "");
      std::smatch found;
      EXPECT_FALSE(std::regex_search(code, found, family))
          << fs::relative(file, kRoot) << ": " << found.str();
    }
  }
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
