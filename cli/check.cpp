#include "cli/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "cli/checking.h"
#include "cli/command_name.h"
#include "cli/errors.h"
#include "cli/option_file.h"
#include "cli/output.h"
#include "cli/replay.h"
#include "cli/report.h"
#include "crashsim/trace/trace.h"
#include "engines/bounds.h"
#include "engines/engines.h"
#include "engines/limits.h"
#include "system/text.h"
#include "system/whole_file.h"

namespace cutover::cli {
namespace {

using crashsim::Bounds;

std::vector<std::string> names_of(const Registry& cases) {
  std::vector<std::string> names;
  for (const Case& each : cases) names.push_back(each.name);
  return names;
}

std::vector<std::string> names_with_families(const Registry& cases) {
  std::vector<std::string> names = names_of(cases);
  for (const Case& each : cases) {
    if (std::ranges::find(names, each.family) == names.end()) names.push_back(each.family);
  }
  return names;
}

[[noreturn]] void unknown_name(const std::string& what, const std::string& name,
                               const std::vector<std::string>& names) {
  const auto near = nearest(name, names);
  throw UsageError(
      fmt::format("there is no {} '{}'{}; {} list shows all", what, name,
                  near.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(near, ", ")),
                  command_name()));
}

std::vector<const Case*> select(const Registry& cases, const std::vector<std::string>& names) {
  std::vector<const Case*> selected;
  for (const std::string& name : names) {
    const auto matches = [&](const Case& each) { return each.name == name || each.family == name; };
    if (std::ranges::none_of(cases, matches)) {
      unknown_name("case or family", name, names_with_families(cases));
    }
  }
  for (const Case& each : cases) {
    const auto names_it = [&](const std::string& name) {
      return each.name == name || each.family == name;
    };
    if (names.empty() || std::ranges::any_of(names, names_it)) selected.push_back(&each);
  }
  return selected;
}

/// The table, printed row by row as verdicts come in, so its columns have fixed widths: 100 columns
/// at most, for names of up to 48.
class Table {
 public:
  Table(std::ostream& out, const std::vector<const Case*>& cases) : out_(out) {
    for (const Case* each : cases) width_ = std::max(width_, each->name.size());
    for (const Engine& each : engines()) width_ = std::max(width_, heading_of(each).size());
  }

  void begin(const Engine& engine, const std::string& preface) {
    if (rows_ > 0) out_ << "\n";
    if (!preface.empty()) out_ << preface << "\n";
    out_ << row(heading_of(engine), "verdict", "extent", "time") << std::flush;
  }

  void add(const Verdict& verdict) {
    ++rows_;
    out_ << row(verdict.of->name, text_of(verdict), verdict.note,
                fmt::format("{:.1f} s", verdict.seconds))
         << std::flush;
  }

 private:
  static std::string heading_of(const Engine& engine) { return "engine " + engine.name; }
  std::string row(const std::string& name, const std::string& verdict, const std::string& extent,
                  const std::string& time) const {
    return fmt::format("{:<{}}  {:<19}  {:>20}  {:>7}\n", name, width_, verdict, extent, time);
  }

  static std::string text_of(const Verdict& verdict) {
    const std::string holds = verdict.complete ? "holds, complete" : "no violation found";
    std::string text = verdict.finding == Finding::holds      ? holds
                       : verdict.finding == Finding::violates ? verdict.violated
                                                              : "UNKNOWN";
    if (verdict.differs()) {
      text +=
          " DIFFERS: expected " + (verdict.of->violates.empty() ? "holds" : verdict.of->violates);
    }
    return text;
  }

  std::ostream& out_;
  std::size_t width_ = 0, rows_ = 0;
};

/// Files that are written at the end, or on the way: that one of them can't be costs no verdict.
class Outputs {
 public:
  explicit Outputs(const CheckOptions& options) : options_(options) {
    const auto is_regular = [](const std::string& file) {  // as /dev/null is not
      return !std::filesystem::exists(file) || std::filesystem::is_regular_file(file);
    };
    const bool are_both = !options.report.empty() && !options.junit.empty();
    if (are_both && is_regular(options.report) &&
        system::is_same_file(options.report, options.junit)) {
      throw UsageError(
          fmt::format("--report and --junit are one file, {}; name two", options.report));
    }
    // Before anything is searched for minutes.
    if (!options.report.empty()) try_to_write("--report", options.report);
    if (!options.junit.empty()) try_to_write("--junit", options.junit);
    try_to_write("--traces", std::filesystem::path(options.traces) / "some-case.json");
  }

  void save_trace(Verdict& verdict) {
    const auto file =
        std::filesystem::path(options_.traces) / trace_file_name(verdict.of->name, verdict.engine);
    attempt([&] {
      crashsim::write_trace(file, {verdict.of->name, verdict.engine, verdict.bounds,
                                   *verdict.counterexample, verdict.world});
      verdict.trace = file;
    });
  }

