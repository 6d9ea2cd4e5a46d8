// Values that cross the boundary between an implementation and its exploration, and their numbers.
//
// Store states, requests, answers, events and what properties remember are JSON values: readable in
// traces, comparable by their bytes. The search itself sees small numbers only: an Interner gives
// equal values the same number (SPIN's collapse compression).
#pragma once

#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <vector>

namespace cutover::crashsim {

using Value = nlohmann::json;

/// The value's canonical bytes (CBOR; object members are ordered). Strings may hold any bytes.
inline std::string bytes_of(const Value& value) {
  std::string bytes;
  nlohmann::json::to_cbor(value, nlohmann::detail::output_adapter<char>(bytes));
  return bytes;
}

/// The value as one line of text for people; bytes that are not UTF-8 are replaced.
inline std::string text_of(const Value& value) {
  return value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

/// What judges and describes states takes them so. Good as long as the values are.
inline std::vector<const Value*> pointers_to(const std::vector<Value>& values) {
  std::vector<const Value*> all;
  for (const Value& value : values) all.push_back(&value);
  return all;
}

using Number = std::uint32_t;

/// Numbers values from 0 in the order of their first appearance. Not thread-safe; references stay
/// valid.
class Interner {
 public:
  Number number_of(const Value& value) {
    const auto [at, added] = numbers_.emplace(bytes_of(value), static_cast<Number>(values_.size()));
    if (added) values_.push_back(value);
    return at->second;
  }
  const Value& operator[](Number number) const { return values_[number]; }
  std::size_t size() const { return values_.size(); }

 private:
  std::unordered_map<std::string, Number> numbers_;
  std::deque<Value> values_;
};

}  // namespace cutover::crashsim
