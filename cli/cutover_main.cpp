#include "cli/cutover_main.h"

#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <limits>
#include <map>
#include <ranges>
#include <set>

#include "cli/check.h"
#include "cli/command_name.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "cli/replay.h"
#include "cli/scenario.h"
#include "cli/validators.h"
#include "engines/bounds.h"
#include "engines/engines.h"
#include "engines/limits.h"
#include "system/printable.h"
#include "system/text.h"

namespace cutover {
namespace {

using namespace cutover::cli;

/// Exit statuses, and examples with cases that there are.
std::string footer(const Registry& cases) {
  std::string text =
      "Exit status: 0 as expected, 1 a verdict differs, 2 bad input or usage, 3 unknown "
      "(truncated).";
  if (cases.empty()) return text;
  const auto violating =
      std::ranges::find_if(cases, [](const Case& each) { return !each.violates.empty(); });
  const Case& shown = violating == cases.end() ? cases.front() : *violating;
  const auto line = [](const std::string& command, const std::string& about) {
    return fmt::format("  {} {:<37}  {}\n", command_name(), command, about);
  };
  text += "\n\nExamples:\n" + line("check", "every case, at the default bounds");
  text += line("check " + shown.name, "one case, with its counterexample");
  text += fmt::format("  {} check {} --bounds starts=5,crashes=3 --budget 600", command_name(),
                      shown.family);
  if (violating == cases.end()) return text;
  return text + fmt::format("\n  {} replay cutover-traces/{}", command_name(),
                            trace_file_name(shown.name));
}

/// The engine's, and then each family's.
std::string bounds_help(const Registry& cases) {
  std::string text = "how much may happen, as NAME=NUMBER,...; the defaults:";
  std::set<std::string> told;
  const auto tell = [&](const crashsim::BoundSpec& bound, const std::string& of) {
    const std::string line =
        fmt::format("\n{}={}: {}{}", bound.name, bound.standard, bound.about, of);
    if (told.insert(line).second) text += line;
  };
  for (const auto& bound : crashsim::engine_bounds()) tell(bound, "");
  const bool several = std::ranges::any_of(
      cases, [&](const Case& each) { return each.family != cases.front().family; });
  for (const Case& each : cases) {
    for (const auto& bound : each.bounds.own) {
      tell(bound, several ? fmt::format(" ({})", each.family) : "");
    }
  }
  return text;
}

std::string engines_help() {
  std::string text = fmt::format("which engines, separated by commas; the default: {}",
                                 fmt::join(default_engines(), ","));
  for (const Engine& engine : engines()) text += fmt::format("\n{}: {}", engine.name, engine.about);
  return text;
}

int run_list(const Registry& cases, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"case", "expected", "about"}};
  for (const Case& each : cases) {
    rows.push_back(
        {each.name, each.violates.empty() ? "holds" : "violates " + each.violates, each.about});
  }
  out << table(rows);
  return kAsExpected;
}

void add_check(CLI::App& app, CheckOptions& options, const Registry& cases) {
  CLI::App* check = app.add_subcommand("check", "Check that each case does what is expected of it");
  check->add_option("names", options.names, "families or cases; all if none is named");
  check->add_option("--engine", options.engines, engines_help())
      ->check(kNotEmpty)
      ->allow_extra_args(false);  // what follows are cases
  check->add_option("--bounds", options.bounds, bounds_help(cases))->check(kNotEmpty);
  check->add_flag("--symmetry", options.symmetry,
                  "let the model's processes be interchangeable: fewer states, both counts told");
  check
      ->add_option("--budget", options.budget,
                   "seconds for the whole check; what is not done by then ends unknown (status 3)")
      ->check(seconds_up_to(31'536'000));
  check->add_option("--report", options.report, "write the verdicts as JSON to this file")
      ->check(kNotEmpty);
  check->add_option("--junit", options.junit, "write the verdicts as JUnit XML to this file")
      ->check(kNotEmpty);
  check->add_option("--traces", options.traces, "folder for the counterexamples")
      ->check(kNotEmpty)
      ->capture_default_str();
  check
      ->add_option(
          "--shard", options.shard,
          "I/N: every N-th check only, beginning with the I-th; run 1/N to N/N on N machines, "
          "and nothing is left out")
      ->check(kNotEmpty);
  check->add_option("--seed", options.seed, "of the random engine")
      ->check(whole_number(std::numeric_limits<std::uint64_t>::max()))
      ->capture_default_str();
  add_threads(*check, options.threads);
}

void add_replay(CLI::App& app, ReplayOptions& options) {
  CLI::App* replay = app.add_subcommand("replay", "Step through a trace on the real coroutines");
  replay->add_option("trace", options.file, "a trace file, as check writes them")->required();
  replay->add_option("--until", options.steps.until, "stop after this many steps")
      ->check(whole_number(std::numeric_limits<unsigned>::max()));
  replay->add_flag("--follow", options.steps.follow,
                   "leave out the steps that can't be taken any more, and go on");
  replay->add_flag("--tla", options.tla,
                   "print the specification's states, as TLC prints a behaviour");
}

