#include "crashsim/sdk/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace cutover::sdk {
namespace {

constexpr std::size_t kLongest = 60;

/// Sorted by different first parts, as a std::map is: it is shown as one.
bool is_map(const Value& list) {
  const auto is_pair = [](const Value& each) {
    return each.is_array() && each.size() == 2 && each[0].is_primitive();
  };
  const auto is_in_order = [](const Value& a, const Value& b) { return a[0] < b[0]; };
  return !list.empty() && std::ranges::all_of(list, is_pair) &&
         std::ranges::adjacent_find(list, std::not_fn(is_in_order)) == list.end();
}

bool is_word(const std::string& text) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
  return !text.empty() && std::ranges::all_of(text, fits) && !std::isdigit(text[0]);
}

std::string whole_text(const Value& value);

std::string text_of_members(const Value& object, const std::vector<std::string>& order) {
  std::vector<std::string> parts;
  const auto add = [&](const std::string& name) {
    parts.push_back(fmt::format("{}={}", name, whole_text(object.at(name))));
  };
  for (const std::string& name : order) add(name);
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(order, name) == order.end()) add(name);
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

std::string whole_text(const Value& value) {
  if (value.is_string() && is_word(value.get<std::string>())) return value.get<std::string>();
  if (value.is_object()) return "{" + text_of_members(value, {}) + "}";
  if (!value.is_array()) return crashsim::text_of(value);
  std::vector<std::string> parts;
  if (is_map(value)) {
    for (const Value& each : value) {
      parts.push_back(fmt::format("{}={}", whole_text(each[0]), whole_text(each[1])));
    }
    return fmt::format("{{{}}}", fmt::join(parts, " "));
  }
  for (const Value& each : value) parts.push_back(whole_text(each));
  return fmt::format("[{}]", fmt::join(parts, ","));
}

}  // namespace

std::vector<std::string> members_in_order(void (*from_json)(const Value&), const Value& whole) {
  std::vector<std::string> order;
  if (!whole.is_object()) return order;
  Value some = Value::object();
  while (some.size() < whole.size()) {
    try {
      from_json(some);
      return order;
    } catch (const Value::out_of_range& missing) {
      // "[json.exception.out_of_range.403] key 'owner' not found"
      const std::string text = missing.what();
      const auto begin = text.find('\'') + 1, end = text.rfind('\'');
      if (begin == 0 || end <= begin) return order;
      const std::string name = text.substr(begin, end - begin);
      if (!whole.contains(name) || some.contains(name)) return order;
      some[name] = whole[name];
      order.push_back(name);
    } catch (const std::exception&) {
      return order;
    }
  }
  return order;
}

std::string text_of_state(const Value& state, const std::vector<std::string>& order) {
  return state.is_object() ? text_of_members(state, order) : whole_text(state);
}

std::string text_of_value(const Value& value) {
  std::string text = whole_text(value);
  if (text.size() > kLongest) text = text.substr(0, kLongest - 3) + "...";
  return text;
}

std::string text_of_call(std::string_view label, const Value& call) {
  std::vector<std::string> arguments;
  for (std::size_t i = 1; i < call.size(); ++i) arguments.push_back(text_of_value(call[i]));
  const char* const between = label.empty() || arguments.empty() ? "" : " ";
  return fmt::format("{}{}{}", label, between, fmt::join(arguments, ", "));
}

}  // namespace cutover::sdk
