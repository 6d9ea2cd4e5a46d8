// What TLC prints with -tool: lines of text, and messages "STARTMSG code:class", text, "ENDMSG".
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace cutover::tla {

struct Message {
  int code = 0;
  bool is_error = false;
  std::string text;
};

/// Takes line by line, and gives each message to `heard` at its end; one within another goes first.
class Messages {
 public:
  explicit Messages(std::function<void(const Message&)> heard) : heard_(std::move(heard)) {}
  void take(const std::string& line);
  /// Whether a message has begun and not ended.
  bool is_within_one() const { return !open_.empty(); }
  /// What was said outside of all messages: what the virtual machine itself complains of.
  const std::string& rest() const { return rest_; }

 private:
  std::function<void(const Message&)> heard_;
  std::vector<Message> open_;
  std::string rest_;
};

}  // namespace cutover::tla
