// The lines of a file, or of standard input, whose end is never taken for more than it is: a
// descriptor that is closed, a folder, a disk that fails and a terminal that hangs up are errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cutover::cli {

inline constexpr const char* kStandard = "-";

class Lines {
 public:
  /// "-" is standard input. Throws UsageError.
  explicit Lines(const std::string& file);
  ~Lines();
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  /// As errors name it.
  const std::string& name() const { return name_; }
  /// Of the line that next() gave last; the first is 1.
  std::uint64_t number() const { return number_; }
  /// The share of the file that was read; nothing if its size is not known.
  std::optional<double> share() const;

  /// The next line without its end; nothing at the end of the file. Throws UsageError.
  std::optional<std::string> next();
  /// Whether the last line ended as lines do.
  bool was_ended() const { return was_ended_; }

 private:
  bool fill();
  [[noreturn]] void fail(int error) const;

  std::string name_;
  int descriptor_ = -1;
  bool is_terminal_ = false;
  std::uint64_t size_ = 0, read_ = 0;  ///< bytes; no size: 0
  std::uint64_t number_ = 0;
  std::string buffer_;
  std::size_t at_ = 0;  ///< in the buffer
  bool was_ended_ = true;
};

}  // namespace cutover::cli
