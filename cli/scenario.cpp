#include "cli/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/check.h"
#include "cli/command_name.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "cli/replay.h"
#include "crashsim/live/live_world.h"
#include "crashsim/live/rerun.h"
#include "engines/bounds.h"
#include "system/whole_file.h"

namespace cutover::cli {
namespace {

namespace fs = std::filesystem;
using crashsim::Choice;
using crashsim::LiveWorld;

constexpr std::string_view kDashes = "----\n";

/// Of the family's own, what a small random world may have.
crashsim::Bounds default_bounds(const Case& of) {
  crashsim::Bounds bounds{
      .processes = 4, .starts = 9, .crashes = 5, .in_flight = 5, .lost = 5, .own = {}};
  for (const crashsim::BoundSpec& own : of.bounds.own) own.set(bounds, own.few);
  return bounds;
}

/// Carries out the steps of one file.
class Steps {
 public:
  Steps(const crashsim::World& world, const std::string& beginning)
      : world_(world), live_(world, beginning) {
    schedule_.beginning = beginning;
  }

  void tell(const std::string& actor, const std::string& what) {
    const bool is_new = !crashsim::sender_of(actor) && !is_store(actor) && !has_started(actor);
    if (is_new) take({actor, crashsim::kStart, "ok"});
    constexpr std::string_view kRunUntil = "run until ";
    if (what == "run") return run(actor, "");
    if (what.starts_with(kRunUntil)) return run(actor, what.substr(kRunUntil.size()));
    const auto arrow = what.find(" -> ");
    if (arrow == std::string::npos) return take({actor, what, "ok"});
    take({actor, what.substr(0, arrow), what.substr(arrow + 4)});
  }

  const crashsim::Schedule& schedule() const { return schedule_; }

 private:
  bool is_store(const std::string& name) const {
    return std::ranges::find(world_.stores, name, &crashsim::StoreSpec::name) !=
           world_.stores.end();
  }
  bool has_started(const std::string& actor) const {
    return std::ranges::find(schedule_.choices, actor, &Choice::actor) != schedule_.choices.end();
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
    if (until.empty()) return;
    throw std::runtime_error(fmt::format("{} never came to '{}'", actor, until));
  }
  /// Its own next step, if it has one that is enabled.
  std::optional<Choice> pending(const std::string& actor) const {
    if (live_.pending(actor) == nullptr) return std::nullopt;
    for (const Choice& choice : live_.choices()) {
      if (choice.actor == actor && choice.outcome == to_string(crashsim::Outcome::ok)) {
        return choice;
      }
    }
    return std::nullopt;
  }

  const crashsim::World& world_;
  LiveWorld live_;
  crashsim::Schedule schedule_;
};

/// The commands of a file, line by line.
class Story {
 public:
  explicit Story(const Registry& cases) : cases_(cases) {}

  void tell(const std::string& line) {
    const auto follows = [&](std::string_view word) {
      return line.starts_with(word) ? std::optional(line.substr(word.size())) : std::nullopt;
    };
    const auto colon = line.find(": ");
    if (line.empty() || line[0] == '#') return;
    if (const auto name = follows("case ")) {
      if (of_ != nullptr) throw std::runtime_error("there is a case already");
      of_ = &find_case(cases_, *name);
      bounds_ = default_bounds(*of_);
    } else if (const auto bounds = follows("bounds "); bounds && of_ != nullptr && !steps_) {
      bounds_ = parse_bounds(*bounds, of_->bounds.all(), bounds_);
    } else if (const auto beginning = follows("from "); beginning && of_ != nullptr && !steps_) {
      world_ = of_->world(bounds_);
      steps_.emplace(*world_, *beginning);
    } else if (colon != std::string::npos && steps_) {
      steps_->tell(line.substr(0, colon), line.substr(colon + 2));
    } else {
      throw std::runtime_error(
          "expected 'case NAME', perhaps 'bounds NAME=NUMBER,...', 'from BEGINNING', and then "
          "'ACTOR: STEP'");
    }
  }

