#include "cli/pictures/time_diagram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ranges>

#include "cli/pictures/diagram.h"
#include "cli/pictures/picture.h"
#include "system/text.h"

namespace cutover::cli {

std::string time_diagram(const Story& story) { return Diagram(story).draw(); }

std::string Diagram::draw() {
  heading();
  beginning();
  for (std::size_t i = 0; i < story_.steps.size(); ++i) row(i, story_.steps[i]);
  lanes();
  footer();
  return canvas_.dot(story_.title);
}

void Diagram::heading() {
  canvas_.text({0, -78}, story_.title, {.size = 16, .bold = true, .anchor = Anchor::from});
  canvas_.text({0, -58}, story_.about, {.size = 11, .anchor = Anchor::from});
  const bool holds = story_.violated.empty();
  canvas_.text(
      {0, -42}, holds ? "no property is violated" : "violates " + story_.violated,
      {.colour = holds ? kFaint : kBadColour, .size = 11, .bold = true, .anchor = Anchor::from});
  const TextStyle head{.size = 13, .bold = true};
  for (std::size_t i = 0; i < lanes_.stores.size(); ++i) {
    const auto [fill, line] = truth_colours(i);
    TextStyle store = head;
    store.colour = store.frame = line;
    store.fill = fill;
    canvas_.text({lanes_.stores[i].x, -6}, story_.stores[i], store);
  }
  if (lanes_.clients) canvas_.text({*lanes_.clients, -6}, "clients", head);
  for (const auto& [column, x] : lanes_.further) {
    canvas_.text({x, -6}, story_.before.columns[column].first, head);
  }
}

void Diagram::beginning() {
  y_ = 24;
  canvas_.text({0, y_}, "0", {.colour = kFaint});
  if (!lanes_.stores.empty()) {
    canvas_.text({lanes_.stores[0].x, y_}, "the beginning: " + story_.beginning,
                 {.colour = kFaint, .anchor = Anchor::right_of});
  }
  change({}, story_.before, y_);
  y_ += 12;
}

/// One step. Whatever it draws moves y_ down.
void Diagram::row(std::size_t number, const StoryStep& step) {
  const bool violates = number + 1 == story_.steps.size() && !story_.violated.empty();
  const double top = y_;
  ink_ = violates ? kBadColour : kInk;
  paper_ = violates ? kBadPaper : kPaper;
  switch (kind_of(step)) {
    case RowKind::start: start(step); break;
    case RowKind::stop: decide(step, "stops"); break;
    case RowKind::choose: decide(step, step.choice.step); break;
    case RowKind::event: event(step); break;
    case RowKind::client: client(step); break;
    case RowKind::landing: landing(step); break;
    case RowKind::request: request(step); break;
  }
  if (step.ended) end_lane(step.choice.actor, y_ + 2);
  const double y = top + kAbove + kLineHeight * count_lines(in_lines(step.choice.step));
  const Scene& before = number == 0 ? story_.before : story_.steps[number - 1].after;
  change(before, step.after, y);
  canvas_.text({0, y}, std::to_string(number + 1),
               {.colour = violates ? kBadColour : kFaint, .bold = violates});
  y_ += 10;
  if (!violates) return;
  for (std::size_t i = 0; i < lanes_.stores.size(); ++i) contents(i, before, step.after, y);
  const double middle = (top + y_) / 2;
  canvas_.line(Layer::background, {lanes_.left - 14, middle}, {lanes_.right, middle},
               {.colour = kBadPaper, .width = y_ - top});
}

/// Shows which columns differ, at the height where they changed.
void Diagram::change(const Scene& from, const Scene& to, double y) {
  if (periods_.empty() || from.look.truth != to.look.truth || from.look.bad != to.look.bad) {
    periods_.push_back({periods_.empty() ? 4 : y, to.look});
  }
  const auto is_same = [&](std::size_t column) {
    return column < from.columns.size() && from.columns[column] == to.columns[column];
  };
  for (std::size_t i = 0; i < lanes_.stores.size(); ++i) {
    if (!is_same(lanes_.stores[i].column)) contents(i, from, to, y);
  }
  for (const auto& [column, x] : lanes_.further) {
    if (is_same(column)) continue;
    const char* colour = to.look.bad ? kBadColour : truth_colours(to.look.truth).line;
    canvas_.text({x, y}, to.columns[column].second, {.colour = colour, .size = 12, .bold = true});
  }
}

/// What a store holds now; the words that changed are marked.
void Diagram::contents(std::size_t store, const Scene& from, const Scene& to, double y) {
  const auto& lane = lanes_.stores[store];
  if (lane.column >= to.columns.size()) return;
  const auto words_of = [&](const Scene& scene) {
    std::vector<std::string> words;
    if (lane.column >= scene.columns.size()) return words;
    for (const auto word : std::views::split(scene.columns[lane.column].second, ' ')) {
      words.emplace_back(word.begin(), word.end());
    }
    return words;
  };
  const auto before = words_of(from);
  std::vector<Canvas::Word> words;
  for (const std::string& word : words_of(to)) {
    const bool is_new = std::ranges::find(before, word) == before.end();
    words.push_back({word, is_new && !before.empty()});
  }
  canvas_.words({lane.contents, y}, words,
                {.code = true, .fill = kPaper, .frame = truth_colours(store).line});
}

void Diagram::end_lane(const std::string& process, double y) {
  const auto at = alive_.find(process);
  if (at == alive_.end()) return;
  const double x = lanes_.processes.at(process);
  canvas_.line(Layer::lanes, {x, at->second}, {x, y}, kLane);
  alive_.erase(at);
}

void Diagram::lanes() {
  while (!alive_.empty()) end_lane(alive_.begin()->first, y_);
  for (const Request& each : in_flight_) {
    canvas_.line(Layer::arrows, each.at, {each.at.x, y_}, kInFlight);
  }
  if (lanes_.clients) {
    canvas_.line(Layer::lanes, {*lanes_.clients, 4}, {*lanes_.clients, y_},
                 {.colour = kFaint, .pattern = "dotted"});
  }
  for (std::size_t i = 0; i < lanes_.stores.size(); ++i) bands(i);
}

/// A thin line, and a broad band while the store is the source of truth.
void Diagram::bands(std::size_t store) {
  const double x = lanes_.stores[store].x;
  const char* colour = truth_colours(store).line;
  canvas_.line(Layer::lanes, {x, 4}, {x, y_}, {.colour = colour, .width = 2});
  for (std::size_t i = 0; i < periods_.size(); ++i) {
    const auto& [begin, look] = periods_[i];
    if (!look.bad && look.truth != store) continue;
    const double end = i + 1 < periods_.size() ? periods_[i + 1].y : y_;
    canvas_.line(Layer::lanes, {x, begin}, {x, end},
                 {.colour = look.bad ? kBadColour : colour, .width = 10});
  }
}

/// In lines of equal length, no wider than the lanes.
std::string Diagram::verdict() const {
  const std::string demand = story_.demand.empty() ? "" : " It demands: " + story_.demand + ".";
  const std::string text = fmt::format("{} is violated.{}", story_.violated, demand);
  const double most = (lanes_.right - lanes_.left) / 8.5;
  const double lines = std::ceil(static_cast<double>(text.size()) / most);
  return wrapped(text, text.size() / static_cast<std::size_t>(lines) + 6);
}

void Diagram::footer() {
  const double middle = (lanes_.left + lanes_.right) / 2;
  y_ += 14;
  if (!story_.violated.empty()) {
    const std::string text = verdict();
    const double height = 16 * count_lines(text);
    canvas_.text({middle, y_ + height / 2}, text,
                 {.colour = "white", .size = 12, .bold = true, .fill = kBadColour});
    y_ += height + 14;
  }
  const auto note = [&](const std::string& text) {
    canvas_.text({0, y_}, text, {.colour = "#555555", .size = 9, .anchor = Anchor::from});
    y_ += 12;
  };
  note(
      "Time runs downwards. A broad band along a store: it is the source of truth; red along all "
      "stores: none is.");
  for (const std::string& text : story_.notation) note(text);
}

}  // namespace cutover::cli
