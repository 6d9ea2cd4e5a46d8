#include "system/text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "system/printable.h"

namespace cutover {
namespace {

/// Levenshtein's distance.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0u);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string with_commas(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string plural(std::size_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string entries_text(std::size_t count) {
  return fmt::format("{} {}", count, count == 1 ? "entry" : "entries");
}

std::string table(std::vector<std::vector<std::string>> rows,
                  const std::vector<std::size_t>& right) {
  for (auto& row : rows) {
    for (std::string& cell : row) cell = system::printable(cell);
  }
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool is_right = std::ranges::find(right, i) != right.end();
      line += is_right ? fmt::format("{:>{}}  ", row[i], widths[i])
                       : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string wrapped(const std::string& text, std::size_t most, const std::string& indent) {
  std::string result;
  std::size_t begin = 0;
  while (text.size() - begin > most) {
    std::size_t end = text.rfind(' ', begin + most);
    if (end == std::string::npos || end <= begin) end = text.find(' ', begin);
    if (end == std::string::npos) break;
    if (begin == 0) most -= indent.size();
    result += text.substr(begin, end - begin) + "\n" + indent;
    begin = end + 1;
  }
  return result + text.substr(begin);
}

std::vector<std::string> nearest(const std::string& name, const std::vector<std::string>& names) {
  if (name.empty()) return {};
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& each : names) {
    const bool part = each.find(name) != std::string::npos;
    ranked.emplace_back(part ? 0 : distance(name, each), each);
  }
  std::ranges::sort(ranked);
  std::vector<std::string> best;
  for (const auto& [rank, each] : ranked) {
    if (best.size() < 3 && rank <= std::max<std::size_t>(3, name.size() / 3)) best.push_back(each);
  }
  return best;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t at = 0, comma = 0; comma != std::string::npos; at = comma + 1) {
    comma = list.find(',', at);
    parts.push_back(list.substr(at, comma == std::string::npos ? comma : comma - at));
  }
  return parts;
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

}  // namespace cutover
