#include "cli/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "system/at_signal.h"
#include "system/text.h"

namespace cutover::cli {
namespace {

constexpr std::chrono::milliseconds kEvery{100};

std::size_t terminal_width() {
  winsize size{};
  const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return is_known ? size.ws_col - 1u : 79;
}

unsigned percent(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? 100
                    : static_cast<unsigned>(100.0 * static_cast<double>(done) /
                                            static_cast<double>(total));
}

}  // namespace

ProgressLine::ProgressLine() : is_terminal_(is_terminal(STDERR_FILENO)) {}

void ProgressLine::entries(const std::string& what, std::uint64_t done, std::uint64_t total) {
  show(what, fmt::format("{} of {} entries, {} %", with_commas(done), with_commas(total),
                         percent(done, total)));
}

void ProgressLine::share(const std::string& what, double share) {
  show(what, fmt::format("{} %", static_cast<unsigned>(100 * share)));
}

void ProgressLine::show(const std::string& what, const std::string& rest) {
  if (!is_terminal_) return;
  const std::scoped_lock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now < next_ && what == what_) return;
  next_ = now + kEvery;
  what_ = what;
  std::string text = what + ": " + rest;
  if (text.size() > terminal_width()) text.resize(terminal_width());
  if (!has_text_) system::set_last_words("\n");
  has_text_ = true;
  std::cerr << "\r\x1b[K" << text << std::flush;
}

void ProgressLine::clear() {
  const std::scoped_lock lock(mutex_);
  if (!has_text_) return;
  std::cerr << "\r\x1b[K" << std::flush;
  system::set_last_words(nullptr);
  has_text_ = false;
}

}  // namespace cutover::cli
