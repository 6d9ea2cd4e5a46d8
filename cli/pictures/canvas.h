// Lines and texts at given places, written in Graphviz's language so that one renderer serves every
// kind of file. Points are typographic; y grows downwards.
//
// Texts lie above all lines. Lines lie above those of lower layers, then above earlier ones.
#pragma once

#include <string>
#include <vector>

namespace cutover::cli {

struct Point {
  double x = 0, y = 0;
};

enum class Layer { background, lanes, arrows };

struct LineStyle {
  std::string colour = "#222222";
  double width = 1;
  const char* pattern = "solid";  ///< or dashed, dotted
  const char* head = "none";      ///< a Graphviz arrow shape
};

/// Where a text is from its point. Its width can only be estimated; `from` is exact.
enum class Anchor { middle, right_of, left_of, from };

struct TextStyle {
  std::string colour = "#222222";
  double size = 10;
  bool bold = false;
  bool code = false;       ///< in a font of fixed width
  std::string fill = {};   ///< of a box around it; empty: what lies below shows through
  std::string frame = {};  ///< its colour; empty: none
  Anchor anchor = Anchor::middle;
};

class Canvas {
 public:
  void line(Layer layer, Point from, Point to, const LineStyle& style);
  void text(Point at, const std::string& text, const TextStyle& style = {});
  /// One line of words, the marked ones bold.
  struct Word {
    std::string text;
    bool marked = false;
  };
  void words(Point at, const std::vector<Word>& words, const TextStyle& style = {});
  /// Two crossing strokes.
  void cross(Point at, double size, const LineStyle& style);
  std::string dot(const std::string& name) const;

  /// About how wide the longest line of the text is.
  static double width_of(const std::string& text, double size, bool bold = false);

 private:
  void add_text(Point at, const std::string& label, double width, const TextStyle& style);

  std::vector<std::string> lines_[3], texts_;
  std::size_t count_ = 0;
};

}  // namespace cutover::cli
