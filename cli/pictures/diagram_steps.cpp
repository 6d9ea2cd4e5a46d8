#include <fmt/format.h>

#include <algorithm>

#include "cli/pictures/diagram.h"
#include "cli/pictures/picture.h"

namespace cutover::cli {

using crashsim::Outcome;

void Diagram::start(const StoryStep& step) {
  const double y = alive_[step.choice.actor] = descend(step.choice.step);
  canvas_.text({of(step), y}, step.choice.actor,
               {.colour = ink_, .size = 12, .bold = true, .fill = kPaper, .frame = kInk});
  y_ += 6;
  told(step);
}

/// A step that is no request.
void Diagram::decide(const StoryStep& step, const std::string& what) {
  const double y = descend(step.choice.step);
  canvas_.text({of(step), y - 4}, what, {.colour = ink_, .anchor = Anchor::right_of});
  told(step);
}

namespace {

std::string event_text(const crashsim::Choice& choice) {
  if (choice.step == crashsim::kRestart) return choice.actor + " restarts";
  return fmt::format("{}: {}, {}", choice.actor, choice.step, choice.outcome);
}

}  // namespace

void Diagram::event(const StoryStep& step) {
  const double y = descend(step.choice.step);
  const auto& lane = lanes_.stores[*step.store];
  canvas_.line(Layer::arrows, {lane.x - 12, y}, {lane.x + 12, y}, {.colour = kFault, .width = 5});
  canvas_.text({lane.x, y}, fmt::format(" {} ", event_text(step.choice)),
               {.colour = kFault,
                .bold = true,
                .anchor = lane.contents < lane.x ? Anchor::right_of : Anchor::left_of});
  y_ += 4;
}

void Diagram::client(const StoryStep& step) {
  const double y = descend(step.choice.step);
  canvas_.line(Layer::arrows, {*lanes_.clients, y}, {of(step) - 4, y},
               {.colour = ink_, .head = "normal"});
  above({*lanes_.clients, y}, step.choice.step.substr(crashsim::input_step("").size()),
        Anchor::right_of);
  told(step);
}

/// The text above a horizontal arrow, near the end that it comes from.
void Diagram::above(Point at, const std::string& text, Anchor side) {
  at.y -= 2 + kLineHeight * count_lines(text) / 2;
  canvas_.text(at, text, {.colour = ink_, .anchor = side});
}

void Diagram::request(const StoryStep& step) {
  const std::string text = in_lines(step.choice.step);
  const double y = descend(text), x = of(step), lane = lanes_.stores[*step.store].x;
  const double direction = lane > x ? 1 : -1;
  const Anchor side = lane > x ? Anchor::right_of : Anchor::left_of;
  const Point process{x + 4 * direction, y}, store{lane - 6 * direction, y};
  above(process, text, side);
  send(step, process, store);
  y_ += 13;
  if (is_crash(step.outcome)) {
    crash(step, side);
  } else {
    come_back(step, {process.x, y_}, {store.x, y_});
  }
  told(step);
  if (!step.ended) return;
  canvas_.text({x, y_ + 2}, "ends",
               {.colour = kFaint, .anchor = lane > x ? Anchor::left_of : Anchor::right_of});
}

void Diagram::send(const StoryStep& step, Point process, Point store) {
  if (takes_effect(step.outcome)) {
    canvas_.line(Layer::arrows, process, store, {.colour = ink_, .width = 1.5, .head = "normal"});
  } else if (stays_in_flight(step.outcome)) {
    stays_on_its_way(step.left[0], process);
  } else {
    const Point middle{(process.x + store.x) / 2, process.y};
    canvas_.line(Layer::arrows, process, middle, kLost);
    canvas_.cross(middle, 8, {.colour = kFault, .width = 2});
  }
}

void Diagram::stays_on_its_way(const StoryStep::Left& request, Point from) {
  const double lane = lanes_.stores[request.store].x, direction = lane > from.x ? 1 : -1;
  const double apart = 22 + 8 * static_cast<double>(in_flight_.size());
  const Point waits{lane - direction * apart, from.y};
  canvas_.line(Layer::arrows, from, waits, kInFlight);
  in_flight_.push_back({request.name, request.step, waits});
}

/// The way of the answer, to a process that lives.
void Diagram::come_back(const StoryStep& step, Point process, Point store) {
  const Anchor side = store.x > process.x ? Anchor::right_of : Anchor::left_of;
  if (step.outcome == Outcome::ok) {
    canvas_.line(Layer::arrows, store, process,
                 {.colour = kFaint, .pattern = "dashed", .head = "vee"});
    if (step.answer.empty()) return;
    const Point beside{process.x + (side == Anchor::right_of ? 8 : -8), process.y};
    canvas_.text(beside, step.answer, {.colour = ink_, .fill = paper_, .anchor = side});
    return;
  }
  const char* text = "no answer: in flight";
  if (step.outcome == Outcome::lost_before) text = "no answer: never arrived";
  if (step.outcome == Outcome::lost_after) {
    text = "no answer: took effect";
    const Point middle{(process.x + store.x) / 2, store.y};
    canvas_.line(Layer::arrows, store, middle, kLost);
    canvas_.cross(middle, 8, {.colour = kFault, .width = 2});
    process.y = y_ += 6;
  }
  canvas_.text(process, text, {.colour = kFault, .bold = true, .fill = paper_, .anchor = side});
}

void Diagram::crash(const StoryStep& step, Anchor side) {
  const Point at{of(step), y_ - 13};
  canvas_.cross(at, 18, {.colour = kFault, .width = 4});
  end_lane(step.choice.actor, at.y);
  for (std::size_t i = stays_in_flight(step.outcome) ? 1 : 0; i < step.left.size(); ++i) {
    stays_on_its_way(step.left[i], at);
  }
  const char* text = "crash: in flight";
  if (step.outcome == Outcome::crash_before) text = "crash: no effect";
  if (step.outcome == Outcome::crash_after) text = "crash: took effect";
  canvas_.text({at.x, at.y + 13}, text,
               {.colour = kFault, .bold = true, .fill = paper_, .anchor = side});
  y_ += 4;
}

void Diagram::landing(const StoryStep& step) {
  const double y = descend(in_lines(step.choice.step)), lane = lanes_.stores[*step.store].x;
  const auto sent = std::ranges::find_if(in_flight_, [&](const Request& each) {
    return each.sender == step.choice.actor && each.step == step.choice.step;
  });
  const Point turn{sent->at.x, y};
  const Anchor side = lane > turn.x ? Anchor::left_of : Anchor::right_of;
  canvas_.line(Layer::arrows, sent->at, turn, kInFlight);
  in_flight_.erase(sent);
  LineStyle arrow = kInFlight;
  if (ink_ != kInk) arrow.colour = ink_;
  arrow.head = "normal";
  canvas_.line(Layer::arrows, turn, {lane + (lane > turn.x ? -6 : 6), y}, arrow);
  const std::string answer = step.answer.empty() ? "" : "\n(" + step.answer + ")";
  canvas_.text({turn.x, y},
               fmt::format("{}:\n{}{}", step.choice.actor, in_lines(step.choice.step), answer),
               {.colour = arrow.colour, .bold = true, .fill = paper_, .anchor = side});
  y_ += 10 + 6 * count_lines(answer);
}

/// What the process says after its step, to its clients or to everybody.
void Diagram::told(const StoryStep& step) {
  const double x = of(step);
  if (!step.told.empty()) {
    const std::string text = stacked(step.told);
    const double y = descend(text), to = lanes_.clients.value_or(x - 100);
    canvas_.line(Layer::arrows, {x - 4, y}, {to, y}, {.colour = ink_, .head = "normal"});
    above({x - 4, y}, text, Anchor::left_of);
  }
  if (!step.now) return;
  const double half = kLineHeight * count_lines(*step.now) / 2;
  canvas_.text({x, y_ + 8 + half}, *step.now,
               {.colour = "#22543d", .fill = "#e6f4ea", .frame = "#38a169"});
  y_ += 8 + 2 * half;
}

}  // namespace cutover::cli
