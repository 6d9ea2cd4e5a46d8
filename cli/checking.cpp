#include "cli/checking.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <system_error>
#include <thread>

#include "engines/bounds.h"
#include "engines/judging.h"
#include "system/text.h"

namespace cutover::cli {
namespace {

Verdict unknown(const Case& of, const Engine& engine, const EngineOptions& options,
                const std::string& note, const std::string& reason) {
  Verdict verdict = blank(of, engine.name, options);
  verdict.note = note;
  verdict.reason = reason;
  verdict.details = fmt::format("{}: UNKNOWN: engine {}: {}\n", of.name, engine.name, reason);
  return verdict;
}

}  // namespace

void Checking::run(const std::function<void(Verdict)>& done) {
  const std::size_t at_once =
      std::min<std::size_t>({engine_.at_once, options_.threads, cases_.size()});
  if (at_once <= 1) return run_one_by_one(done);
  std::vector<std::promise<Verdict>> verdicts(cases_.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> workers;
  workers.reserve(at_once);
  try {
    while (workers.size() < at_once) {
      workers.emplace_back([&] {
        for (std::size_t i = next++; i < cases_.size(); i = next++) {
          try {
            verdicts[i].set_value(check(i, false));
          } catch (...) {  // not even memory for the reason
            verdicts[i].set_exception(std::current_exception());
          }
        }
      });
    }
  } catch (const std::system_error&) {
    // No more threads can be had.
  }
  if (workers.empty()) return run_one_by_one(done);
  try {
    for (std::promise<Verdict>& each : verdicts) {
      Verdict verdict = each.get_future().get();
      progress_.clear();
      done(std::move(verdict));
    }
  } catch (...) {
    next = cases_.size();
    throw;
  }
}

void Checking::run_one_by_one(const std::function<void(Verdict)>& done) {
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    Verdict verdict = check(i, true);
    progress_.clear();
    done(std::move(verdict));
  }
}

EngineOptions Checking::options_of(std::size_t index, bool alone) {
  EngineOptions now = options_;
  now.bounds = bounds_for(*cases_[index], engine_, options_.given_bounds);
  if (!alone) now.threads = 1;
  now.holding_left = static_cast<std::size_t>(
      std::count_if(cases_.begin() + static_cast<std::ptrdiff_t>(index), cases_.end(),
                    [](const Case* each) { return each->violates.empty(); }));
  if (budget_) now.seconds = std::max(0.0, *budget_ - clock_.seconds());
  if (progress_.is_shown() && is_terminal(STDOUT_FILENO)) {
    now.progress = [this, name = cases_[index]->name](const EngineProgress& progress) {
      progress_.text(name, progress.text);
    };
  }
  return now;
}

Verdict Checking::check(std::size_t index, bool alone) {
  const Case& of = *cases_[index];
  const double began = clock_.seconds();
  const EngineOptions options = options_of(index, alone);
  Verdict verdict;
  try {
    verdict = engine_.check(of, options);
  } catch (const std::bad_alloc&) {
    verdict = unknown(of, engine_, options, "no memory",
                      "memory ran out; give it more, or less to do (--bounds, --threads)");
    verdict.seconds = clock_.seconds() - began;
  } catch (const std::exception& error) {
    verdict = unknown(of, engine_, options, "failed", error.what());
    verdict.seconds = clock_.seconds() - began;
  }
  return verdict;
}

}  // namespace cutover::cli
