#include "cli/pictures/curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/pictures/canvas.h"
#include "cli/pictures/picture.h"

namespace cutover::cli {
namespace {

constexpr double kWidth = 640, kHeight = 120;         // of a panel
constexpr double kAbovePanel = 34, kBelowPanel = 10;  // its name; free space
const LineStyle kAxis{.colour = "#666666"};
const LineStyle kGrid{.colour = "#dddddd"};
const LineStyle kLine{.colour = "#2b6cb0", .width = 1.2};
const LineStyle kBadLine{.colour = kBadColour, .width = 1.2};
const LineStyle kLimit{.colour = kBadColour, .pattern = "dashed"};
const TextStyle kLabel{.colour = "#555555", .size = 8, .anchor = Anchor::left_of};

/// The highest point of each place on the axis, a point wide.
std::vector<Curve::Point> drawn(const std::vector<Curve::Point>& points, double seconds) {
  std::vector<Curve::Point> all;
  const auto column = [&](const Curve::Point& point) {
    return std::floor(point.seconds / seconds * kWidth);
  };
  for (const Curve::Point& point : points) {
    if (all.empty() || column(all.back()) != column(point)) {
      all.push_back(point);
    } else if (point.value > all.back().value) {
      all.back() = point;
    }
  }
  return all;
}

class Panel {
 public:
  Panel(Canvas& canvas, const Curve& curve, double top, double seconds)
      : canvas_(canvas), curve_(curve), bottom_(top + kAbovePanel + kHeight), seconds_(seconds) {
    for (const Curve::Point& point : curve.points) most_ = std::max(most_, point.value);
    most_ = std::max(most_, curve.limit.value_or(0));
    if (most_ == 0) most_ = 1;
  }

  /// Returns where it ends.
  double draw() {
    axes();
    if (curve_.limit) {
      canvas_.line(Layer::lanes, at({0, *curve_.limit}), at({seconds_, *curve_.limit}), kLimit);
      canvas_.text({kWidth, at({0, *curve_.limit}).y}, fmt::format("limit {}", *curve_.limit),
                   {.colour = kBadColour, .size = 8, .anchor = Anchor::right_of});
    }
    const auto points = drawn(curve_.points, seconds_);
    for (std::size_t i = 1; i < points.size(); ++i) {
      const bool is_bad = is_above(points[i]) || (i == 1 && is_above(points[0]));
      canvas_.line(Layer::arrows, at(points[i - 1]), at(points[i]), is_bad ? kBadLine : kLine);
    }
    if (points.size() == 1) {
      canvas_.cross(at(points[0]), 6, is_above(points[0]) ? kBadLine : kLine);
    }
    return bottom_ + kBelowPanel;
  }

 private:
  bool is_above(const Curve::Point& point) const {
    return curve_.limit && point.value > *curve_.limit;
  }
  Point at(const Curve::Point& point) const {
    return {point.seconds / seconds_ * kWidth, bottom_ - point.value / most_ * kHeight};
  }

  void axes() {
    canvas_.text({0, bottom_ - kHeight - kAbovePanel / 2},
                 fmt::format("{}, {}", curve_.name, curve_.unit),
                 {.size = 10, .bold = true, .anchor = Anchor::from});
    const double step = step_of_axis(most_);
    for (int i = 0; i * step <= most_; ++i) {
      const double y = at({0, i * step}).y;
      canvas_.line(Layer::background, {0, y}, {kWidth, y}, i == 0 ? kAxis : kGrid);
      canvas_.text({0, y}, fmt::format("{:g}", i * step), kLabel);
    }
  }

  Canvas& canvas_;
  const Curve& curve_;
  const double bottom_, seconds_;
  double most_ = 0;
};

}  // namespace

double step_of_axis(double most) {
  if (!std::isnormal(most / 10)) return 1;
  const double power = std::pow(10, std::floor(std::log10(most / 2)));
  const double times = most / 2 / power;
  return power * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
}

std::string curves_diagram(const Chart& chart) {
  Canvas canvas;
  double seconds = 0;
  for (const Curve& curve : chart.curves) {
    if (!curve.points.empty()) seconds = std::max(seconds, curve.points.back().seconds);
  }
  if (seconds == 0) seconds = 1;
  canvas.text({0, 0}, chart.title, {.size = 12, .bold = true, .anchor = Anchor::from});
  double bottom = 10;
  for (const Curve& curve : chart.curves) bottom = Panel(canvas, curve, bottom, seconds).draw();
  const double step = step_of_axis(seconds);
  for (int i = 0; i * step <= seconds; ++i) {
    canvas.text({i * step / seconds * kWidth, bottom + 4}, fmt::format("{:g} s", i * step),
                {.colour = "#555555", .size = 8});
  }
  return canvas.dot(chart.title);
}

}  // namespace cutover::cli
