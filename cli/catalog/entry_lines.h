// Entries as text: one JSON object a line, {"key": string, "value": string}, in key order.
//
// A key or value that is not UTF-8 is written {"hex": "00ff"} in place of the string. A value
// damaged at rest is written {"key": ..., "damaged": {"hex": bytes as stored}}, which is refused on
// reading: a person has to decide what it should have been.
#pragma once

#include "cli/stores/lines.h"
#include "impl/store/types.h"

namespace cutover::cli {

/// A key as the lines show it.
std::string text_of_key(const std::string& key);
std::string entry_line(const std::string& key, const std::string& value);
std::string damaged_line(const std::string& key, const std::string& stored);

struct Entry {
  std::string key, value;
};

/// The entry of the line that `lines` gave last. Throws UsageError that begins with NAME:LINE if it
/// is none.
Entry entry_of(const std::string& line, const Lines& lines);

}  // namespace cutover::cli
