// Scenario files: a story in commands, and what it must look like.
//
//   # The hazard, and what correct behaviour is.
//   case catalog/single-tombstone
//   from leftovers
//   migrate-1: run until set stash tombstone true      (all steps before that one)
//   migrate-1: set stash tombstone true -> crash before
//   migrate-1: run                                     (until it waits for a client, or ends)
//   ----
//   the table of the trace, and the property that is violated
//
// A process starts when it is first named. With CUTOVER_REWRITE=1 in the environment what follows
// the dashes is written anew: read the difference before you commit it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/check.h"
#include "cli/replay.h"
#include "crashsim/live/live_world.h"
#include "properties/catalog/cases.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;
using crashsim::Choice;
using crashsim::LiveWorld;

const crashsim::Bounds kBounds{.processes = 4,
                               .starts = 9,
                               .crashes = 5,
                               .in_flight = 5,
                               .lost = 5,
                               .own = {{"writes", 6}, {"reads", 3}}};
constexpr const char* kDashes = "----\n";

/// Carries out the commands of one file.
class Story {
 public:
  explicit Story(const crashsim::World& world, const std::string& beginning)
      : world_(world), live_(world, beginning) {
    schedule_.beginning = beginning;
  }

  void tell(const std::string& actor, const std::string& what) {
    const bool is_new = !crashsim::sender_of(actor) && !is_store(actor) && !has_started(actor);
    if (is_new) take({actor, crashsim::kStart, "ok"});
    if (what == "run") return run(actor, "");
    if (what.starts_with("run until ")) return run(actor, what.substr(10));
    const auto arrow = what.find(" -> ");
    if (arrow == std::string::npos) return take({actor, what, "ok"});
    take({actor, what.substr(0, arrow), what.substr(arrow + 4)});
  }

  const crashsim::Schedule& schedule() const { return schedule_; }

 private:
  bool is_store(const std::string& name) const {
    return std::ranges::any_of(world_.stores,
                               [&](const auto& store) { return store.name == name; });
  }
  bool has_started(const std::string& actor) const {
    return std::ranges::any_of(schedule_.choices,
                               [&](const Choice& c) { return c.actor == actor; });
  }
  void take(const Choice& choice) {
    if (const auto wrong = live_.take(choice)) throw std::runtime_error(*wrong);
    schedule_.choices.push_back(choice);
  }
  void run(const std::string& actor, const std::string& until) {
    while (const auto next = pending(actor)) {
      if (next->step == until) return;
      take(*next);
    }
    if (!until.empty())
      throw std::runtime_error(fmt::format("{} never came to '{}'", actor, until));
  }
  std::optional<Choice> pending(const std::string& actor) const {
    for (const Choice& choice : live_.choices()) {
      if (choice.actor != actor || choice.outcome != "ok") continue;
      if (choice.step == crashsim::kStop || choice.step.starts_with("client: "))
        return std::nullopt;
      return choice;
    }
    return std::nullopt;
  }

  const crashsim::World& world_;
  LiveWorld live_;
  crashsim::Schedule schedule_;
};

struct Outcome {
  std::string text;
  std::string expected;  ///< of the case, by the registry: "NoLostWrite is violated"
};

Outcome outcome_of(const std::string& commands, const fs::path& file) {
  Outcome outcome;
  const auto cases = registry_of({catalog::family()});
  std::istringstream lines(commands);
  std::optional<crashsim::World> world;
  std::optional<Story> story;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    try {
      if (line.empty() || line[0] == '#') continue;
      if (line.starts_with("case ")) {
        const Case& of = cli::find_case(cases, line.substr(5));
        world = of.world(kBounds);
        outcome.expected = (of.violates.empty() ? "No property" : of.violates) + " is violated";
      } else if (line.starts_with("from ") && world) {
        story.emplace(*world, line.substr(5));
      } else if (const auto colon = line.find(": "); colon != std::string::npos && story) {
        story->tell(line.substr(0, colon), line.substr(colon + 2));
      } else {
        throw std::runtime_error("expected 'case NAME', 'from BEGINNING', then 'ACTOR: STEP'");
      }
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), number, error.what()));
    }
  }
  std::ostringstream out;
  const auto violation = cli::print_steps(*world, story->schedule(), {}, out);
  out << "\n" << cli::sentence(violation) << "\n";
  outcome.text = out.str();
  return outcome;
}

std::vector<fs::path> scenarios() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(CUTOVER_SOURCE "/tests/scenarios")) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

class Scenario : public testing::TestWithParam<fs::path> {};
INSTANTIATE_TEST_SUITE_P(Files, Scenario, testing::ValuesIn(scenarios()), [](const auto& info) {
  std::string name = info.param.stem();
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(c); }, '_');
  return name;
});

TEST_P(Scenario, GoesAsItIsTold) {
  std::ifstream in(GetParam());
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  ASSERT_TRUE(text.starts_with("# ")) << "open with the hazard, and what correct behaviour is";
  const auto dashes = text.find(kDashes);
  const std::string commands = text.substr(0, dashes);
  const auto [outcome, expected] = outcome_of(commands, GetParam());
  EXPECT_NE(outcome.find(expected), std::string::npos)
      << "a mutant is there to violate its property, and nothing else does";
  if (std::getenv("CUTOVER_REWRITE") != nullptr) {
    std::ofstream(GetParam()) << commands << kDashes << outcome;
    return;
  }
  ASSERT_NE(dashes, std::string::npos) << "no expected outcome; write it with CUTOVER_REWRITE=1";
  EXPECT_EQ(text.substr(dashes + std::string(kDashes).size()), outcome);
}

TEST(Scenarios, ThereAreSome) { EXPECT_GE(scenarios().size(), 16u); }

}  // namespace
}  // namespace cutover
