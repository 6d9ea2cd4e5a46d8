#include "properties/catalog/explanations.h"

#include <fmt/format.h>

#include "impl/catalog/contents.h"

namespace cutover::catalog {
namespace {

using crashsim::Look;
using crashsim::Value;
using crashsim::catalog::kStoreNames;

std::optional<bool> tombstone_of(const Value& store) {
  const auto at = store["config"].find(kTombstone);
  if (at == store["config"].end()) return std::nullopt;
  return *at != 0;
}

std::string text_of(std::optional<bool> tombstone) {
  if (!tombstone) return "absent";
  return *tombstone ? "true" : "false";
}

Look look(Truth truth, std::span<const Value* const> stores) {
  const auto stash = tombstone_of(*stores[0]), persist = tombstone_of(*stores[1]);
  Look look;
  look.columns = {{fmt::format("{} tombstone", kStoreNames[0]), text_of(stash)},
                  {fmt::format("{} tombstone", kStoreNames[1]), text_of(persist)}};
  if (const auto named = truth(stash, persist)) look.truth = static_cast<std::size_t>(*named);
  look.columns.emplace_back("truth", look.truth ? kStoreNames[*look.truth] : "none");
  look.bad = !look.truth;
  return look;
}

std::string brief(const std::string& bytes) {
  constexpr std::size_t kShown = 12;
  if (bytes.size() <= kShown) return printable(bytes);
  return fmt::format("{}...({})", printable(bytes.substr(0, kShown)), bytes.size());
}

std::string entries_text(const Value& contents) {
  constexpr std::size_t kShown = 3;
  Contents held;
  held.format = contents[0];
  held.entries = contents[1].get<Entries>();
  const Entries seen = decode(held);
  std::vector<std::string> parts;
  for (const auto& [key, value] : seen) {
    if (parts.size() == kShown) break;
    parts.push_back(brief(key) + "=" + brief(value));
  }
  if (seen.size() > kShown) parts.push_back(fmt::format("+{}", seen.size() - kShown));
  return parts.empty() ? "empty" : fmt::format("{}", fmt::join(parts, " "));
}

/// What a store answers where it is ok; requests and answers as properties/catalog/adaptor.cpp
/// writes them.
std::string ok_text(const Value& request, const Value& answer) {
  switch (static_cast<Request::Kind>(request[0].get<int>())) {
    case Request::Kind::open: return fmt::format("session e{}", answer[1].get<std::uint64_t>());
    case Request::Kind::read_config: {
      if (answer[2].is_null()) return "absent";
      const auto number = answer[2].get<std::uint64_t>();
      return number > 1 ? std::to_string(number) : number == 1 ? "true" : "false";
    }
    case Request::Kind::snapshot: return entries_text(answer[4]);
    case Request::Kind::get:
      return answer[3].is_null() ? "absent" : brief(answer[3].get<std::string>());
    case Request::Kind::commit: break;
  }
  const bool raises = !request[7].is_null();
  return raises ? fmt::format("now e{}", answer[1].get<std::uint64_t>()) : "";
}

crashsim::AnswerText answer_text(const Value& request, const Value& answer) {
  const auto status = static_cast<Status>(answer[0].get<int>());
  if (status != Status::ok) return {to_string(status), true};
  return {ok_text(request, answer)};
}

/// What the client that asked is told; the event is in properties/catalog/adaptor.h.
std::string event_text(const Value& event) {
  if (event[0] != "replied") return "";
  const auto text = [&](std::size_t at) { return brief(event[at].get<std::string>()); };
  if (text(4) != "ok") return fmt::format("{} {}: {}", text(1), text(2), text(4));
  const std::string value = event[3].is_null() ? " is gone" : " = " + text(3);
  return fmt::format("{}: {}{}\n({}, epoch {})", event[1] == "get" ? "read" : "acknowledged",
                     text(2), value, text(5), event[6].get<std::uint64_t>());
}

std::string status_text(const Value& status) {
  return fmt::format("serves {}\nunder epoch {}", status["serving"].get<std::string>(),
                     status["epoch"].get<std::uint64_t>());
}

}  // namespace

crashsim::Explanations explanations(Truth truth) {
  crashsim::Explanations all;
  all.look = [truth](std::span<const Value* const> stores) { return look(truth, stores); };
  all.answer = answer_text;
  all.event = event_text;
  all.status = status_text;
  all.properties = {
      "the tombstones name exactly one store",
      "the source of truth holds every acknowledged put",
      "a key whose delete was acknowledged stays gone",
      "a process that is not fenced on the store it serves serves the truth",
      "no request of a session takes effect once a later epoch was issued",
      "a store never issues an epoch twice, and clients are acknowledged under epochs that never "
      "decrease",
      "whoever starts alone from these stores, without faults, gets to serve",
  };
  all.notation = {
      "e3 - a=x: the epoch is 3, the tombstone was never set (T: true, f: false), and "
      "clients see x under key a"};
  return all;
}

}  // namespace cutover::catalog
