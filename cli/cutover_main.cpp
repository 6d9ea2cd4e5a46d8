#include "cli/cutover_main.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "cli/check.h"
#include "cli/engines.h"
#include "cli/errors.h"
#include "cli/replay.h"
#include "cli/text.h"
#include "crashsim/trace.h"

namespace cutover {
namespace {

using namespace cutover::cli;

constexpr const char* kFooter =
    R"(Exit status: 0 as expected, 1 a verdict differs, 2 bad input or usage, 3 unknown (truncated).

Examples:
  cutover check                                  every case, at the default bounds
  cutover check catalog/first-draft              one case, with its counterexample
  cutover check catalog --bounds starts=5,crashes=3 --budget 600
  cutover replay cutover-traces/catalog.first-draft.json)";

std::string bounds_help() {
  std::string text = "how much may happen, as NAME=NUMBER,...; the defaults:";
  const crashsim::Bounds defaults;
  for (const auto& bound : crashsim::named_bounds()) {
    text += fmt::format("\n{}={}: {}", bound.name, defaults.*bound.member, bound.about);
  }
  return text;
}

std::string engines_help() {
  std::string text = "which engines, separated by commas:";
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

void add_check(CLI::App& app, CheckOptions& options) {
  CLI::App* check = app.add_subcommand("check", "Check that each case does what is expected of it");
  check->add_option("names", options.names, "families or cases; all if none is named");
  check->add_option("--engine", options.engines, engines_help())->delimiter(',');
  check->add_option("--bounds", options.bounds, bounds_help());
  check
      ->add_option("--budget", options.budget,
                   "seconds for the whole check; what is not done by then ends unknown (status 3)")
      ->check(CLI::NonNegativeNumber);
  check->add_option("--report", options.report, "write the verdicts as JSON to this file");
  check->add_option("--junit", options.junit, "write the verdicts as JUnit XML to this file");
  check->add_option("--traces", options.traces, "folder for the counterexamples")
      ->capture_default_str();
  check->add_option("--threads", options.threads, "0: as many as there are cores")
      ->capture_default_str();
}

void add_replay(CLI::App& app, ReplayOptions& options) {
  CLI::App* replay = app.add_subcommand("replay", "Step through a trace on the real coroutines");
  replay->add_option("trace", options.file, "a trace file, as check writes them")->required();
  replay->add_option("--until", options.until, "stop after this many steps");
}

void refuse_unknown_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (name.empty() || name[0] == '-' || std::ranges::find(names, name) != names.end()) return;
  const auto near = nearest(name, names);
  throw UsageError(fmt::format(
      "there is no command '{}'; {} {}", name, near.empty() ? "there are" : "did you mean",
      near.empty() ? fmt::format("{}", fmt::join(names, ", ")) : near[0] + "?"));
}

int run(int argc, char** argv, const Registry& cases) {
  CLI::App app("Cutover proves a migration between two durable stores safe.", "cutover");
  app.footer(kFooter);
  app.require_subcommand(1);
  CheckOptions check;
  ReplayOptions replay;
  app.add_subcommand("list", "List the cases and what is expected of each");
  add_check(app, check);
  add_replay(app, replay);
  refuse_unknown_command(app, argc > 1 ? argv[1] : "");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kAsExpected : kBadInput;
  }
  check.executable = "/proc/self/exe";
  if (app.got_subcommand("list")) return run_list(cases, std::cout);
  if (app.got_subcommand("check")) return run_check(cases, check, std::cout);
  return run_replay(cases, replay, std::cout);
}

}  // namespace

int cutover_main(int argc, char** argv, const Registry& cases) {
  try {
    return run(argc, argv, cases);
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "cutover: " << error.what() << "\n";
    return cli::kBadInput;
  }
}

}  // namespace cutover
