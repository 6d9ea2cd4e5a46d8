#include "tla/value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace cutover::tla {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Json value() {
    const char next = peek();
    if (next == '"') return string();
    if (next == '[') return record();
    if (next == '(') return function();
    if (next == '{') return set();
    if (text_.substr(at_).starts_with("<<")) return list("<<", ">>");
    if (next == '-' || std::isdigit(static_cast<unsigned char>(next))) return number();
    return word();
  }

  Json state() {
    Json variables = Json::object();
    while (!at_end()) {
      take("/\\");
      const std::string name = identifier();
      expect("=");
      variables[name] = value();
    }
    return variables;
  }

  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }
  [[noreturn]] void fail(const std::string& expected) const {
    throw std::runtime_error(fmt::format("TLA+ value, at character {}: expected {}, found '{}'",
                                         at_ + 1, expected, text_.substr(at_, 20)));
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  char peek() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(std::string_view what) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  void expect(const std::string& what) {
    if (!take(what)) fail("'" + what + "'");
  }

  std::string identifier() {
    skip_blanks();
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) {
      ++at_;
    }
    if (at_ == begin) fail("a value");
    return std::string(text_.substr(begin, at_ - begin));
  }

  Json word() {
    const std::string name = identifier();
    if (name == "TRUE") return true;
    if (name == "FALSE") return false;
    return name;
  }

  std::int64_t integer() {
    skip_blanks();
    const std::size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '-') ++at_;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) ++at_;
    const std::string digits(text_.substr(begin, at_ - begin));
    if (digits.empty() || digits == "-" || digits.size() > 18) fail("a number");
    return std::stoll(digits);
  }
  Json number() { return integer(); }

  Json string() {
    expect("\"");
    std::string result;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        const char escaped = text_[++at_];
        result += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
      } else {
        result += text_[at_];
      }
      ++at_;
    }
    expect("\"");
    return result;
  }

  Json record() {
    expect("[");
    Json fields = Json::object();
    do {
      const std::string name = identifier();
      expect("|->");
      fields[name] = value();
    } while (take(","));
    expect("]");
    return fields;
  }

  Json list(const std::string& open, const std::string& close) {
    expect(open);
    Json elements = Json::array();
    if (take(close)) return elements;
    do elements.push_back(value());
    while (take(","));
    expect(close);
    return elements;
  }

  Json set() {
    Json elements = list("{", "}");
    std::sort(elements.begin(), elements.end());
    return elements;
  }

  /// (key :> value @@ key :> value)
  Json function() {
    expect("(");
    Json object = Json::object(), array = Json::array();
    do {
      const Json key = value();
      expect(":>");
      if (key.is_string()) {
        object[key.get<std::string>()] = value();
      } else if (key.is_number() && key == array.size() + 1) {
        array.push_back(value());
      } else {
        fail("a function over strings or over 1..n");
      }
    } while (take("@@"));
    expect(")");
    if (!object.empty() && !array.empty()) fail("keys of one kind");
    return object.empty() ? array : object;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string text_of(const Json& value, const std::set<std::string>& sets, bool is_set) {
  if (value.is_boolean()) return value.get<bool>() ? "TRUE" : "FALSE";
  if (value.is_string()) return fmt::format("\"{}\"", value.get<std::string>());
  if (value.is_number()) return value.dump();
  std::vector<std::string> parts;
  if (value.is_array()) {
    for (const Json& each : value) parts.push_back(text_of(each, sets, false));
    return is_set ? fmt::format("{{{}}}", fmt::join(parts, ", "))
                  : fmt::format("<<{}>>", fmt::join(parts, ", "));
  }
  for (const auto& [field, each] : value.items()) {
    parts.push_back(fmt::format("{} |-> {}", field, text_of(each, sets, sets.contains(field))));
  }
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::string shown(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

void collect(const std::string& path, const Json& before, const Json& after,
             std::vector<std::string>& into) {
  if (before == after) return;
  if (after.is_object() && (before.is_object() || before.is_null())) {
    for (const auto& [key, value] : after.items()) {
      const Json was = before.is_null() ? Json() : before.value(key, Json());
      collect(path.empty() ? key : path + "." + key, was, value, into);
    }
  } else if (after.is_array() && !after.empty() &&
             (before.is_null() || (before.is_array() && before.size() == after.size()))) {
    for (std::size_t i = 0; i < after.size(); ++i) {
      const Json was = before.is_null() ? Json() : before[i];
      collect(fmt::format("{}[{}]", path, i + 1), was, after[i], into);
    }
  } else {
    into.push_back(path + " = " + shown(after));
  }
}

}  // namespace

Json parse_value(std::string_view text) {
  Parser parser(text);
  Json value = parser.value();
  if (!parser.at_end()) parser.fail("the end");
  return value;
}

Json parse_state(std::string_view text) { return Parser(text).state(); }

std::string to_text(const Json& value, const std::set<std::string>& sets) {
  return text_of(value, sets, false);
}

std::string state_to_text(const Json& state, const std::set<std::string>& sets) {
  std::string text;
  for (const auto& [variable, value] : state.items()) {
    text += fmt::format("/\\ {} = {}\n", variable, text_of(value, sets, sets.contains(variable)));
  }
  return text;
}

std::vector<std::string> changes(const Json& before, const Json& after) {
  std::vector<std::string> all;
  collect("", before, after, all);
  return all;
}

}  // namespace cutover::tla
