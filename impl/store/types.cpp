#include "impl/store/types.h"

#include <fmt/format.h>

#include <vector>

namespace cutover {

const char* to_string(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::fenced: return "fenced";
    case Status::ambiguous: return "ambiguous";
    case Status::unavailable: return "unavailable";
  }
  return "?";
}

std::string label(const std::string& store, const Request& request) {
  switch (request.kind) {
    case Request::Kind::open: return "open " + store;
    case Request::Kind::read_config:
      return fmt::format("{} {} {}", request.session ? "read" : "peek at", store, request.key);
    case Request::Kind::snapshot: return "read " + store + " snapshot";
    case Request::Kind::get: return fmt::format("get {} {}", store, request.key);
    case Request::Kind::commit: break;
  }
  std::vector<std::string> parts;
  const Transaction& transaction = request.transaction;
  if (transaction.replace) parts.push_back(fmt::format("replace {} contents", store));
  for (const auto& [key, value] : transaction.entries) {
    parts.push_back(fmt::format("{} {} {}", value ? "put" : "delete", store, key));
  }
  for (const auto& [name, number] : transaction.config) {
    const std::string text = number == 0 ? "false" : number == 1 ? "true" : std::to_string(number);
    parts.push_back(fmt::format("set {} {} {}", store, name, text));
  }
  if (transaction.raise_epoch) parts.push_back(fmt::format("raise {} epoch", store));
  return parts.empty() ? fmt::format("commit {} nothing", store)
                       : fmt::format("{}", fmt::join(parts, " + "));
}

}  // namespace cutover
