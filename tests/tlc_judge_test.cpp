// What TLC's word is taken for: by the command, with a fake TLC that prints what a real one has
// printed, or part of it, and ends as it is told to. Only the whole of a success is one.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/command.h"
#include "tests/fake_java.h"
#include "tests/run.h"
#include "tla/tlc.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;

std::string message(int code, int kind, const std::string& text) {
  return fmt::format("@!@!@STARTMSG {0}:{1} @!@!@\n{2}\n@!@!@ENDMSG {0} @!@!@\n", code, kind, text);
}

// As TLC 2.15 prints them with -tool.
const std::string kBegin = "Parsing file /MCSingleTombstone.tla\n" +
                           message(2185, 0, "Starting... (2026-01-02 03:04:05)") +
                           message(2190, 0, "Finished computing initial states: 2 distinct states");
const std::string kSuccess =
    message(2193, 0, "Model checking completed. No error has been found.\n  Estimates of the");
std::string statistics(unsigned left) {
  return message(2199, 0,
                 fmt::format("4,096 states generated, 1,772 distinct states found, {} states left "
                             "on queue.",
                             left));
}
const std::string kFinished =
    message(2194, 0, "The depth of the complete state graph search is 9.") +
    message(2186, 0, "Finished in 601ms at (2026-01-02 03:04:05)");
std::string violated(const std::string& name) {
  return message(2110, 1, "Invariant " + name + " is violated.") +
         message(2121, 1, "The behavior up to this point is:");
}
const std::string kTrace = message(2217, 4, "1: <Initial predicate>\n/\\ x = 0\n") +
                           message(2217, 4,
                                   "2: <Step line 1, col 1 to line 2, col 2 of module M>\n"
                                   "/\\ x = 1\n");
const std::string kTemporal = message(2116, 1, "Temporal properties were violated.") +
                              message(2264, 1, "The following behavior constitutes one:");
const std::string kEvaluation =
    message(1000, 1,
            "TLC threw an unexpected exception.\nThis was probably caused by an error in "
            "the spec or model.\nAttempted to apply the operator overridden by + to TRUE.");

const std::string kWitness = "<<\"witness\", \"Moves\">>\n";
const std::string kHolds = kBegin + kWitness + kSuccess + statistics(0) + kFinished;
const std::string kViolates = kBegin + violated("NoLostWrite") + kTrace + statistics(7) + kFinished;

/// The command beside specifications of its own, and a fake TLC.
class TlcJudge : public testing::Test {
 protected:
  TlcJudge() {
    fs::create_directories(folder_ / "bin");
    fs::copy(CUTOVER_COMMAND, command());
  }
  fs::path command() { return folder_ / "bin" / fs::path(CUTOVER_COMMAND).filename(); }

  void add_configuration(const std::string& name, const std::string& header,
                         const std::string& rest) {
    const fs::path file = folder_ / "share/cutover/tla" / (name + ".cfg");
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "\\* module: M\n" << header << rest;
  }
  /// A case that holds, and one that is to violate NoLostWrite.
  void add_sound() {
    add_configuration("catalog/single-tombstone/small",
                      "\\* case: catalog/single-tombstone\n\\* expect: holds\n\\* size: small\n"
                      "\\* witnesses: Moves\n",
                      "SPECIFICATION Spec\nINVARIANTS\n  TypeOK\n  NoLostWrite\n");
  }
  void add_mutant(const std::string& checks = "INVARIANTS\n  TypeOK\n  NoLostWrite\n") {
    add_configuration("catalog/mutants/flip-before-copy",
                      "\\* case: catalog/single-tombstone+flip-before-copy\n"
                      "\\* expect: violates NoLostWrite\n\\* size: mutant\n",
                      "SPECIFICATION Spec\n" + checks);
  }