  /// Returns the exit status. The JSON comes last, as it says whether all went well.
  int write_reports(const std::vector<Verdict>& verdicts, bool output_is_lost) {
    if (!options_.junit.empty()) attempt([&] { write_junit(options_.junit, verdicts); });
    const bool is_ok = exit_status(verdicts) == kAsExpected && failures_.empty() && !output_is_lost;
    if (!options_.report.empty()) attempt([&] { write_json(options_.report, is_ok, verdicts); });
    for (const std::string& each : failures_) std::cerr << command_name() << ": " << each << "\n";
    const int status = exit_status(verdicts);
    return status == kAsExpected && !failures_.empty() ? kBadInput : status;
  }

 private:
  void attempt(const std::function<void()>& write) {
    try {
      write();
    } catch (const std::exception& error) {
      failures_.push_back(error.what());
    }
  }

  const CheckOptions& options_;
  std::vector<std::string> failures_;
};

void print_counterexample(const Verdict& verdict, std::ostream& out) {
  out << fmt::format("\n{}: {} is violated ({})\n", verdict.of->name, verdict.violated,
                     verdict.note);
  const auto world = verdict.of->world_of(verdict.bounds, verdict.world);
  const auto violation = print_steps(world, *verdict.counterexample, {}, out);
  if (violation && !violation->why.empty()) out << sentence(violation) << "\n";
  out << verdict.details;
  if (!verdict.trace) return;
  out << fmt::format("Replay it: {} replay {}\n", command_name(), verdict.trace->string());
}

/// What is worth saying below the table.
void print_details(const std::vector<Verdict>& verdicts, const CheckOptions& options,
                   std::ostream& out) {
  std::size_t quiet = 0;
  for (const Verdict& verdict : verdicts) {
    if (!verdict.details.empty() && !verdict.counterexample) out << "\n" << verdict.details;
    if (!verdict.counterexample && verdict.steps.empty()) continue;
    const bool named = std::ranges::find(options.names, verdict.of->name) != options.names.end();
    if (!named && verdict.as_expected()) {
      quiet += verdict.trace.has_value();
      if (verdict.counterexample && !verdict.details.empty()) out << "\n" << verdict.details;
    } else if (verdict.counterexample) {
      print_counterexample(verdict, out);
    } else {
      out << "\n" << verdict.steps;
    }
  }
  if (quiet > 0) {
    const auto first = std::ranges::find_if(verdicts, [](const Verdict& verdict) {
      return verdict.trace.has_value() && verdict.as_expected();
    });
    const bool are_all = std::ranges::none_of(verdicts, &Verdict::differs);
    out << fmt::format("\n{}{}, in {}/. Look at one:\n  {} replay {}\n",
                       plural(quiet, "counterexample"), are_all ? ", all expected" : " as expected",
                       options.traces, command_name(), first->trace->string());
  }
}

void print_summary(const std::vector<Verdict>& verdicts, double seconds, std::ostream& out) {
  const auto differ = std::ranges::count_if(verdicts, &Verdict::differs);
  const auto expected = std::ranges::count_if(verdicts, &Verdict::as_expected);
  const auto unknown = static_cast<std::ptrdiff_t>(verdicts.size()) - differ - expected;
  out << "\n";
  if (differ > 0) {
    const Verdict& first = *std::ranges::find_if(verdicts, &Verdict::differs);
    out << fmt::format("{} on {}: {}, and expected was {}.\n", first.of->name, first.engine,
                       first.violated.empty() ? "holds" : first.violated,
                       first.of->violates.empty() ? "that it holds" : first.of->violates);
  }
  out << fmt::format("{} of {} verdicts as expected", expected, verdicts.size());
  if (differ > 0) out << fmt::format(", {} DIFFER", differ);
  if (unknown > 0) out << fmt::format(", {} UNKNOWN", unknown);
  out << fmt::format("; {:.1f} s.\n", seconds);
}

/// Refuses a case that is expected to violate what is no property of it.
void check_expectations(const std::vector<const Case*>& cases) {
  for (const Case* each : cases) {
    if (each->violates.empty() || each->violates_only_refinement()) continue;
    const auto properties = each->world(each->bounds.standard()).properties;
    if (std::ranges::find(properties, each->violates) != properties.end()) continue;
    throw UsageError(
        fmt::format("{} is expected to violate '{}', which is no property of it; there are {}",
                    each->name, each->violates, fmt::join(properties, ", ")));
  }
}

/// Which checks fall to this machine.
struct Shard {
  std::size_t index = 0, count = 1;
  bool takes(std::size_t turn) const { return turn % count == index; }
};

Shard parse_shard(const std::string& text) {
  if (text.empty()) return {};
  std::size_t index = 0, count = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%zu/%zu%c", &index, &count, &rest) != 2 || index < 1 ||
      index > count) {
    throw UsageError(fmt::format("--shard: expected I/N with 1 <= I <= N, found '{}'", text));
  }
  return {index - 1, count};
}

EngineOptions engine_options(const CheckOptions& options) {
  EngineOptions run;
  run.given_bounds = options.bounds;
  run.symmetry = options.symmetry;
  run.seed = options.seed;
  run.threads = threads_or_all(options.threads);
  run.executable = options.executable;
  return run;
}

