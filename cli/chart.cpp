#include "cli/chart.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/errors.h"
#include "system/whole_file.h"

namespace cutover::cli {

using nlohmann::json;

namespace {

constexpr int kChartVersion = 1;

/// What is read of a file, and where it is.
struct Place {
  std::string file, at;
  const json& value;

  [[noreturn]] void fail(const std::string& why) const {
    throw UsageError(fmt::format("{}: at {}: {}", file, at.empty() ? "/" : at, why));
  }
  Place member(const std::string& name) const {
    if (!value.is_object() || !value.contains(name)) fail("'" + name + "' is missing");
    return {file, at + "/" + name, value.at(name)};
  }
  Place element(std::size_t i) const { return {file, fmt::format("{}/{}", at, i), value.at(i)}; }
  std::string text() const {
    if (!value.is_string()) fail("expected a text");
    return value.get<std::string>();
  }
  double number() const {
    if (!value.is_number() || !(value.get<double>() >= 0)) fail("expected a number, 0 or more");
    return value.get<double>();
  }
  std::size_t size() const {
    if (!value.is_array()) fail("expected a list");
    return value.size();
  }
};

Curve::Point point_from(const Place& place, double after) {
  if (place.size() != 2) place.fail("expected a time and a value");
  const Curve::Point point{place.element(0).number(), place.element(1).number()};
  if (point.seconds < after) place.element(0).fail("it is earlier than the one before");
  return point;
}

Curve curve_from(const Place& place) {
  Curve curve;
  curve.name = place.member("name").text();
  curve.unit = place.member("unit").text();
  if (place.value.contains("limit")) curve.limit = place.member("limit").number();
  const Place points = place.member("points");
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double after = i == 0 ? 0 : curve.points.back().seconds;
    curve.points.push_back(point_from(points.element(i), after));
  }
  return curve;
}

}  // namespace

void write_chart(const std::filesystem::path& file, const Chart& chart) {
  json curves = json::array();
  for (const Curve& curve : chart.curves) {
    json points = json::array();
    // Three digits behind the point are a thousandth of a millisecond, and a millisecond.
    const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
    for (const auto& [seconds, value] : curve.points) {
      points.push_back({rounded(seconds), rounded(value)});
    }
    curves.push_back({{"name", curve.name}, {"unit", curve.unit}, {"points", points}});
    if (curve.limit) curves.back()["limit"] = rounded(*curve.limit);
  }
  const json whole = {{"cutover_chart", kChartVersion}, {"title", chart.title}, {"curves", curves}};
  // A name of a file may hold bytes that are no text.
  system::write_file(file, whole.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

std::optional<Chart> read_chart(const std::filesystem::path& file) {
  std::error_code error;
  // What is no regular file could be read once only.
  if (!std::filesystem::is_regular_file(file, error)) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  const json whole = json::parse(in, nullptr, false);
  if (!whole.is_object() || !whole.contains("cutover_chart")) return std::nullopt;
  const Place place{file.string(), "", whole};
  if (whole.at("cutover_chart") != kChartVersion) {
    place.member("cutover_chart").fail(fmt::format("this build reads version {}", kChartVersion));
  }
  Chart chart;
  chart.title = place.member("title").text();
  const Place curves = place.member("curves");
  for (std::size_t i = 0; i < curves.size(); ++i) {
    chart.curves.push_back(curve_from(curves.element(i)));
  }
  return chart;
}

}  // namespace cutover::cli
