#include "cli/pictures/lanes.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/pictures/canvas.h"
#include "cli/pictures/picture.h"

namespace cutover::cli {
namespace {

constexpr double kLeastGap = 165;

struct Widths {
  double gap = kLeastGap;  ///< between lanes
  double contents = 0;     ///< of a store
};

Widths measure(const Story& story) {
  Widths widths;
  const auto hold = [&](const Scene& scene) {
    for (const auto& [column, text] : scene.columns) {
      widths.contents = std::max(widths.contents, Canvas::width_of(text, kText) + 14);
    }
  };
  hold(story.before);
  for (const StoryStep& step : story.steps) {
    hold(step.after);
    for (const std::string& text : {in_lines(step.choice.step), stacked(step.told), step.answer}) {
      widths.gap = std::max(widths.gap, Canvas::width_of(text, kText) + 44);
    }
  }
  return widths;
}

/// Each process's place among the processes; that of one that has ended is taken by another.
std::map<std::string, std::size_t> places(const Story& story) {
  std::map<std::string, std::size_t> places;
  std::vector<std::string> alive;  // by place; empty where nobody is
  for (const StoryStep& step : story.steps) {
    const std::string& actor = step.choice.actor;
    if (kind_of(step) == RowKind::start) {
      const auto free = std::ranges::find(alive, "");
      places[actor] = static_cast<std::size_t>(free - alive.begin());
      if (free == alive.end()) alive.emplace_back();
      alive[places[actor]] = actor;
    }
    if (is_crash(step.outcome) || step.ended) alive[places.at(actor)].clear();
  }
  return places;
}

std::size_t column_of(const Story& story, const std::string& store) {
  const auto& columns = story.before.columns;
  const auto at = std::ranges::find(columns, store, [](const auto& each) { return each.first; });
  return static_cast<std::size_t>(at - columns.begin());
}

}  // namespace

Lanes::Lanes(const Story& story) {
  const auto [gap, contents] = measure(story);
  const std::size_t at_left = story.stores.size() / 2;
  double x = 30;
  for (std::size_t i = 0; i < at_left; ++i) {
    x += contents + 16;
    stores.push_back({x, x - contents / 2 - 14, column_of(story, story.stores[i])});
    x += gap;
  }
  const auto has_clients = [](const StoryStep& step) { return kind_of(step) == RowKind::client; };
  if (std::ranges::any_of(story.steps, has_clients)) {
    clients = x;
    x += gap;
  }
  double beyond = x;
  for (const auto& [process, place] : places(story)) {
    processes[process] = x + gap * static_cast<double>(place);
    beyond = std::max(beyond, processes[process] + gap);
  }
  x = beyond;
  for (std::size_t i = at_left; i < story.stores.size(); ++i) {
    stores.push_back({x, x + contents / 2 + 14, column_of(story, story.stores[i])});
    x += contents + 60;
  }
  for (std::size_t i = 0; i < story.before.columns.size(); ++i) {
    const auto is_column = [&](const StoreLane& store) { return store.column == i; };
    if (std::ranges::any_of(stores, is_column)) continue;
    further[i] = x;
    x += 60;
  }
  right = x;
}

RowKind kind_of(const StoryStep& step) {
  const std::string& what = step.choice.step;
  if (what == crashsim::kStart) return RowKind::start;
  if (what == crashsim::kStop) return RowKind::stop;
  if (!step.store && crashsim::is_choose_step(what)) return RowKind::choose;
  if (step.is_event) return RowKind::event;
  if (what.starts_with(crashsim::input_step(""))) return RowKind::client;
  if (crashsim::sender_of(step.choice.actor)) return RowKind::landing;
  return RowKind::request;
}

std::string stacked(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, "\n"));
}

double count_lines(const std::string& text) {
  return text.empty() ? 0 : 1 + static_cast<double>(std::ranges::count(text, '\n'));
}

}  // namespace cutover::cli
