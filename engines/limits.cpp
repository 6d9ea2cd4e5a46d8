#include "engines/limits.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "system/text.h"

namespace cutover {
namespace {

constexpr double kShareOfMemory = 0.8;

std::function<void(const checker::Progress&)> reporter(const EngineOptions& options) {
  if (!options.progress) return nullptr;
  return [report = options.progress](const checker::Progress& now) {
    report(
        {fmt::format("{} states, depth {}, {:.1f} M/s, {:.0f} s", with_commas(now.states),
                     now.depth, static_cast<double>(now.states) / now.seconds / 1e6, now.seconds)});
  };
}

/// A number from a file of the control group that this process is in, as containers have it;
/// nothing where there is no limit.
std::optional<double> control_group(const char* name) {
  std::ifstream in(std::string("/sys/fs/cgroup/") + name);
  double bytes = 0;
  if (!(in >> bytes)) return std::nullopt;
  return bytes;
}

/// What may still be added to this process's address space; nothing where there is no limit.
std::optional<double> address_space() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  double pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const double used = pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return std::max(0.0, static_cast<double>(limit.rlim_cur) - used);
}

}  // namespace

checker::Limits limits_of(const EngineOptions& options) {
  checker::Limits limits;
  limits.threads = options.threads;
  limits.seconds = options.seconds;
  limits.bytes = memory_limit();
  limits.progress = reporter(options);
  return limits;
}

unsigned threads_or_all(unsigned threads) {
  return threads != 0 ? threads : std::clamp(std::thread::hardware_concurrency(), 1u, kMostThreads);
}

std::size_t memory_limit() {
  double free = static_cast<double>(::sysconf(_SC_AVPHYS_PAGES)) *
                static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (const auto most = control_group("memory.max")) {
    free = std::min(free, std::max(0.0, *most - control_group("memory.current").value_or(0)));
  }
  if (const auto most = address_space()) free = std::min(free, *most);
  return static_cast<std::size_t>(free * kShareOfMemory);
}

}  // namespace cutover