  Ended check(const std::string& names) {
    const std::string line =
        fmt::format("cd '{}' && exec bin/{} check --engine tla --report r.json --junit j.xml {}",
                    folder_.path().string(), command().filename().string(), names);
    return run_program("/bin/sh", {"-c", line});
  }
  /// TLC says this and ends so, in words of a shell. Returns the verdict as the report has it.
  nlohmann::json verdict(const std::string& said, const std::string& end, const std::string& of) {
    const FakeJava java(folder_.path(), "cat <<'END'\n" + said + "END\n" + end);
    ran_ = check(of);
    std::ifstream in(folder_ / "r.json");
    return nlohmann::json::parse(in)["cases"][0];
  }
  void expect_unknown(const std::string& what, const std::string& said, const std::string& end,
                      const std::string& of, const std::string& reason) {
    const auto found = verdict(said, end, of);
    EXPECT_EQ(found["verdict"], "unknown") << what << "\n" << ran_.output;
    EXPECT_EQ(found["complete"], false) << what;
    EXPECT_EQ(ran_.status, 3) << what << "\n" << ran_.output;
    EXPECT_NE(found["reason"].dump().find(reason), std::string::npos) << what << found["reason"];
    EXPECT_NE(ran_.output.find(reason), std::string::npos) << what << "\n" << ran_.output;
    EXPECT_EQ(ran_.output.find("holds, complete"), std::string::npos) << what;
  }

  TemporaryFolder folder_;
  Ended ran_;
};

const std::string kSound = "catalog/single-tombstone";
const std::string kMutant = "catalog/single-tombstone+flip-before-copy";

TEST_F(TlcJudge, TakesASuccessForOne) {
  add_sound();
  const auto found = verdict(kHolds, "exit 0", kSound);
  EXPECT_EQ(ran_.status, 0) << ran_.output << ran_.errors;
  EXPECT_EQ(found["verdict"], "holds");
  EXPECT_EQ(found["complete"], true);
  EXPECT_EQ(found["states"], 1772);
  EXPECT_EQ(found["reason"], nullptr);
}

TEST_F(TlcJudge, TakesNothingElseForASuccess) {
  add_sound();
  const auto unknown = [&](const std::string& what, const std::string& said, const std::string& end,
                           const std::string& reason) {
    expect_unknown(what, said, end, kSound, reason);
  };
  unknown("an evaluation that failed", kBegin + kEvaluation + statistics(3) + kFinished, "exit 75",
          "status 75: its exit status is that of an error");
  unknown("and yet it says that it succeeded", kHolds, "exit 75", "that of an error");
  unknown("errors after some states", kBegin + statistics(9) + kEvaluation, "exit 75",
          "it did not say that it had finished");
  unknown("a status that nobody knows", kHolds, "exit 42", "status 42");
  unknown("an assumption", kHolds, "exit 10", "status 10");
  unknown("a deadlock", kHolds, "exit 11", "status 11");
  unknown("a parser's error", kBegin, "exit 150", "status 150");
  unknown("killed", kHolds, "kill -9 $$", "status 137");
  unknown("terminated", kBegin, "kill -15 $$", "status 143");
  unknown("an error, and status 0", kBegin + kEvaluation + kSuccess + statistics(0) + kFinished,
          "exit 0", "it reported an error");
  unknown("a violation, and status 0",
          kBegin + violated("NoLostWrite") + kTrace + statistics(0) + kFinished, "exit 0",
          "it reported an error");
  unknown("no success", kBegin + statistics(0) + kFinished, "exit 0",
          "it did not say that no error was found");
  unknown("no end", kBegin + kSuccess + statistics(0), "exit 0", "had finished");
  unknown("states left", kBegin + kSuccess + statistics(5) + kFinished, "exit 0",
          "it left 5 states unexplored");
  unknown("no states", kBegin + kSuccess + kFinished, "exit 0", "it looked at no state");
  const std::string held = kSuccess + statistics(0) + kFinished;
  unknown("no witness", kBegin + held, "exit 0", "never reached: Moves");
  unknown("another witness", kBegin + "<<\"witness\", \"MovesBack\">>\n" + held, "exit 0",
          "never reached: Moves");
  unknown("its name alone", kBegin + "Moves\n" + held, "exit 0", "never reached: Moves");
  unknown("nothing", "", "exit 0", "had finished");
  unknown("text", "hello\n", "exit 0", "had finished");
  unknown("numbers that are none",
          kBegin + kSuccess +
              message(2199, 0,
                      "99999999999999999999999 states generated, 99999999999999999999999 "
                      "distinct states found, 0 states left on queue.") +
              kFinished,
          "exit 0", "is no number of states");
  // A violation is none either, but for status and name together.
  unknown("no name", kBegin + kTrace + statistics(7) + kFinished, "exit 12",
          "it did not say what is violated");
  unknown("a name that is not checked", kBegin + violated("Other") + kTrace + kFinished, "exit 12",
          "Other is none of what the configuration checks");
  unknown("a temporal property, and there is none", kBegin + kTemporal + kTrace + kFinished,
          "exit 13", "it did not say what is violated");
  unknown("an invariant's name, and the status of a property",
          kBegin + violated("NoLostWrite") + kTrace + kFinished, "exit 13",
          "its exit status does not fit");
  unknown("no behaviour", kBegin + violated("NoLostWrite") + kFinished, "exit 12",
          "it showed no behaviour");
}

