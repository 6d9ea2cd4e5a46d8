// Versions of a stored state: dotted numbers of any length, compared number by number.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace cutover::state_version {

class Version {
 public:
  /// "0.2.1.10". Throws std::invalid_argument for what is none: empty, an empty part, something
  /// else than digits, a number above 4,294,967,295.
  explicit Version(std::string_view text);

  /// As it was written.
  const std::string& text() const { return text_; }

  /// 0.2.1.10 is newer than 0.2.1.9, and 0.2.1 equals 0.2.1.0.
  friend std::strong_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

 private:
  std::string text_;
  std::vector<std::uint32_t> parts_;
};

/// Of a state that has none.
const Version& unversioned();

}  // namespace cutover::state_version
