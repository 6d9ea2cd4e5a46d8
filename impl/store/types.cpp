#include "impl/store/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace cutover {
namespace {

constexpr std::size_t kShownWhole = 40, kShownOfLonger = 16;

std::string escaped(std::string_view bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    if (byte == '\\') {
      text += "\\\\";
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += static_cast<char>(byte);
    } else {
      text += fmt::format("\\x{:02x}", byte);
    }
  }
  return text;
}

/// FNV-1a.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

}  // namespace

NoEpochLeft::NoEpochLeft()
    : std::runtime_error(
          "has no epoch left for another open; dump its entries, and load them into a new store") {}

Epoch raised(Epoch epoch, Epoch at_least) {
  const Epoch next = std::max(above(epoch), at_least);
  if (next == kNeverAnEpoch) throw NoEpochLeft();
  return next;
}

std::string printable(std::string_view bytes) {
  if (bytes.empty()) return "\\empty";
  if (bytes.size() <= kShownWhole) return escaped(bytes);
  return fmt::format("{}\\...{}:{:016x}", escaped(bytes.substr(0, kShownOfLonger)), bytes.size(),
                     hash_of(bytes));
}

const char* to_string(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::fenced: return "fenced";
    case Status::lost_answer: return "lost answer";
    case Status::unavailable: return "unavailable";
  }
  return "?";
}

std::string label(const std::string& store, const Request& request) {
  switch (request.kind) {
    case Request::Kind::open: return "open " + store;
    case Request::Kind::read_config:
      return fmt::format("{} {} {}", request.session ? "read" : "peek at", store,
                         printable(request.key));
    case Request::Kind::snapshot: return "read " + store + " snapshot";
    case Request::Kind::get: return fmt::format("get {} {}", store, printable(request.key));
    case Request::Kind::commit: break;
  }
  std::vector<std::string> parts;
  const Transaction& transaction = request.transaction;
  if (transaction.replace) parts.push_back(fmt::format("replace {} contents", store));
  for (const auto& [key, value] : transaction.entries) {
    parts.push_back(fmt::format("{} {} {}", value ? "put" : "delete", store, printable(key)));
  }
  for (const auto& [name, number] : transaction.config) {
    const std::string text = number == 0 ? "false" : number == 1 ? "true" : std::to_string(number);
    parts.push_back(fmt::format("set {} {} {}", store, printable(name), text));
  }
  if (transaction.raise_epoch) parts.push_back(fmt::format("raise {} epoch", store));
  return parts.empty() ? fmt::format("commit {} nothing", store)
                       : fmt::format("{}", fmt::join(parts, " + "));
}

}  // namespace cutover
