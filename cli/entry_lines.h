// Entries as text: one JSON object a line, {"key": string, "value": string}, in key order.
//
// A key or value that is not UTF-8 is written {"hex": "00ff"} in place of the string. A value
// damaged at rest is written {"key": ..., "damaged": {"hex": bytes as stored}}, which is refused on
// reading: a person has to decide what it should have been.
#pragma once

#include <iosfwd>
#include <optional>

#include "impl/store/types.h"

namespace cutover::cli {

/// A key as the lines show it.
std::string text_of_key(const std::string& key);
std::string entry_line(const std::string& key, const std::string& value);
std::string damaged_line(const std::string& key, const std::string& stored);

/// Reads all lines to the end of `in`. Throws UsageError that begins with NAME:LINE, `name` being
/// the file's, at the first line that is not an entry, or whose key an earlier line has.
Entries read_entry_lines(std::istream& in, const std::string& name);

}  // namespace cutover::cli
