#include "cli/catalog/entry_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cli/errors.h"

namespace cutover::cli {
namespace {

using nlohmann::json;

/// What is wrong with a line; it does not yet name the place.
class BadLine : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

bool is_utf8(const std::string& bytes) {
  try {
    json(bytes).dump();
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

std::string to_hex(const std::string& bytes) {
  std::string digits;
  for (const char byte : bytes) digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return digits;
}

std::string from_hex(const std::string& digits, const std::string& member) {
  const auto value = [&](char digit) {
    const auto at = std::string_view("0123456789abcdef").find(digit);
    if (at == std::string_view::npos) {
      throw BadLine(fmt::format("digits of \"{}\" that are not 0-9, a-f", member));
    }
    return static_cast<unsigned char>(at);
  };
  if (digits.size() % 2 != 0) {
    throw BadLine(fmt::format("an odd number of hex digits in \"{}\"", member));
  }
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(value(digits[i]) << 4 | value(digits[i + 1]));
  }
  return bytes;
}

json to_json(const std::string& bytes) {
  if (is_utf8(bytes)) return bytes;
  return {{"hex", to_hex(bytes)}};
}

/// JSON itself lets a member occur twice, and the parser would keep the last.
json parse(const std::string& line) {
  if (line.find_first_not_of(" \t\r") == std::string::npos) throw BadLine("an empty line");
  std::vector<std::set<std::string>> members;
  const auto watch = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) members.emplace_back();
    if (event == json::parse_event_t::object_end) members.pop_back();
    if (event == json::parse_event_t::key && !members.back().insert(parsed).second) {
      throw BadLine(fmt::format("{} twice", parsed.dump()));
    }
    return true;
  };
  try {
    return json::parse(line, watch);
  } catch (const json::parse_error& error) {
    throw BadLine(fmt::format("no JSON (wrong at byte {})", error.byte));
  }
}

std::string bytes_at(const json& object, const std::string& member) {
  if (!object.contains(member)) throw BadLine(fmt::format("no \"{}\"", member));
  const json& value = object[member];
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.size() == 1 && value.contains("hex") && value["hex"].is_string()) {
    return from_hex(value["hex"].get<std::string>(), member);
  }
  const bool is_object = value.is_object();
  throw BadLine(is_object
                    ? fmt::format("an object other than {{\"hex\": digits}} as \"{}\"", member)
                    : fmt::format("a \"{}\" of type {}", member, value.type_name()));
}

Entry parse_entry(const std::string& line) {
  const json object = parse(line);
  if (!object.is_object()) throw BadLine(fmt::format("JSON of type {}", object.type_name()));
  if (object.contains("damaged")) {
    throw BadLine("a damaged value; decide what it was, or remove the line");
  }
  for (const auto& [member, value] : object.items()) {
    if (member != "key" && member != "value") {
      throw BadLine(fmt::format("an unknown member {}", json(member).dump()));
    }
  }
  return {bytes_at(object, "key"), bytes_at(object, "value")};
}

}  // namespace

std::string text_of_key(const std::string& key) { return to_json(key).dump(); }

std::string entry_line(const std::string& key, const std::string& value) {
  return json{{"key", to_json(key)}, {"value", to_json(value)}}.dump();
}

std::string damaged_line(const std::string& key, const std::string& stored) {
  return json{{"key", to_json(key)}, {"damaged", {{"hex", to_hex(stored)}}}}.dump();
}

Entry entry_of(const std::string& line, const Lines& lines) {
  try {
    return parse_entry(line);
  } catch (const BadLine& bad) {
    throw UsageError(fmt::format(
        "{}:{}: expected {{\"key\": string, \"value\": string}}, or {{\"hex\": digits}} in place "
        "of a string, found {}{}",
        lines.name(), lines.number(), bad.what(),
        lines.was_ended() ? "" : "; the file ends within this line"));
  }
}

}  // namespace cutover::cli
