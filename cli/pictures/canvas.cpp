#include "cli/pictures/canvas.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/pictures/picture.h"

namespace cutover::cli {
namespace {

constexpr double kBeside = 10;

std::string end_point(std::size_t number, char end, Point at) {
  return fmt::format(
      "  {}{} [shape=point, style=invis, width=0, height=0, pos=\"{:.1f},{:.1f}\"];\n", end, number,
      at.x, -at.y);
}

}  // namespace

double Canvas::width_of(const std::string& text, double size, bool bold) {
  std::size_t longest = 0, begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  return static_cast<double>(longest) * size * (bold ? 0.7 : 0.62);
}

void Canvas::line(Layer layer, Point from, Point to, const LineStyle& style) {
  const std::size_t number = count_++;
  lines_[static_cast<std::size_t>(layer)].push_back(
      end_point(number, 'f', from) + end_point(number, 't', to) +
      fmt::format("  f{0} -> t{0} [color=\"{1}\", penwidth={2}, style={3}, arrowhead={4}];\n",
                  number, style.colour, style.width, style.pattern, style.head));
}

void Canvas::cross(Point at, double size, const LineStyle& style) {
  const double half = size / 2;
  line(Layer::arrows, {at.x - half, at.y - half}, {at.x + half, at.y + half}, style);
  line(Layer::arrows, {at.x - half, at.y + half}, {at.x + half, at.y - half}, style);
}

void Canvas::text(Point at, const std::string& text, const TextStyle& style) {
  add_text(at, in_quotes(text, style.anchor == Anchor::from),
           width_of(text, style.size, style.bold), style);
}

void Canvas::words(Point at, const std::vector<Word>& words, const TextStyle& style) {
  std::string label, plain;
  for (const auto& [text, marked] : words) {
    const std::string word = in_markup(text);
    label += (label.empty() ? "" : " ") + (marked ? "<B>" + word + "</B>" : word);
    plain += " " + text;
  }
  add_text(at, "<" + label + ">", width_of(plain, style.size), style);
}

void Canvas::add_text(Point at, const std::string& label, double width, const TextStyle& style) {
  std::string attributes =
      fmt::format("fontcolor=\"{}\", fontsize={}, fontname=\"{}{}\"", style.colour, style.size,
                  style.code ? "Courier" : "Helvetica", style.bold ? " bold" : "");
  if (style.fill.empty()) {
    attributes += ", shape=plaintext";
  } else {
    attributes += fmt::format(", shape=box, style=filled, fillcolor=\"{}\", color=\"{}\"",
                              style.fill, style.frame.empty() ? style.fill : style.frame);
  }
  switch (style.anchor) {
    case Anchor::middle: break;
    case Anchor::right_of: at.x += kBeside + width / 2; break;
    case Anchor::left_of: at.x -= kBeside + width / 2; break;
    case Anchor::from:  // a box of known width, the text at its left
      at.x += width / 2;
      attributes += fmt::format(", fixedsize=true, width={:.3f}, height=0.01", width / 72);
  }
  texts_.push_back(fmt::format("  x{} [label={}, pos=\"{:.1f},{:.1f}\", {}];\n", count_++, label,
                               at.x, -at.y, attributes));
}

std::string Canvas::dot(const std::string& name) const {
  std::string dot = fmt::format(
      "digraph {} {{\n"
      "  graph [splines=line, outputorder=edgesfirst, pad=0.3, bgcolor=white];\n"
      "  node [margin=\"0.04,0.02\", width=0, height=0];\n"
      "  edge [headclip=false, tailclip=false, arrowsize=0.7];\n",
      in_quotes(name));
  for (const auto& layer : lines_) {
    for (const std::string& line : layer) dot += line;
  }
  for (const std::string& text : texts_) dot += text;
  return dot + "}\n";
}

}  // namespace cutover::cli
