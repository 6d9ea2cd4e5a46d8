#include "tla/messages.h"

#include <cstdio>

namespace cutover::tla {
namespace {

constexpr const char* kStart = "@!@!@STARTMSG ";
constexpr const char* kEnd = "@!@!@ENDMSG ";
constexpr int kErrorClass = 1;

}  // namespace

void Messages::take(const std::string& line) {
  // An error within another begins in the middle of a line.
  const auto start = line.find(kStart);
  if (start != std::string::npos) {
    Message message;
    int kind = 0;
    std::sscanf(line.c_str() + start, "@!@!@STARTMSG %d:%d", &message.code, &kind);
    message.is_error = kind == kErrorClass;
    open_.push_back(message);
  } else if (line.find(kEnd) != std::string::npos && !open_.empty()) {
    const Message ended = std::move(open_.back());
    open_.pop_back();
    heard_(ended);
  } else {
    std::string& text = open_.empty() ? rest_ : open_.back().text;
    text += line + "\n";
  }
}

}  // namespace cutover::tla