  void end(Scenario& scenario) {
    if (!steps_) throw std::runtime_error("expected 'case NAME' and 'from BEGINNING'");
    std::ostringstream out;
    const auto violation = print_steps(*world_, steps_->schedule(), {}, out);
    out << "\n" << sentence(violation) << "\n";
    scenario.violated = violation ? violation->property : "";
    scenario.violates = of_->violates;
    if (violation && scenario.violated != of_->violates &&
        crashsim::violates_alone(*world_, steps_->schedule(), of_->violates)) {
      scenario.violated = of_->violates;
      out << scenario.violated << " is violated.\n";
    }
    scenario.told = out.str();
  }

 private:
  const Registry& cases_;
  const Case* of_ = nullptr;
  crashsim::Bounds bounds_;
  std::optional<crashsim::World> world_;
  std::optional<Steps> steps_;
};

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || fs::is_directory(file)) {
    throw UsageError(file.string() + ": cannot be read; give a scenario file");
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

/// "line 23: 'expected', and now it is 'found'": the first that differs.
std::string difference(const Scenario& scenario) {
  std::istringstream before(scenario.expected), now(scenario.told);
  auto line = std::ranges::count(scenario.commands, '\n') + 2;
  for (std::string expected, found; true; ++line) {
    const bool has_expected = static_cast<bool>(std::getline(before, expected));
    const bool has_found = static_cast<bool>(std::getline(now, found));
    if (has_expected && has_found && expected == found) continue;
    return fmt::format("line {}:\n  in the file  {}\n  and now      {}", line,
                       has_expected ? expected : "(ends)", has_found ? found : "(ends)");
  }
}

/// What is wrong with it, or nothing.
std::string complaint(const Scenario& scenario) {
  if (scenario.violated != scenario.violates) {
    const auto in_words = [](const std::string& property) {
      return property.empty() ? std::string("nothing") : property;
    };
    return fmt::format("it violates {}, and its case is expected to violate {}",
                       in_words(scenario.violated), in_words(scenario.violates));
  }
  if (!scenario.has_expected) {
    return fmt::format(
        "it has no line ---- with what is expected below; {} scenario --rewrite "
        "writes that",
        command_name());
  }
  return scenario.expected == scenario.told ? "" : difference(scenario);
}

}  // namespace

Scenario tell_scenario(const Registry& cases, const fs::path& file) {
  const std::string text = text_of(file);
  Scenario scenario;
  const auto dashes = text.starts_with(kDashes) ? 0 : text.find("\n" + std::string(kDashes)) + 1;
  scenario.has_expected = text.starts_with(kDashes) || dashes != 0;
  scenario.commands = scenario.has_expected ? text.substr(0, dashes) : text;
  if (scenario.has_expected) scenario.expected = text.substr(dashes + kDashes.size());
  if (!scenario.commands.empty() && scenario.commands.back() != '\n') scenario.commands += '\n';
  std::istringstream lines(scenario.commands);
  Story story(cases);
  int number = 0;
  try {
    for (std::string line; std::getline(lines, line);) {
      ++number;
      story.tell(line);
    }
    story.end(scenario);
  } catch (const std::exception& error) {
    throw UsageError(fmt::format("{}:{}: {}", file.string(), number, error.what()));
  }
  return scenario;
}

int run_scenarios(const Registry& cases, const ScenarioOptions& options, std::ostream& out) {
  int status = kAsExpected;
  for (const std::string& file : options.files) {
    const Scenario scenario = tell_scenario(cases, file);
    if (options.rewrite && scenario.violated == scenario.violates) {
      const bool is_same = scenario.has_expected && scenario.expected == scenario.told;
      const std::string whole = scenario.commands + std::string(kDashes) + scenario.told;
      if (!is_same) system::write_file(file, whole);
      out << fmt::format("{}: {}\n", file, is_same ? "as it was" : "written anew");
    } else if (const std::string wrong = complaint(scenario); !wrong.empty()) {
      out << fmt::format("{}: DIFFERS: {}\n", file, wrong);
      status = kDiffers;
    } else {
      out << fmt::format("{}: as expected\n", file);
    }
    stop_if_lost(out);
  }
  return status;
}

}  // namespace cutover::cli
