#include "engines/model/variables.h"

#include <algorithm>

namespace cutover {
namespace {

/// The parts of a path, joined by another character, and the numbers among them moved by one.
std::string renumbered(const std::string& path, char from, char to, int by) {
  std::string result;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(from, begin), path.size());
    std::string part = path.substr(begin, end - begin);
    if (!part.empty() && std::ranges::all_of(part, ::isdigit)) {
      const long number = std::stol(part) + by;
      part = number < 0 ? "none" : std::to_string(number);
    }
    if (begin > 0) result += to;
    result += part;
    begin = end + 1;
  }
  return result;
}

}  // namespace

crashsim::Value::json_pointer pointer_to(const std::string& variable) {
  return crashsim::Value::json_pointer("/" + renumbered(variable, '.', '/', -1));
}

std::vector<std::string> variables_of(const crashsim::Value& state) {
  std::vector<std::string> all;
  const crashsim::Value flat = state.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    all.push_back(renumbered(pointer.substr(1), '/', '.', 1));
  }
  return all;
}

}  // namespace cutover
