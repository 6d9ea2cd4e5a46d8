// How far a command is, on a line of its own that is overwritten: on standard error, and only if
// that is a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace cutover::cli {

/// May be told from several threads. At the end of its scope, or if a signal ends the process, the
/// cursor is at the beginning of a line.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool is_shown() const { return is_terminal_; }
  /// "WHAT: 12,345 of 1,000,000 entries, 1 %", now and then.
  void entries(const std::string& what, std::uint64_t done, std::uint64_t total);
  /// "WHAT: 12 %", now and then.
  void share(const std::string& what, double share);
  /// "WHAT: TEXT", now and then.
  void text(const std::string& what, const std::string& text) { show(what, text); }
  void clear();

 private:
  /// At once if it is of something else than before.
  void show(const std::string& what, const std::string& rest);

  const bool is_terminal_;
  std::mutex mutex_;  // of the rest
  std::chrono::steady_clock::time_point next_{};
  std::string what_;
  bool has_text_ = false;
};

}  // namespace cutover::cli
