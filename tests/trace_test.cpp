// Trace files: what is written is read again, and what can't be used is refused by name and place.
#include "crashsim/trace/trace.h"

#include <gtest/gtest.h>

#include <fstream>

#include "run.h"

namespace cutover::crashsim {
namespace {

const Trace kTrace{"catalog/first-draft",
                   "crashsim",
                   {.processes = 3, .own = {{"reads", 2}}},
                   {"leftovers",
                    {{"migrate-1", "start", "ok"}, {"migrate-1", "open \"stash\"", "crash before"}},
                    "OneSourceOfTruth"}};

class TraceFile : public testing::Test {
 protected:
  std::string refusal(const std::string& text) {
    std::ofstream(file_) << text;
    try {
      read_trace(file_);
    } catch (const TraceError& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with(file_.string())) << message;
      return message.substr(std::min(message.size(), file_.string().size()));
    }
    return "accepted";
  }

  std::string valid_with(const std::string& what, const std::string& instead) {
    write_trace(file_, kTrace);
    std::ifstream in(file_);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), instead);
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "sub" / "trace.json";
};

TEST_F(TraceFile, IsReadAsItWasWritten) {
  write_trace(file_, kTrace);
  const Trace read = read_trace(file_);
  EXPECT_EQ(read.case_name, kTrace.case_name);
  EXPECT_EQ(read.engine, kTrace.engine);
  EXPECT_EQ(read.bounds, kTrace.bounds);
  EXPECT_EQ(read.schedule, kTrace.schedule);
}

TEST_F(TraceFile, ThatCannotBeUsedIsRefusedWithThePlace) {
  std::filesystem::create_directories(file_.parent_path());
  EXPECT_EQ(refusal("{\"cutover_trace\": 1,"),
            ": not JSON, at byte 21; expected a trace as check writes it");
  EXPECT_EQ(refusal("[]"), ": at /: expected an object");
  EXPECT_EQ(refusal("{}"), ": at /: the member 'cutover_trace' is missing");
  EXPECT_EQ(refusal(valid_with("\"cutover_trace\": 1", "\"cutover_trace\": 7")),
            ": at /cutover_trace: version 7, and this build reads version 1; find the "
            "counterexample again "
            "with check");
  EXPECT_EQ(refusal(valid_with("\"step\":\"start\"", "\"step\":3")),
            ": at /steps/0/step: expected a string");
  EXPECT_EQ(
      refusal(valid_with("\"processes\": 3", "\"processes\": 0")),
      ": at /bounds: impossible bounds: processes=0 leaves nobody to do anything; the least is 1");
  EXPECT_EQ(refusal(valid_with("\"starts\": 4", "\"starts\": -4")),
            ": at /bounds/starts: expected a number that is not negative");
}

TEST_F(TraceFile, WithoutABoundHasItsDefault) {
  std::filesystem::create_directories(file_.parent_path());
  std::ofstream(file_) << valid_with("\"starts\": 4,", "");
  EXPECT_EQ(read_trace(file_).bounds.starts, Bounds{}.starts);
  EXPECT_EQ(refusal(valid_with("\"starts\": 4,", "\"own\": 300,")),
            ": at /bounds: impossible bounds: own=300 is more than 255");
}

TEST_F(TraceFile, OfOldIsReadByTheNamesOfNow) {
  std::filesystem::create_directories(file_.parent_path());
  std::string old = valid_with("\"in_flight\": 1", "\"zombies\": 3");
  const auto replace = [&](const std::string& what, const std::string& instead) {
    ASSERT_NE(old.find(what), std::string::npos) << old;
    old.replace(old.find(what), what.size(), instead);
  };
  replace("\"lost\": 1", "\"ambiguous\": 2");
  replace("\"actor\":\"migrate-1\"", "\"actor\":\"zombie of migrate-1 (2)\"");
  std::ofstream(file_) << old;
  const Trace read = read_trace(file_);
  EXPECT_EQ(read.bounds.in_flight, 3u);
  EXPECT_EQ(read.bounds.lost, 2u);
  EXPECT_EQ(read.schedule.choices[0].actor, in_flight_name("migrate-1", 2));
  EXPECT_EQ(refusal(valid_with("\"in_flight\": 1", "\"in_flight\": 1, \"zombies\": 1")),
            ": at /bounds/zombies: 'in_flight' is given twice, once by its former name");
}

TEST(Trace, ThatIsMissingOrAFolderIsRefused) {
  EXPECT_THROW(read_trace("/nonexistent/trace.json"), TraceError);
  EXPECT_THROW(read_trace("/tmp"), TraceError);
}

}  // namespace
}  // namespace cutover::crashsim
