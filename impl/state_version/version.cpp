#include "impl/state_version/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace cutover::state_version {

Version::Version(std::string_view text) : text_(text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::uint32_t part = 0;
    const auto [rest, error] = std::from_chars(at, end, part);
    const bool goes_on = rest != end && *rest == '.';
    if (error != std::errc() || (rest != end && !goes_on)) {
      throw std::invalid_argument(
          fmt::format("'{}' is no version; one is numbers and dots, such as 0.2.1.10", text));
    }
    parts_.push_back(part);
    if (!goes_on) return;
    at = rest + 1;
  }
}

const Version& unversioned() {
  static const Version version("0.2.1.2");
  return version;
}

std::strong_ordering operator<=>(const Version& a, const Version& b) {
  const auto part = [](const Version& of, std::size_t i) {
    return i < of.parts_.size() ? of.parts_[i] : 0;
  };
  for (std::size_t i = 0; i < std::max(a.parts_.size(), b.parts_.size()); ++i) {
    if (const auto order = part(a, i) <=> part(b, i); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

}  // namespace cutover::state_version
