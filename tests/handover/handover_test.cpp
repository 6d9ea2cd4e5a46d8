// A family that no other folder knows goes through every engine, command, report and table.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "tests/command.h"
#include "tests/handover/family.h"
#include "tests/run.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;

class Handover : public testing::Test {
 protected:
  /// The command with the family in it, in a folder of its own, ends so and prints this.
  std::string expect(std::vector<std::string> arguments, const std::string& pattern,
                     int status = 0) const {
    const auto go = [this] { EXPECT_EQ(::chdir(folder_.path().c_str()), 0); };
    const Ended ended = Started(arguments, go, CUTOVER_WITH_HANDOVER).wait();
    EXPECT_EQ(ended.status, status) << ended.output << ended.errors;
    EXPECT_TRUE(std::regex_search(ended.output, std::regex(pattern)))
        << pattern << "\n"
        << ended.output << ended.errors;
    return ended.output;
  }

  std::string text_of(const std::string& file) const {
    std::ifstream in(folder_ / file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TemporaryFolder folder_;
};

TEST_F(Handover, IsListedBesideTheOthers) {
  expect({"list"}, "catalog/single-tombstone +holds[^]*handover/leave-last +holds");
}

TEST_F(Handover, IsCheckedByEveryEngine) {
  const std::string verdicts =
      "handover/leave-last +holds[^]*leave-first +NoLostValue +3 steps[^]*2 of 2 verdicts";
  for (const char* engine : {"crashsim", "model", "tla"}) {
    expect({"check", "handover", "--engine", engine}, verdicts);
  }
  expect({"check", "handover", "--engine", "refinement"},
         "leave-last +holds, complete +100 % of the model");
  expect({"check", "handover", "--engine", "same-graph"},
         "leave-last +holds, complete +[0-9,]+ transitions");
  expect({"check", "handover", "--engine", "counts"},
         "leave-last +holds, complete +6 counts agree");
  expect({"check", "handover", "--engine", "process"}, "leave-last +holds, complete");
  expect({"check", "handover/leave-last+leave-first", "--engine", "random"},
         "leave-first +NoLostValue");
}

TEST_F(Handover, IsReplayedDrawnAndReported) {
  expect({"check", "handover", "--engine", "crashsim", "--report", "report.json", "--junit",
          "report.xml"},
         "1 counterexample, all expected");
  EXPECT_NE(text_of("report.json").find("handover/leave-last+leave-first"), std::string::npos);
  EXPECT_NE(text_of("report.xml").find("handover/leave-last+leave-first"), std::string::npos);
  const std::string trace = "cutover-traces/handover.leave-last+leave-first.json";
  expect({"replay", trace}, "NoLostValue is violated");
  expect({"show", trace, "-o", "trace.svg"}, "");
  EXPECT_NE(text_of("trace.svg").find("leave"), std::string::npos);
  expect({"graph", "handover/leave-last", "-o", "graph.svg"}, "");
  EXPECT_NE(text_of("graph.svg").find("<svg"), std::string::npos);
  expect({"graph", "handover/leave-last", "--model", "-o", "model.svg"}, "");
  EXPECT_NE(text_of("model.svg").find("Leave"), std::string::npos);
}

TEST_F(Handover, IsMeasured) {
  expect({"bench", "handover/leave-last"},
         "implementation starts=3,crashes=1[^]*model starts=3,crashes=1");
}

}  // namespace
}  // namespace cutover
