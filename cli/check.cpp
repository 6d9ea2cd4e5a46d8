#include "cli/check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <iostream>
#include <thread>

#include "cli/engines.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "cli/replay.h"
#include "cli/report.h"
#include "cli/text.h"
#include "crashsim/trace.h"

namespace cutover::cli {
namespace {

using crashsim::Bounds;

std::vector<std::string> names_of(const Registry& cases) {
  std::vector<std::string> names;
  for (const Case& each : cases) {
    if (std::ranges::find(names, each.family) == names.end()) names.push_back(each.family);
    names.push_back(each.name);
  }
  return names;
}

[[noreturn]] void unknown_case(const Registry& cases, const std::string& name) {
  const auto near = nearest(name, names_of(cases));
  throw UsageError(
      fmt::format("there is no case or family '{}'{}; cutover list shows all", name,
                  near.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(near, ", "))));
}

std::vector<const Case*> select(const Registry& cases, const std::vector<std::string>& names) {
  std::vector<const Case*> selected;
  for (const std::string& name : names) {
    const auto matches = [&](const Case& each) { return each.name == name || each.family == name; };
    if (std::ranges::none_of(cases, matches)) unknown_case(cases, name);
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
  }

  void begin(const Engine& engine, const std::string& preface) {
    if (rows_ > 0) out_ << "\n";
    if (!preface.empty()) out_ << preface << "\n";
    out_ << row("engine " + engine.name, "verdict", "extent", "time") << std::flush;
  }

  void add(const Verdict& verdict) {
    ++rows_;
    out_ << row(verdict.of->name, text_of(verdict), verdict.note,
                fmt::format("{:.1f} s", verdict.seconds))
         << std::flush;
  }

 private:
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
  std::size_t width_ = 16, rows_ = 0;
};

std::string file_name(const Verdict& verdict) {
  std::string name = verdict.of->name;
  std::ranges::replace(name, '/', '.');
  return name + (verdict.engine == "crashsim" ? "" : "." + verdict.engine) + ".json";
}

void save_trace(Verdict& verdict, const CheckOptions& options) {
  verdict.trace = std::filesystem::path(options.traces) / file_name(verdict);
  crashsim::write_trace(*verdict.trace, {verdict.of->name, verdict.engine, verdict.bounds,
                                         *verdict.counterexample, verdict.world});
}

/// What the user types before "replay".
std::string command_of(const CheckOptions& options) {
  const std::string name = std::filesystem::path(options.executable).filename().string();
  return name.empty() ? "cutover" : name;
}

void print_counterexample(const Verdict& verdict, const CheckOptions& options, std::ostream& out) {
  out << fmt::format("\n{}: {} is violated ({})\n", verdict.of->name, verdict.violated,
                     verdict.note);
  const auto world = verdict.of->world_of(verdict.bounds, verdict.world);
  print_steps(world, *verdict.counterexample, {}, out);
  out << verdict.details;
  out << fmt::format("Replay it: {} replay {}\n", command_of(options), verdict.trace->string());
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
      quiet += verdict.counterexample.has_value();
    } else if (verdict.counterexample) {
      print_counterexample(verdict, options, out);
    } else {
      out << "\n" << verdict.steps;
    }
  }
  if (quiet > 0) {
    const auto first = std::ranges::find_if(
        verdicts, [](const Verdict& verdict) { return verdict.trace.has_value(); });
    out << fmt::format("\n{}, all expected, in {}/. Look at one:\n  {} replay {}\n",
                       plural(quiet, "counterexample"), options.traces, command_of(options),
                       first->trace->string());
  }
}

void print_summary(const std::vector<Verdict>& verdicts, double seconds, std::ostream& out) {
  const auto differ = std::ranges::count_if(verdicts, &Verdict::differs);
  const auto expected = std::ranges::count_if(verdicts, &Verdict::as_expected);
  const auto unknown = static_cast<std::ptrdiff_t>(verdicts.size()) - differ - expected;
  out << fmt::format("\n{} of {} verdicts as expected", expected, verdicts.size());
  if (differ > 0) out << fmt::format(", {} DIFFER", differ);
  if (unknown > 0) out << fmt::format(", {} UNKNOWN", unknown);
  out << fmt::format("; {:.1f} s.\n", seconds);
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

class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  }

 private:
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