/// Nor is what did not end: one of them did, and the other is not passed over.
TEST_F(TlcJudge, TakesARunThatDidNotEndForNone) {
  add_sound();
  add_configuration("catalog/single-tombstone/liveness",
                    "\\* case: catalog/single-tombstone\n\\* expect: holds\n\\* size: liveness\n",
                    "SPECIFICATION FairSpec\nPROPERTIES\n  LastMoveCompletes\n");
  const auto started = std::chrono::steady_clock::now();
  expect_unknown("out of time", kHolds,
                 "case $configuration in liveness) exec sleep 60;; esac; exit 0",
                 kSound + " --budget 5", "TLC did not end in time");
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(30));
}

TEST_F(TlcJudge, IsNotTakenInByAnOutputThatIsCutAnywhere) {
  add_sound();
  std::size_t tried = 0;
  for (std::size_t at = 0; at + 30 < kHolds.size(); at += 97, ++tried) {
    expect_unknown(fmt::format("cut at {}", at), kHolds.substr(0, at) + "\n", "exit 0", kSound, "");
  }
  EXPECT_GT(tried, 5u);
  expect_unknown("cut in the last message", kHolds + "@!@!@STARTMSG 2200:0 @!@!@\nProgress(1) at\n",
                 "exit 0", kSound, "its output ends within a message");
}

TEST_F(TlcJudge, AMutantIsFoundByNameStatusAndBehaviourTogether) {
  add_mutant();
  auto found = verdict(kViolates, "exit 12", kMutant);
  // The behaviour above is none of the model's, and that is noticed, too.
  EXPECT_EQ(found["verdict"], "unknown");
  EXPECT_NE(found["reason"].dump().find("flip-before-copy"), std::string::npos) << found;
  EXPECT_EQ(found["reason"].dump().find("TLC failed"), std::string::npos) << found;
  expect_unknown("success in part", kBegin + violated("NoLostWrite") + kTrace, "exit 12", kMutant,
                 "had finished");
  expect_unknown("status 0", kViolates, "exit 0", kMutant, "it reported an error");
  expect_unknown("status 1", kViolates, "exit 1", kMutant, "status 1");
  expect_unknown("killed", kViolates, "kill -9 $$", kMutant, "status 137");
  found = verdict(kHolds, "exit 0", kMutant);
  EXPECT_EQ(found["verdict"], "holds") << "it survives";
  EXPECT_EQ(ran_.status, 1);
}

TEST_F(TlcJudge, APropertyIsNotWhatWasAskedForAsAnInvariant) {
  add_mutant("PROPERTIES\n  NoLostWrite\n");
  expect_unknown("an invariant's message", kViolates, "exit 12", kMutant,
                 "is none of what the configuration checks");
  expect_unknown("a property's status", kViolates, "exit 13", kMutant, "does not fit");
}

