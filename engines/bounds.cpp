#include "engines/bounds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "system/text.h"
#include "system/usage_error.h"

namespace cutover {

using crashsim::Bounds;

namespace {
constexpr std::size_t kWidth = 100;
}  // namespace

Bounds parse_bounds(const std::string& text, const crashsim::BoundSpecs& all,
                    const Bounds& defaults, OfOthers others) {
  Bounds bounds = defaults;
  std::set<std::string> given;
  for (const std::string& part : text.empty() ? std::vector<std::string>() : split(text)) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string name = part.substr(0, equals);
    const auto known =
        std::ranges::find_if(all, [&](const auto& bound) { return bound.is_called(name); });
    if (known == all.end() && others == OfOthers::ignored) continue;
    if (known == all.end()) {
      throw UsageError(fmt::format("--bounds: '{}' is not a bound; there are {}", name,
                                   fmt::join(names_of(all), ", ")));
    }
    const std::string number = equals < part.size() ? part.substr(equals + 1) : "";
    if (number.empty() || number.size() > 6 || !std::ranges::all_of(number, ::isdigit)) {
      throw UsageError(fmt::format("--bounds: expected {}=NUMBER, found '{}'", name, part));
    }
    if (!given.insert(known->name).second) {
      throw UsageError(fmt::format("--bounds: {} is given twice", known->name));
    }
    known->set(bounds, static_cast<unsigned>(std::stoul(number)));
  }
  if (const auto why = crashsim::impossible(bounds)) throw UsageError("--bounds: " + *why);
  return bounds;
}

crashsim::Bounds bounds_for(const Case& of, const Engine& engine, const std::string& given) {
  const auto own = of.bounds.of_engine.find(engine.name);
  const std::string differing = own != of.bounds.of_engine.end() ? own->second : engine.bounds;
  const auto all = of.bounds.all();
  if (!given.empty()) return parse_bounds(given, all, of.bounds.standard(), OfOthers::ignored);
  return parse_bounds(of.own_bounds, all, parse_bounds(differing, all, of.bounds.standard()));
}

std::string bounds_list(const Case& of, const crashsim::Bounds& bounds) {
  std::vector<std::string> parts;
  for (const auto& bound : of.bounds.all()) {
    std::string name = bound.name;
    std::ranges::replace(name, '_', ' ');
    parts.push_back(fmt::format("{} {}", bound.of(bounds), name));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string bounds_lines(const std::string& title, const std::vector<const Case*>& cases,
                         const std::function<crashsim::Bounds(const Case&)>& bounds) {
  std::map<std::string, std::string> lists;  // by family
  for (const Case* each : cases) {
    if (!each->own_bounds.empty() || lists.contains(each->family)) continue;
    lists[each->family] = bounds_list(*each, bounds(*each));
  }
  std::string lines;
  const auto add = [&](const std::string& of, const std::string& list) {
    lines += wrapped(fmt::format("{}: {}.", of, list), kWidth, "  ") + "\n";
  };
  for (const auto& [family, list] : lists) {
    add(lists.size() == 1 ? title : fmt::format("{} of {}", title, family), list);
  }
  // Cases with bounds of their own, those with the same ones together.
  std::vector<std::pair<std::string, std::vector<std::string>>> own;
  for (const Case* each : cases) {
    if (each->own_bounds.empty()) continue;
    const std::string list = bounds_list(*each, bounds(*each));
    if (lists[each->family] == list) continue;
    auto same = std::ranges::find(own, list, [](const auto& of) { return of.first; });
    if (same == own.end()) same = own.insert(same, {list, {}});
    same->second.push_back(each->name);
  }
  for (const auto& [list, names] : own) {
    add(fmt::format("{} of {}", title, fmt::join(names, ", ")), list);
  }
  return lines;
}

std::string bounds_lines_of(const std::string& engine, const std::vector<const Case*>& cases,
                            const EngineOptions& options) {
  return bounds_lines("Bounds", cases, [&](const Case& of) {
    return bounds_for(of, find_engine(engine), options.given_bounds);
  });
}

}  // namespace cutover
