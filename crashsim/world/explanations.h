// How a world explains itself to people: what state graphs and pictures of traces say beyond the
// columns of a trace. The engine never looks at it, and everything in it may be left out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "crashsim/world/value.h"

namespace cutover::crashsim {

/// Durable states from far away. Those with equal columns look the same: one node of a state graph.
struct Look {
  std::vector<std::pair<std::string, std::string>>
      columns;                       ///< (name, text), always the same names
  std::optional<std::size_t> truth;  ///< the store that wins, by its index in World::stores
  bool bad = false;                  ///< no state should look like this
};

/// What an answer says.
struct AnswerText {
  std::string text;         ///< empty: nothing worth showing
  bool is_refusal = false;  ///< "fenced": traces show it in place of "ok"
};

struct Explanations {
  /// Empty: what World::describe says, and nothing about the truth.
  std::function<Look(std::span<const Value* const> stores)> look;
  /// What a store's answer says to a request with these Operation::arguments.
  std::function<AnswerText(const Value& arguments, const Value& answer)> answer;
  /// What a request with these Operation::arguments asks for, beyond its label; and what a client's
  /// request says.
  std::function<std::string(const Value& arguments)> arguments;
  std::function<std::string(const Value& input)> input;
  /// Tables too, and not only pictures, show what is asked, answered and told.
  bool in_tables = false;
  /// What a process says with an event that it emits, to its clients for instance; or empty.
  std::function<std::string(const Value& event)> event;
  /// What a process that declared this does ("serves persist").
  std::function<std::string(const Value& status)> status;
  /// Why the violated property is violated, where that is not plain; or empty.
  std::function<std::string(std::span<const Value* const> stores, const Value& memory)> complaint;
  std::vector<std::string> properties;  ///< what each of World::properties demands, in one line
  std::vector<std::string> notation;    ///< lines that say how to read what World::describe shows
};

}  // namespace cutover::crashsim
