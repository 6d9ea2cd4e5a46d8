// The scenario files (cli/scenario.h): each goes as it is told, and the command says where one does
// not. `cutover scenario --rewrite tests/scenarios/*/*.txt` writes anew what follows the dashes:
// read the difference before you commit it.
#include "cli/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "cli/errors.h"
#include "engines/family.h"
#include "properties/catalog/cases.h"
#include "properties/online/cases.h"
#include "properties/state_version/cases.h"
#include "system/temporary_folder.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;

const Registry& cases() {
  static const Registry all =
      registry_of({catalog::family(), online::family(), state_version::family()});
  return all;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> scenarios() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(CUTOVER_SOURCE "/tests/scenarios")) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

class Scenarios : public testing::TestWithParam<fs::path> {};
INSTANTIATE_TEST_SUITE_P(Files, Scenarios, testing::ValuesIn(scenarios()), [](const auto& info) {
  std::string name = info.param.stem();
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(c); }, '_');
  return name;
});

TEST_P(Scenarios, GoesAsItIsTold) {
  EXPECT_TRUE(text_of(GetParam()).starts_with("# "))
      << "open with the hazard, and what correct behaviour is";
  std::ostringstream out;
  EXPECT_EQ(cli::run_scenarios(cases(), {.files = {GetParam()}}, out), cli::kAsExpected)
      << out.str();
  EXPECT_EQ(out.str(), GetParam().string() + ": as expected\n");
}

TEST(ScenarioFiles, ThereAreSome) { EXPECT_GE(scenarios().size(), 16u); }

/// A public failure has a file that tells its story, and says its name.
TEST(ScenarioFiles, TellEveryPublicFailure) {
  std::map<std::string, std::string> told;  // by case
  for (const fs::path& file : scenarios()) {
    std::istringstream lines(text_of(file));
    for (std::string line; std::getline(lines, line) && line != "----";) {
      if (line.starts_with("case ")) told[line.substr(5)] += text_of(file);
    }
  }
  int failures = 0;
  for (const Case& of : cases()) {
    if (of.record.empty()) continue;
    ++failures;
    const std::string name = of.record.substr(0, of.record.find(' '));
    for (const std::string& part : {"Hazard (" + name + ")", of.violates + " is violated"}) {
      EXPECT_NE(told[of.name].find(part), std::string::npos)
          << of.name << " stands for " << of.record << "; in no story of it: " << part;
    }
  }
  EXPECT_EQ(failures, 28);
}

class ScenarioCommand : public testing::Test {
 protected:
  const std::string kStory =
      "# A move, and nothing more.\ncase catalog/single-tombstone\nfrom leftovers\n"
      "migrate-1: run until open persist\n";

  int run(const std::string& text, bool rewrite = false) {
    std::ofstream(file_) << text;
    std::ostringstream out;
    const int status = cli::run_scenarios(cases(), {.files = {file_}, .rewrite = rewrite}, out);
    printed_ = out.str();
    return status;
  }
  std::string refusal(const std::string& text) {
    try {
      run(text);
    } catch (const UsageError& error) {
      return std::string(error.what()).substr(file_.string().size());
    }
    return "none";
  }
  bool has(const std::string& text) const { return printed_.find(text) != std::string::npos; }

  const system::TemporaryFolder folder_{"scenario"};
  const fs::path file_ = folder_.path() / "story.txt";
  std::string printed_;
};

TEST_F(ScenarioCommand, WritesWhatIsExpectedAndHoldsItThen) {
  EXPECT_EQ(run(kStory), cli::kDiffers);
  EXPECT_TRUE(has("it has no line ----")) << printed_;
  EXPECT_EQ(run(kStory, true), cli::kAsExpected);
  EXPECT_TRUE(has(": written anew\n")) << printed_;
  const std::string whole = text_of(file_);
  EXPECT_TRUE(whole.starts_with(kStory + "----\n#  who"));
  EXPECT_TRUE(whole.ends_with("\nNo property is violated.\n"));
  EXPECT_EQ(run(whole), cli::kAsExpected);
  EXPECT_EQ(run(whole, true), cli::kAsExpected);
  EXPECT_TRUE(has(": as it was\n")) << printed_;
  EXPECT_EQ(text_of(file_), whole);
}

TEST_F(ScenarioCommand, SaysTheFirstLineThatDiffers) {
  run(kStory, true);
  std::string whole = text_of(file_);
  whole.replace(whole.find("No property"), 11, "Some property");
  EXPECT_EQ(run(whole), cli::kDiffers);
  const auto line = std::count(whole.begin(), whole.end(), '\n');
  EXPECT_TRUE(has("DIFFERS: line " + std::to_string(line) +
                  ":\n  in the file  Some property is violated.\n"
                  "  and now      No property is violated.\n"))
      << printed_;
  EXPECT_EQ(run(text_of(file_).substr(0, whole.find("Some"))), cli::kDiffers);
  EXPECT_TRUE(has("in the file  (ends)")) << printed_;
}

TEST_F(ScenarioCommand, AMutantHasToViolateItsPropertyAlsoWhereItIsRewritten) {
  std::string story = kStory;
  story.replace(story.find("single-tombstone"), 16, "single-tombstone+flip-before-copy");
  for (const bool rewrite : {false, true}) {
    EXPECT_EQ(run(story, rewrite), cli::kDiffers);
    EXPECT_TRUE(has("it violates nothing, and its case is expected to violate NoLostWrite"))
        << printed_;
    EXPECT_EQ(text_of(file_), story);
  }
}

TEST_F(ScenarioCommand, RefusesWithTheLine) {
  EXPECT_EQ(refusal(""), ":0: expected 'case NAME' and 'from BEGINNING'");
  EXPECT_EQ(refusal("from leftovers\n").substr(0, 24), ":1: expected 'case NAME'");
  EXPECT_EQ(refusal(kStory + "migrate-1: fly\n"),
            ":5: migrate-1 is about to 'open persist', not to 'fly'");
  EXPECT_EQ(refusal(kStory + "migrate-1: run until fly\n"), ":5: migrate-1 never came to 'fly'");
  EXPECT_EQ(refusal(kStory + "case catalog/two-tombstones\n"), ":5: there is a case already");
  EXPECT_EQ(refusal("case catalog/single-tombstone\nbounds starts=1\nfrom leftovers\n"
                    "migrate-1: run\nmigrate-2: run\n"),
            ":5: the bound on starts is used up");
  EXPECT_NE(refusal("case catalog/single-tomb\n").find("there is no case"), std::string::npos);
  EXPECT_EQ(refusal(kStory), "none");
}

TEST_F(ScenarioCommand, AFileThatCannotBeReadIsRefused) {
  std::ostringstream out;
  EXPECT_THROW(cli::run_scenarios(cases(), {.files = {folder_.path()}}, out), UsageError);
  EXPECT_THROW(cli::run_scenarios(cases(), {.files = {folder_.path() / "none"}}, out), UsageError);
}

}  // namespace
}  // namespace cutover
