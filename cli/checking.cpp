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

/// Hands verdicts on in the order of their cases, each as soon as those before it are there.
class InOrder {
 public:
  InOrder(std::size_t count, std::function<void(Verdict)> done)
      : known_(count), done_(std::move(done)) {}

  void add(std::size_t index, Verdict verdict) {
    known_[index] = std::move(verdict);
    for (; next_ < known_.size() && known_[next_]; ++next_) done_(*std::move(known_[next_]));
  }

 private:
  std::vector<std::optional<Verdict>> known_;
  const std::function<void(Verdict)> done_;
  std::size_t next_ = 0;
};

}  // namespace

void Checking::run(const std::function<void(Verdict)>& done) {
  const unsigned threads = options_.threads + (engine_.waits && options_.threads > 1 ? 1 : 0);
  const std::size_t at_once = std::min<std::size_t>({engine_.at_once, threads, cases_.size()});
  std::vector<std::size_t> alone, together;
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    const bool is_big = engine_.holding_first && cases_[i]->violates.empty();
    (at_once <= 1 || is_big ? alone : together).push_back(i);
  }
  InOrder verdicts(cases_.size(), [&](Verdict verdict) {
    progress_.clear();
    done(std::move(verdict));
  });
  for (const std::size_t i : alone) verdicts.add(i, check(i, true));
  std::vector<std::promise<Verdict>> found(together.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> workers;
  workers.reserve(at_once);
  const auto work = [&] {
    for (std::size_t i = next++; i < together.size(); i = next++) {
      try {
        found[i].set_value(check(together[i], false));
      } catch (...) {  // not even memory for the reason
        found[i].set_exception(std::current_exception());
      }
    }
  };
  try {
    while (workers.size() < std::min(at_once, together.size())) workers.emplace_back(work);
  } catch (const std::system_error&) {
    // No more threads can be had.
  }
  if (workers.empty()) work();
  try {
    for (std::size_t i = 0; i < together.size(); ++i) {
      verdicts.add(together[i], found[i].get_future().get());
    }
  } catch (...) {
    next = together.size();
    throw;
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
  } catch (const std::exception& error) {
    verdict = unknown(of, engine_, options, "failed", error.what());
  }
  verdict.seconds = clock_.seconds() - began;
  return verdict;
}

}  // namespace cutover::cli
