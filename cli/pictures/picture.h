// Pictures: text in Graphviz's language, and files rendered from it by their extension.
//
// Not thread-safe: Graphviz is not.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace cutover::cli {

/// Who places the nodes: Graphviz, from top to bottom, or the text itself, by `pos` in points
/// (such a text is rendered by hand with neato -n).
enum class Placed { by_graphviz, by_hand };

/// Throws UsageError unless the extension is one of .svg, .png and .dot.
void check_picture_file(const std::filesystem::path& file);

/// Renders the text into the file; a .dot file holds the text itself. Throws UsageError.
void write_picture(const std::string& dot, Placed placed, const std::filesystem::path& file);

/// As a string of the language, quotes included. A newline is written \n, or, with `left`, \l: the
/// line ends there and is aligned left.
std::string in_quotes(const std::string& text, bool left = false);

/// As a part of an HTML-like label.
std::string in_markup(const std::string& text);

/// A step's label, its operations one a line: "copy + flip" is two.
std::string in_lines(std::string label);

/// Red: what should not be.
inline constexpr const char* kBadColour = "#c53030";

struct Colours {
  const char* fill;
  const char* line;
};
/// What a store's being the source of truth is shown in; grey for no store.
Colours truth_colours(std::optional<std::size_t> store);

}  // namespace cutover::cli
