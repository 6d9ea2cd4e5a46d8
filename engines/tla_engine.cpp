#include "engines/tla_engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>

#include "engines/bounds.h"
#include "engines/judging.h"
#include "engines/limits.h"
#include "model/checker/threads.h"
#include "system/text.h"
#include "system/usage_error.h"
#include "tla/tlc.h"
#include "tla/value.h"

namespace cutover {
namespace {

using tla::Configuration;

constexpr double kMostSeconds = 600;  // of one configuration, if there is no budget
constexpr unsigned kMostAtOnce = 2;   // a run keeps the virtual machine's own threads busy too
constexpr std::size_t kTextWidth = 76;

using Clock = std::chrono::steady_clock;
double since(Clock::time_point started) {
  return std::chrono::duration<double>(Clock::now() - started).count();
}

/// Of the case's family; read once.
const std::vector<Configuration>& configurations_beside(const Case& of) {
  static std::mutex mutex;
  static std::map<std::filesystem::path, std::vector<Configuration>> known;
  const std::scoped_lock lock(mutex);
  const auto folder = of.specifications.empty() ? tla::specifications() : of.specifications;
  const auto at = known.find(folder);
  if (at != known.end()) return at->second;
  // A command with cases of its own need not have the folder that comes with Cutover.
  const bool may_lack = of.specifications.empty() && !std::filesystem::exists(folder);
  return known[folder] = may_lack ? std::vector<Configuration>() : tla::read_configurations(folder);
}

/// Null if there is none.
const Configuration* large_configuration_of(const Case& of) {
  for (const Configuration& each : configurations_beside(of)) {
    if (each.case_name == of.name && each.is_large()) return &each;
  }
  return nullptr;
}

std::vector<tla::Result> run_all(const std::vector<Configuration>& all, const tla::Tools& tools,
                                 const EngineOptions& options) {
  std::vector<tla::Result> results(all.size());
  const auto started = Clock::now();
  std::atomic<std::size_t> next = 0, done = 0;
  std::mutex mutex;  // of the progress line
  const auto show = [&](const Configuration& of, const tla::Progress& now) {
    const std::scoped_lock lock(mutex);
    options.progress({fmt::format("TLC, {} of {} configurations done; {}: {} states", done.load(),
                                  all.size(), of.name, with_commas(now.states))});
  };
  const auto work = [&] {
    for (std::size_t i = next++; i < all.size(); i = next++) {
      tla::RunOptions run;
      run.tools = tools;
      run.seconds = options.seconds ? *options.seconds - since(started) : kMostSeconds;
      if (options.progress) run.progress = [&, i](const tla::Progress& now) { show(all[i], now); };
      try {
        results[i] = tla::run_tlc(all[i], run);
      } catch (const std::bad_alloc&) {
        results[i].doubt = "out of memory";
      } catch (const std::exception& error) {
        results[i].doubt = error.what();
      }
      ++done;
    }
  };
  checker::on_threads(std::min(options.threads, kMostAtOnce), [&](std::size_t) { work(); });
  return results;
}

/// Lines of `text` of at most the width, broken at blanks.
std::vector<std::string> wrapped(const std::vector<std::string>& parts) {
  std::vector<std::string> lines = {""};
  for (const std::string& part : parts) {
    if (!lines.back().empty() && lines.back().size() + part.size() + 2 > kTextWidth) {
      lines.back() += ",";
      lines.emplace_back();
    }
    lines.back() += (lines.back().empty() ? "" : ", ") + part;
  }
  return lines;
}

/// A table: each action and what it changed.
std::string steps_of(const std::vector<tla::TraceStep>& trace) {
  std::vector<std::vector<std::string>> rows = {{"#", "action", "what it changed"}};
  tla::Json before;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    std::vector<std::string> changed;
    if (!trace[i].state.empty()) {
      const tla::Json after = tla::parse_state(trace[i].state);
      changed = tla::changes(before, after);
      before = after;
    }
    const auto lines = wrapped(changed);
    rows.push_back({std::to_string(i), trace[i].action, lines[0]});
    for (std::size_t line = 1; line < lines.size(); ++line) rows.push_back({"", "", lines[line]});
  }
  return table(rows);
}

/// Bounds as the other engines name them.
crashsim::Bounds bounds_of(const Case& of, const Configuration& configuration) {
  return of.model ? of.model->bounds(tla::numbers(configuration)) : of.bounds.standard();
}

/// What one run says about the case, given what is known from those before.
class Judge {
 public:
  explicit Judge(Verdict& verdict) : verdict_(verdict) {}

  void hear(const Configuration& of, const tla::Result& result) {
    if (result.states >= verdict_.states) {
      verdict_.states = result.states;
      verdict_.transitions = result.generated;
      verdict_.bounds = bounds_of(*verdict_.of, of);
    }
    using Ended = tla::Result::Ended;
    if (result.ended == Ended::out_of_time) {
      doubt(of, "out of time", "TLC did not end in time");
    } else if (result.ended == Ended::failed) {
      doubt(of, "TLC failed", tla::to_string(result));
    } else if (result.ended == Ended::violated) {
      found(of, result);
    } else if (const auto unseen = tla::unseen(of, result); !unseen.empty()) {
      doubt(of, "not exercised", fmt::format("never reached: {}", fmt::join(unseen, ", ")));
    }
  }