/// By name, in the order in which they were named.
std::vector<std::string> engines_of(const CheckOptions& options) {
  std::vector<std::string> names;
  for (const std::string& list : options.engines) {
    for (const std::string& name : split(list)) {
      find_engine(name);
      if (std::ranges::find(names, name) != names.end()) {
        throw UsageError(fmt::format("--engine: '{}' is named twice", name));
      }
      names.push_back(name);
    }
  }
  return names.empty() ? default_engines() : names;
}

/// The cases that the engine can check and this machine is to; `turn` counts the former.
std::vector<const Case*> taken_by(const Engine& engine, const std::vector<const Case*>& selected,
                                  const Shard& shard, std::size_t& turn) {
  std::vector<const Case*> taken;
  for (const Case* each : selected) {
    if (engine.can_check(*each) && shard.takes(turn++)) taken.push_back(each);
  }
  return taken;
}

/// Refuses what is a bound of none of the cases.
void check_bounds(const std::string& given, const std::vector<const Case*>& cases) {
  crashsim::BoundSpecs all = crashsim::engine_bounds();
  for (const Case* each : cases) {
    for (const crashsim::BoundSpec& own : each->bounds.own) add_if_new(all, own);
  }
  parse_bounds(given, all, {});
}

/// Takes out the cases that the engine can't have within their bounds, and says why.
std::string without_unfit(std::vector<const Case*>& taken, const Engine& engine,
                          const EngineOptions& options) {
  std::string why;
  std::size_t unfit = 0;
  std::erase_if(taken, [&](const Case* each) {
    if (!engine.needs_model || !each->model) return false;
    const auto impossible =
        each->model->impossible(bounds_for(*each, engine, options.given_bounds));
    if (impossible.empty()) return false;
    if (unfit++ == 0) why = impossible;
    return true;
  });
  if (unfit == 0 || taken.empty()) return why;
  return fmt::format("{} ({})", why, plural(unfit, "case"));
}

}  // namespace

std::string trace_file_name(std::string name, const std::string& engine) {
  std::ranges::replace(name, '/', '.');
  return name + (engine == "crashsim" ? "" : "." + engine) + ".json";
}

int exit_status(const std::vector<Verdict>& verdicts) {
  if (std::ranges::any_of(verdicts, &Verdict::differs)) return kDiffers;
  if (!std::ranges::all_of(verdicts, &Verdict::as_expected)) return kTruncated;
  return kAsExpected;
}

const Case& find_case(const Registry& cases, const std::string& name) {
  const auto at = std::ranges::find(cases, name, &Case::name);
  if (at != cases.end()) return *at;
  std::vector<std::string> members;
  for (const Case& each : cases) {
    if (each.family == name) members.push_back(each.name);
  }
  if (members.empty()) unknown_name("case", name, names_of(cases));
  throw UsageError(
      fmt::format("'{}' is a family; name one of its cases: {}", name, fmt::join(members, ", ")));
}

int run_check(const Registry& cases, const CheckOptions& options, std::ostream& out) {
  const Shard shard = parse_shard(options.shard);
  const EngineOptions run = engine_options(options);
  const auto selected = select(cases, options.names);
  const auto engines = engines_of(options);
  check_bounds(options.bounds, selected);
  check_expectations(selected);
  Outputs outputs(options);
  const Clock clock;
  std::optional<EndsWithReader> ends_with_reader(std::in_place);

  std::vector<Verdict> verdicts;
  const auto explains_itself = [](const auto& name) {
    return find_engine(name).preface != nullptr;
  };
  if (!std::ranges::all_of(engines, explains_itself)) {
    out << bounds_lines_of("crashsim", selected, run) << "\n";
  }
  Table table(out, selected);
  std::size_t turn = 0;
  for (const std::string& name : engines) {
    const Engine& engine = find_engine(name);
    auto taken = taken_by(engine, selected, shard, turn);
    if (taken.empty() && options.engines.empty()) continue;  // not asked for
    if (const auto why = without_unfit(taken, engine, run); !why.empty()) {
      if (!options.engines.empty()) throw UsageError(fmt::format("--bounds: {}", why));
      out << fmt::format("\nengine {} is left out: {}\n", engine.name, why);
      if (taken.empty()) continue;
    }
    table.begin(engine, engine.preface != nullptr ? engine.preface(taken, run) : "");
    Checking(engine, taken, run, options.budget, clock).run([&](Verdict verdict) {
      if (verdict.counterexample) outputs.save_trace(verdict);
      table.add(verdict);
      verdicts.push_back(std::move(verdict));
      stop_if_lost(out);
    });
  }
  // Who has seen a verdict may go; the reports are written all the same.
  ends_with_reader.reset();
  if (verdicts.empty() && turn > 0) out << "\nNothing falls to this shard.\n";
  if (turn == 0) {
    throw UsageError(fmt::format("nothing to check: no engine of '{}' can check what was named",
                                 fmt::join(engines, ",")));
  }
  print_details(verdicts, options, out);
  print_summary(verdicts, clock.seconds(), out);
  return outputs.write_reports(verdicts, !out.flush());
}

}  // namespace cutover::cli