EngineOptions engine_options(const CheckOptions& options) {
  EngineOptions run;
  run.bounds = parse_bounds(options.bounds);
  run.bounds_given = !options.bounds.empty();
  run.symmetry = options.symmetry;
  run.seed = options.seed;
  run.threads = threads_or_all(options.threads);
  run.executable = options.executable;
  return run;
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

/// Checks the cases in their order, a few at a time where the engine likes it so, and hands each
/// verdict on in that order.
class Checking {
 public:
  Checking(const Engine& engine, std::vector<const Case*> cases, const EngineOptions& options,
           std::optional<double> budget, const Clock& clock)
      : engine_(engine),
        cases_(std::move(cases)),
        options_(options),
        budget_(budget),
        clock_(clock) {}

  void run(const std::function<void(Verdict)>& done) {
    const std::size_t at_once = std::max<std::size_t>(
        1, std::min<std::size_t>({engine_.at_once, options_.threads, cases_.size()}));
    if (at_once == 1) {
      for (std::size_t i = 0; i < cases_.size(); ++i) done(check(i, at_once));
      return;
    }
    std::vector<std::promise<Verdict>> verdicts(cases_.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < cases_.size(); i = next++) {
        try {
          verdicts[i].set_value(check(i, at_once));
        } catch (...) {
          next = cases_.size();
          verdicts[i].set_exception(std::current_exception());
        }
      }
    };
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < at_once; ++i) workers.emplace_back(work);
    try {
      for (std::promise<Verdict>& each : verdicts) done(each.get_future().get());
    } catch (...) {
      next = cases_.size();
      throw;
    }
  }

 private:
  Verdict check(std::size_t index, std::size_t at_once) const {
    const Case& of = *cases_[index];
    EngineOptions now = options_;
    if (at_once > 1) now.threads = 1;
    now.holding_left = static_cast<std::size_t>(
        std::count_if(cases_.begin() + static_cast<std::ptrdiff_t>(index), cases_.end(),
                      [](const Case* each) { return each->violates.empty(); }));
    if (budget_) now.seconds = std::max(0.0, *budget_ - clock_.seconds());
    if (is_terminal(STDERR_FILENO) && is_terminal(STDOUT_FILENO)) {
      now.progress = show_progress(of.name);
    }
    Verdict verdict = engine_.check(of, now);
    if (now.progress) clear_progress();
    return verdict;
  }

  const Engine& engine_;
  std::vector<const Case*> cases_;
  const EngineOptions& options_;
  std::optional<double> budget_;
  const Clock& clock_;
};

/// Why the engine can't have these bounds, or empty.
std::string unfit(const std::vector<const Case*>& taken, const Engine& engine,
                  const EngineOptions& options) {
  const auto has = [](const Case* each) { return each->model.has_value(); };
  if (!engine.needs_model || std::ranges::none_of(taken, has)) return "";
  return (*std::ranges::find_if(taken, has))->model->impossible(options.bounds);
}

}  // namespace

Bounds parse_bounds(const std::string& text) {
  Bounds bounds;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, comma - at);
    at = comma + 1;
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string name = part.substr(0, equals);
    const auto known = std::ranges::find_if(crashsim::named_bounds(),
                                            [&](const auto& bound) { return bound.name == name; });
    if (known == crashsim::named_bounds().end()) {
      std::vector<std::string> names;
      for (const auto& bound : crashsim::named_bounds()) names.push_back(bound.name);
      throw UsageError(
          fmt::format("--bounds: '{}' is not a bound; there are {}", name, fmt::join(names, ", ")));
    }
    const std::string number = equals < part.size() ? part.substr(equals + 1) : "";
    if (number.empty() || number.size() > 6 || !std::ranges::all_of(number, ::isdigit)) {
      throw UsageError(fmt::format("--bounds: expected {}=NUMBER, found '{}'", name, part));
    }
    bounds.*known->member = static_cast<unsigned>(std::stoul(number));
  }
  if (const auto why = crashsim::impossible(bounds)) throw UsageError("--bounds: " + *why);
  return bounds;
}

const Case& find_case(const Registry& cases, const std::string& name) {
  const auto at = std::ranges::find(cases, name, &Case::name);
  if (at == cases.end()) unknown_case(cases, name);
  return *at;
}

int run_check(const Registry& cases, const CheckOptions& options, std::ostream& out) {
  const Shard shard = parse_shard(options.shard);
  const EngineOptions run = engine_options(options);
  const auto selected = select(cases, options.names);
  const auto engines = options.engines.empty() ? default_engines() : options.engines;
  for (const std::string& name : engines) find_engine(name);
  const Clock clock;

  std::vector<Verdict> verdicts;
  const auto explains_itself = [](const auto& name) {
    return find_engine(name).preface != nullptr;
  };
  if (!std::ranges::all_of(engines, explains_itself)) out << bounds_text(run.bounds) << "\n\n";
  Table table(out, selected);
  std::size_t turn = 0;
  for (const std::string& name : engines) {
    const Engine& engine = find_engine(name);
    const auto taken = taken_by(engine, selected, shard, turn);
    if (taken.empty() && options.engines.empty()) continue;  // not asked for
    if (const auto why = unfit(taken, engine, run); !why.empty()) {
      if (!options.engines.empty()) throw UsageError(fmt::format("--bounds: {}", why));
      out << fmt::format("\nengine {} is left out: {}\n", engine.name, why);
      continue;
    }
    table.begin(engine, engine.preface != nullptr ? engine.preface(run) : "");
    Checking(engine, taken, run, options.budget, clock).run([&](Verdict verdict) {
      if (verdict.counterexample) save_trace(verdict, options);
      table.add(verdict);
      verdicts.push_back(std::move(verdict));
      stop_if_lost(out);
    });
  }
  if (verdicts.empty() && turn > 0) out << "\nNothing falls to this shard.\n";
  if (turn == 0) {
    throw UsageError(fmt::format("nothing to check: no engine of '{}' can check what was named",
                                 fmt::join(engines, ",")));
  }
  print_details(verdicts, options, out);
  print_summary(verdicts, clock.seconds(), out);
  if (!options.report.empty()) write_json(options.report, verdicts);
  if (!options.junit.empty()) write_junit(options.junit, verdicts);
  return exit_status(verdicts);
}

}  // namespace cutover::cli
