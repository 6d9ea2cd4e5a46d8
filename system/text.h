// Small helpers for what people read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cutover {

/// 1234567 -> "1,234,567".
std::string with_commas(std::uint64_t number);

/// "1 step", "2 steps".
std::string plural(std::size_t count, const std::string& what);

/// "1 entry", "2 entries".
std::string entries_text(std::size_t count);

/// Rows as a table: each column as wide as its widest cell, two blanks between. The first row is
/// the header. Cells of columns named in `right` are aligned right. Control characters are escaped.
std::string table(std::vector<std::vector<std::string>> rows,
                  const std::vector<std::size_t>& right = {});

/// Lines of at most that many bytes, as far as blanks allow, all but the first one indented.
std::string wrapped(const std::string& text, std::size_t most, const std::string& indent = "");

/// The names most like `name`, for an error's remedy; at most three.
std::vector<std::string> nearest(const std::string& name, const std::vector<std::string>& names);

/// The parts between commas, empty ones too.
std::vector<std::string> split(const std::string& list);

bool is_terminal(int descriptor);

}  // namespace cutover
