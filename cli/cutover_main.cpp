#include "cli/cutover_main.h"

#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <limits>

#include "cli/bench.h"
#include "cli/catalog/files.h"
#include "cli/check.h"
#include "cli/engines.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "cli/pictures/graph.h"
#include "cli/pictures/show.h"
#include "cli/replay.h"
#include "cli/text.h"
#include "crashsim/trace/trace.h"
#include "system/printable.h"

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
  std::string text = fmt::format("which engines, separated by commas; the default: {}",
                                 fmt::join(default_engines(), ","));
  for (const Engine& engine : engines()) text += fmt::format("\n{}: {}", engine.name, engine.about);
  return text;
}

const CLI::Validator kNotEmpty(
    [](std::string& text) {
      return std::string(text.empty() ? "expected a text, found none" : "");
    },
    "", "not empty");

CLI::Validator whole_number(std::uint64_t most) {
  return {[most](std::string& text) {
            std::uint64_t number = 0;
            const char* const end = text.data() + text.size();
            const auto [rest, error] = std::from_chars(text.data(), end, number);
            if (error == std::errc() && rest == end && number <= most) return std::string();
            return fmt::format("expected a whole number from 0 to {}, found '{}'", most, text);
          },
          ""};
}

/// Also no infinity and none of what is no number.
CLI::Validator seconds_up_to(double most) {
  return {[most](std::string& text) {
            double number = -1;
            const char* const end = text.data() + text.size();
            const auto [rest, error] = std::from_chars(text.data(), end, number);
            if (error == std::errc() && rest == end && number >= 0 && number <= most) {
              return std::string();
            }
            return fmt::format("expected seconds, from 0 to {:.0f}, found '{}'", most, text);
          },
          ""};
}

void add_threads(CLI::App& command, unsigned& threads) {
  command.add_option("--threads", threads, "0: as many as there are cores")
      ->check(whole_number(kMostThreads))
      ->capture_default_str();
}