TEST_F(TlcJudge, AViolationOfTheFirstStateHasItsBehaviour) {
  add_sound();
  const std::string first =
      message(2107, 1, "Invariant TypeOK is violated by the initial state:\n/\\ x = 0\n");
  const FakeJava java(folder_.path(), "cat <<'END'\n" + kBegin + first + statistics(0) + kFinished +
                                          "END\nexit 12");
  const auto configurations = tla::read_configurations(folder_ / "share/cutover/tla");
  tla::RunOptions run;
  run.tools.jar = folder_ / "fake.jar";
  fs::create_directories(folder_ / "share/cutover/tla/catalog");
  const tla::Result result = tla::run_tlc(configurations.at(0), run);
  EXPECT_EQ(result.ended, tla::Result::Ended::violated) << to_string(result);
  EXPECT_EQ(result.violated, "TypeOK");
  ASSERT_EQ(result.trace.size(), 1u);
  EXPECT_EQ(result.trace[0].state, "/\\ x = 0\n\n");
}

// ---- what is wrong around TLC costs the cases of this engine, and nothing else

class Environment : public TlcJudge {
 protected:
  /// A case on two engines: crashsim says what it always says, tla is unknown for this reason.
  void expect_rest_reported(const Ended& ran, const std::string& reason) {
    EXPECT_EQ(ran.status, 3) << ran.output << ran.errors;
    EXPECT_NE(ran.output.find("NoLostWrite"), std::string::npos) << ran.output;
    EXPECT_NE(ran.output.find(reason), std::string::npos) << reason << "\n" << ran.output;
    EXPECT_NE(ran.output.find("1 of 2 verdicts as expected, 1 UNKNOWN"), std::string::npos)
        << ran.output;
    std::ifstream json(folder_ / "r.json"), xml(folder_ / "j.xml");
    const auto report = nlohmann::json::parse(json);
    ASSERT_EQ(report["cases"].size(), 2u);
    EXPECT_EQ(report["ok"], false);
    EXPECT_EQ(report["cases"][0]["verdict"], "violates");
    EXPECT_EQ(report["cases"][1]["verdict"], "unknown");
    EXPECT_NE(report["cases"][1]["reason"].dump().find(reason), std::string::npos) << report;
    const std::string junit{std::istreambuf_iterator<char>(xml), {}};
    EXPECT_NE(junit.find("errors=\"1\""), std::string::npos) << junit;
    EXPECT_NE(junit.find(reason), std::string::npos) << junit;
    fs::remove(folder_ / "r.json");
    fs::remove(folder_ / "j.xml");
  }
  Ended check_both(const std::string& environment = "") {
    const std::string line = fmt::format(
        "cd '{}' && {} exec bin/{} check --engine crashsim,tla --report r.json --junit j.xml {} "
        "--bounds starts=2,crashes=0,in_flight=0,lost=0",
        folder_.path().string(), environment, command().filename().string(), kMutant);
    return run_program("/bin/sh", {"-c", line});
  }
};

TEST_F(Environment, AWrongFolderForTemporaryFiles) {
  add_mutant();
  const FakeJava java(folder_.path(), "exit 0");
  expect_rest_reported(check_both("TMPDIR=/no/such/folder"),
                       "no temporary folder can be made there");
}

TEST_F(Environment, AJavaThatDoesNotRun) {
  add_mutant();
  {
    const FakeJava java(folder_.path(), "echo no memory for the heap >&2; exit 1");
    expect_rest_reported(check_both(), "no memory for the heap");
  }
  const FakeJava java(folder_.path(), "");
  std::ofstream(folder_ / "fake-bin" / "java") << "\x01 no program\n";
  expect_rest_reported(check_both(), "cannot start java");
}

TEST_F(Environment, AJarThatIsMissing) {
  add_mutant();
  const FakeJava java(folder_.path(), "exit 0");
  fs::remove(folder_ / "fake.jar");
  expect_rest_reported(check_both(), "fake.jar is not there: run tla/fetch");
}

TEST_F(Environment, AConfigurationThatCannotBeRead) {
  add_mutant();
  add_mutant("INVARIANT TypeOK\n");
  const FakeJava java(folder_.path(), "exit 0");
  expect_rest_reported(check_both(), "flip-before-copy.cfg:6: expected SPECIFICATION NAME once");
}

}  // namespace
}  // namespace cutover