void add_scenario(CLI::App& app, ScenarioOptions& options) {
  CLI::App* scenario = app.add_subcommand(
      "scenario", "Carry out stories written as commands, and compare what comes of them");
  scenario
      ->add_option("files", options.files,
                   "each names a case and a beginning, then steps; below a line ---- is what they "
                   "must look like:\n"
                   "  # what may go wrong, and what is right\n"
                   "  case NAME\n"
                   "  from BEGINNING\n"
                   "  migrate-1: run until STEP\n"
                   "  migrate-1: STEP -> crash before\n"
                   "  ----")
      ->required();
  scenario->add_flag("--rewrite", options.rewrite,
                     "write anew what follows the dashes; read the difference");
}

void refuse_unknown_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (name.empty() || name[0] == '-' || std::ranges::find(names, name) != names.end()) return;
  const std::map<std::string, std::string> libraries = {
      {"graph", "pictures"}, {"show", "pictures"}, {"bench", "bench"}};
  if (const auto at = libraries.find(name); at != libraries.end()) {
    throw UsageError(fmt::format(
        "{} is built without '{}'; link cutover::{}, and give cutover_main its commands (\"{}\")",
        command_name(), name, at->second, fmt::format("cutover/cli/{}/commands.h", at->second)));
  }
  const auto near = nearest(name, names);
  throw UsageError(fmt::format(
      "there is no command '{}'; {} {}", name, near.empty() ? "there are" : "did you mean",
      near.empty() ? fmt::format("{}", fmt::join(names, ", ")) : near[0] + "?"));
}

/// How to get the help of the command that was named.
std::string help_of(const CLI::App& app) {
  const auto named = app.get_subcommands();
  return fmt::format("{}{} --help", app.get_name(),
                     named.empty() ? "" : " " + named.front()->get_name());
}

/// True if a family, and nobody else, has a command of that name.
bool is_of_a_family(const std::string& command, const std::vector<Family>& families,
                    const std::vector<MoreCommands>& more) {
  CLI::App named;
  const Registry none;
  const auto is_there = [&] {
    const auto all = named.get_subcommands({});
    return std::ranges::find(all, command, &CLI::App::get_name) != all.end();
  };
  for (const MoreCommands& add : more) add(named, none);
  if (is_there()) return false;
  for (const Family& family : families) {
    if (family.commands) family.commands(named);
  }
  return is_there();
}

int run(int argc, char** argv, const std::vector<Family>& families,
        const std::vector<MoreCommands>& more) {
  const bool needs_cases = argc < 2 || !is_of_a_family(argv[1], families, more);
  const Registry cases = needs_cases ? registry_of(families) : Registry();
  CLI::App app("Cutover proves a migration between two durable stores safe.", command_name());
  app.footer(footer(cases));
  app.require_subcommand(1);
  CheckOptions check;
  ReplayOptions replay;
  ScenarioOptions scenario;
  app.add_subcommand("list", "List the cases and what is expected of each");
  add_check(app, check, cases);
  add_replay(app, replay);
  add_scenario(app, scenario);
  std::vector<RunCommand> others;
  for (const MoreCommands& add : more) others.push_back(add(app, cases));
  for (const Family& family : families) {
    if (family.commands) others.push_back(family.commands(app));
  }
  refuse_unknown_command(app, argc > 1 ? argv[1] : "");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}; {} tells more", error.what(), help_of(app)));
  }
  check.executable = std::filesystem::read_symlink("/proc/self/exe");
  // The last first: a family adds options of its own to commands that were there before.
  for (const RunCommand& run_other : others | std::views::reverse) {
    if (const auto status = run_other()) return *status;
  }
  if (app.got_subcommand("list")) return run_list(cases, std::cout);
  if (app.got_subcommand("check")) return run_check(cases, check, std::cout);
  if (app.got_subcommand("scenario")) return run_scenarios(cases, scenario, std::cout);
  return run_replay(cases, replay, std::cout);
}

}  // namespace

int cutover_main(int argc, char** argv, const std::vector<Family>& families,
                 const std::vector<MoreCommands>& more) {
  if (argc > 0) name_command(argv[0]);
  StandardOutput output;
  ::signal(SIGCHLD, SIG_DFL);  // ignored, no child could be waited for
  try {
    return output.finish(run(argc, argv, families, more));
  } catch (const OutputLost&) {
    return output.finish(kBadInput);
  } catch (const std::bad_alloc&) {
    std::cerr << fmt::format("{}: {}: out of memory; run it again, with more\n", command_name(),
                             argc > 1 ? argv[1] : "");
    return output.finish(kTruncated);
  } catch (const std::exception& error) {
    std::cerr << command_name() << ": " << system::printable(error.what(), true) << "\n";
    return output.finish(kBadInput);
  }
}

}  // namespace cutover