void add_wait(CLI::App& command, double& seconds) {
  command
      .add_option("--wait", seconds, "seconds to wait for another process's lock on a store's file")
      ->check(seconds_up_to(86'400))
      ->capture_default_str();
}

void add_migrate(CLI::App& app, MigrateOptions& options) {
  CLI::App* migrate =
      app.add_subcommand("migrate", "Move the source of truth between two store files");
  migrate->add_option("--stash", options.stash, "the old store, sqlite:PATH")->required();
  migrate->add_option("--persist", options.persist, "the new store, sqlite:PATH")->required();
  migrate->add_option("--to", options.to, "persist (migrate) or stash (roll back)")->required();
  migrate
      ->add_option(
          "--protocol", options.protocol,
          "single-tombstone, single-tombstone-one-write or two-tombstones; always the same one "
          "for the same stores")
      ->capture_default_str();
  migrate->add_flag("--force", options.force,
                    "take the two for a pair although they are not known to be one");
  migrate
      ->add_option_function<std::string>(
          "--damaged",
          [&options](const std::string& what) { options.keep_damaged = what == "keep"; },
          "what to do with a value whose checksum is wrong: refuse to go on, or keep it as it is")
      ->check(CLI::IsMember({"refuse", "keep"}))
      ->default_str("refuse");
  add_wait(*migrate, options.wait);
  migrate
      ->add_option_function<std::vector<int>>("--pause-fds",
                                              [&options](const std::vector<int>& fds) {
                                                options.pause_read_fd = fds[0];
                                                options.pause_write_fd = fds[1];
                                              })
      ->delimiter(',')
      ->expected(2)
      ->group("");  // hidden: for check --engine process
}

void add_load(CLI::App& app, LoadOptions& options) {
  CLI::App* load = app.add_subcommand("load", "Fill a store from JSON lines {\"key\", \"value\"}");
  load->add_option("--store", options.store, "sqlite:PATH")->required();
  load->add_option("file", options.file, "the lines; - for standard input")->required();
  load->add_flag("--replace", options.replace, "replace what the store holds");
  load->add_option("--other", options.other,
                   "the other store of its pair, which says which of the two is the source of "
                   "truth; sqlite:PATH");
  load->add_flag("--force", options.force,
                 "also a store that is not the source of truth, or holds a newer format");
  add_wait(*load, options.wait);
}

void add_dump(CLI::App& app, DumpOptions& options) {
  CLI::App* dump = app.add_subcommand("dump", "Write a store as JSON lines {\"key\", \"value\"}");
  dump->add_option("--store", options.store, "sqlite:PATH")->required();
  dump->add_option("file", options.file, "where to; standard output if it is left out");
  add_wait(*dump, options.wait);
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
  check->add_option("--engine", options.engines, engines_help())
      ->check(kNotEmpty)
      ->allow_extra_args(false);  // what follows are cases
  check->add_option("--bounds", options.bounds, bounds_help())->check(kNotEmpty);
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

void add_graph(CLI::App& app, GraphOptions& options) {
  CLI::App* graph = app.add_subcommand("graph", "Draw the states that a case can reach");
  graph->add_option("case", options.name, "a case, as list shows them")->required();
  graph->add_option("-o,--output", options.output, "the picture: .svg, .png or .dot")->required();
  graph->add_flag("--model", options.model, "of its model, in place of the implementation");
  graph
      ->add_option("--by", options.variables,
                   "the model's variables to tell states apart by, separated by commas, such as "
                   "store.stash.tombstone or process.1.pc; the default: the tombstones")
      ->delimiter(',')
      ->needs("--model");
  graph
      ->add_option("--bounds", options.bounds,
                   fmt::format("how much may happen, over {}", kGraphBounds))
      ->check(kNotEmpty);
  add_threads(*graph, options.threads);
}

void add_show(CLI::App& app, ShowOptions& options) {
  CLI::App* show =
      app.add_subcommand("show", "Draw a trace: who did what to which store, and when");
  show->add_option("trace", options.file, "a trace file, as check writes them")->required();
  show->add_option("-o,--output", options.output, "the picture: .svg, .png or .dot")->required();
}

void add_bench(CLI::App& app, BenchOptions& options) {
  CLI::App* bench = app.add_subcommand("bench", "Measure how fast the search is, and how it grows");
  bench->add_flag("--full", options.full, "up to some 10^8 states: minutes, and gigabytes");
  bench->add_flag("--tlc", options.tlc,
                  "compare the model with TLC on the large configuration instead: minutes");
  bench->add_flag("--migrate", options.migrate,
                  "migrations of 10^4 to 10^6 entries instead, beside a plain copy");
  add_threads(*bench, options.threads);
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

/// How to get the help of the command that was named.
std::string help_of(const CLI::App& app) {
  const auto named = app.get_subcommands();
  return fmt::format("{}{} --help", app.get_name(),
                     named.empty() ? "" : " " + named.front()->get_name());
}

int run(int argc, char** argv, const Registry& cases) {
  CLI::App app("Cutover proves a migration between two durable stores safe.", "cutover");
  app.footer(kFooter);
  app.require_subcommand(1);
  CheckOptions check;
  ReplayOptions replay;
  MigrateOptions migrate;
  LoadOptions load;
  DumpOptions dump;
  GraphOptions graph;
  ShowOptions show;
  BenchOptions bench;
  app.add_subcommand("list", "List the cases and what is expected of each");
  add_check(app, check);
  add_replay(app, replay);
  add_migrate(app, migrate);
  add_load(app, load);
  add_dump(app, dump);
  add_graph(app, graph);
  add_show(app, show);
  add_bench(app, bench);
  refuse_unknown_command(app, argc > 1 ? argv[1] : "");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}; {} tells more", error.what(), help_of(app)));
  }
  check.executable = std::filesystem::read_symlink("/proc/self/exe");
  if (app.got_subcommand("list")) return run_list(cases, std::cout);
  if (app.got_subcommand("check")) return run_check(cases, check, std::cout);
  if (app.got_subcommand("migrate")) return run_migrate(migrate, std::cout);
  if (app.got_subcommand("load")) return run_load(load, std::cout);
  if (app.got_subcommand("graph")) return run_graph(cases, graph, std::cout);
  if (app.got_subcommand("show")) return run_show(cases, show, std::cout);
  if (app.got_subcommand("bench")) return run_bench(cases, bench);
  if (app.got_subcommand("dump")) return run_dump(dump, std::cout, std::cerr);
  return run_replay(cases, replay, std::cout);
}

}  // namespace

int cutover_main(int argc, char** argv, const Registry& cases) {
  StandardOutput output;
  ::signal(SIGCHLD, SIG_DFL);  // ignored, no child could be waited for
  try {
    return output.finish(run(argc, argv, cases));
  } catch (const OutputLost&) {
    return output.finish(kBadInput);
  } catch (const std::bad_alloc&) {
    std::cerr << fmt::format("cutover: {}: out of memory; run it again, with more\n",
                             argc > 1 ? argv[1] : "");
    return output.finish(kTruncated);
  } catch (const std::exception& error) {
    std::cerr << "cutover: " << system::printable(error.what(), true) << "\n";
    return output.finish(kBadInput);
  }
}

}  // namespace cutover