  void conclude() {
    if (!doubts_.empty()) verdict_.details = verdict_.of->name + ":\n" + doubts_;
    const bool surprises = !verdict_.violated.empty() && verdict_.violated != verdict_.of->violates;
    if (!doubts_.empty() && !surprises) {
      verdict_.violated.clear();
      verdict_.counterexample.reset();
      verdict_.steps.clear();
      verdict_.note = why_;
      verdict_.reason = doubts_;
    } else if (verdict_.violated.empty() && verdict_.states == 0) {
      verdict_.note = "nothing was checked";
    } else if (verdict_.violated.empty()) {
      verdict_.finding = Finding::holds;
      verdict_.complete = true;
      verdict_.note = with_commas(verdict_.states) + " states";
    } else {
      verdict_.finding = Finding::violates;
    }
  }

 private:
  void doubt(const Configuration& of, const std::string& why, const std::string& detail) {
    why_ = why;
    doubts_ += fmt::format("  {}: {}\n", of.name, detail);
  }

  void found(const Configuration& of, const tla::Result& result) {
    // A wrong expectation in a configuration must not pass for one that is met.
    if (of.expect == Configuration::Expect::violates && of.property != verdict_.of->violates) {
      doubt(of, "expectations differ",
            fmt::format("expects {}, the registry {}", of.property, verdict_.of->violates));
    }
    verdict_.violated = result.violated == of.violated ? of.property : result.violated;
    verdict_.note = fmt::format("{} steps", std::max<std::size_t>(result.trace.size(), 1) - 1);
    to_schedule(of, result);
    verdict_.steps = fmt::format("{}: {} is violated ({})\n{}", of.name, result.violated,
                                 verdict_.note, steps_of(result.trace));
  }

  /// TLC's behaviour as a schedule. Not that of a temporal property: it may go on for ever.
  void to_schedule(const Configuration& of, const tla::Result& result) {
    if (!verdict_.of->model || !of.invariants.contains(result.violated)) return;
    std::vector<NamedState> states;
    for (const auto& step : result.trace) {
      states.push_back({step.action, tla::parse_state(step.state)});
    }
    try {
      verdict_.counterexample = verdict_.of->model->schedule(tla::numbers(of), states);
      verdict_.counterexample->violated = verdict_.violated;
      verdict_.bounds = bounds_of(*verdict_.of, of);
    } catch (const std::exception& error) {
      doubt(of, "unlike the model", error.what());
    }
  }

  Verdict& verdict_;
  std::string why_, doubts_;
};

}  // namespace

bool has_large_configuration(const Case& of) { return large_configuration_of(of) != nullptr; }

LargeRun run_large_configuration(const Case& of, unsigned threads) {
  std::string missing;
  const auto tools = tla::find_tools(missing);
  if (!tools) throw UsageError(missing);
  const Configuration* const large = large_configuration_of(of);
  if (large == nullptr) throw UsageError(of.name + " has no large configuration");
  tla::RunOptions run;
  run.tools = *tools;
  run.workers = threads;
  run.seconds = kMostSeconds;
  const tla::Result result = tla::run_tlc(*large, run);
  if (result.ended != tla::Result::Ended::holds) {
    throw UsageError(fmt::format("{}: {}", large->name, tla::to_string(result)));
  }
  const auto beginnings = of.world({}).beginnings.size();
  return {bounds_of(of, *large), result.states, result.generated - beginnings, result.depth,
          result.seconds};
}

std::vector<Configuration> configurations_of(const Case& of) {
  std::vector<Configuration> chosen;
  for (const Configuration& each : configurations_beside(of)) {
    const bool fits = of.violates.empty() ? each.size != "mutant" : each.size == "mutant";
    if (each.case_name == of.name && fits && !each.is_large()) chosen.push_back(each);
  }
  return chosen;
}

std::optional<tla::Tools> tools_or_why_not(Verdict& verdict) {
  std::string missing;
  auto tools = tla::find_tools(missing);
  if (!tools) {
    verdict.note = "TLC is missing";
    verdict.details = fmt::format("{}: UNKNOWN: {}\n", verdict.of->name, missing);
    verdict.reason = missing;
  }
  return tools;
}

bool has_specification(const Case& of) {
  try {
    return !configurations_of(of).empty();
  } catch (const std::runtime_error&) {
    return of.model.has_value();  // a file can't be read: check_by_tla() says which
  }
}

Verdict check_by_tla(const Case& of, const EngineOptions& options) {
  Verdict verdict;
  verdict.of = &of;
  verdict.engine = "tla";
  const auto tools = tools_or_why_not(verdict);
  if (!tools) return verdict;
  const auto all = configurations_of(of);
  const auto results = run_all(all, *tools, options);
  Judge judge(verdict);
  for (std::size_t i = 0; i < all.size(); ++i) judge.hear(all[i], results[i]);
  judge.conclude();
  confirm_on_implementation(verdict);
  return verdict;
}

std::string describe_tla(const std::vector<const Case*>&, const EngineOptions& options) {
  return fmt::format(
      "TLC on the specification in tla/; the bounds are those of its configurations{}.\n"
      "Extent: the states of the largest one, or the steps of the counterexample.\n",
      options.given_bounds.empty() ? "" : ", --bounds does not apply");
}

}  // namespace cutover
