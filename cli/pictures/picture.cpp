#include "cli/pictures/picture.h"

#include <fmt/format.h>
#include <graphviz/gvc.h>

#include <array>
#include <memory>

#include "cli/errors.h"
#include "system/whole_file.h"

namespace cutover::cli {
namespace {

/// What Graphviz complained about, as it has no other way to say why it failed.
std::string& complaints() {
  static std::string text;
  return text;
}

int complain(char* text) {
  complaints() += text;
  return 0;
}

template <auto function>
struct Call {
  template <class T>
  void operator()(T* of) const {
    function(of);
  }
};
using Graph = std::unique_ptr<graph_t, Call<agclose>>;
using Rendered = std::unique_ptr<char, Call<gvFreeRenderData>>;

/// One for the life of the process: Graphviz's text layout keeps pointers into the last one.
GVC_t* context() {
  static GVC_t* const only = gvContext();
  return only;
}

[[noreturn]] void cannot_render(const std::filesystem::path& file) {
  std::string why = complaints().substr(0, complaints().find('\n'));
  if (why.empty()) why = "it does not say why";
  throw UsageError(
      fmt::format("{}: Graphviz could not draw it ({}); write a .dot file and draw that elsewhere",
                  file.string(), why));
}

std::string rendered(const std::string& dot, Placed placed, const std::filesystem::path& file) {
  complaints().clear();
  agseterrf(complain);
  const Graph graph(agmemread(dot.c_str()));
  if (!graph) cannot_render(file);
  const char* engine = placed == Placed::by_hand ? "nop" : "dot";
  if (gvLayout(context(), graph.get(), engine) != 0) cannot_render(file);
  const std::string format = file.extension().string().substr(1);
  char* data = nullptr;
  unsigned size = 0;
  const int failed = gvRenderData(context(), graph.get(), format.c_str(), &data, &size);
  const Rendered owned(data);
  gvFreeLayout(context(), graph.get());
  if (failed != 0 || data == nullptr || size == 0) cannot_render(file);
  return {data, size};
}

/// Not allowed in SVG.
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

void check_picture_file(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".svg" || extension == ".png" || extension == ".dot") return;
  throw UsageError(fmt::format("{}: cannot tell what to draw; end the name in .svg, .png or .dot",
                               file.string()));
}

void write_picture(const std::string& dot, Placed placed, const std::filesystem::path& file) {
  check_picture_file(file);
  const std::string bytes = file.extension() == ".dot" ? dot : rendered(dot, placed, file);
  system::write_file(file, bytes);
}

std::string in_quotes(const std::string& text, bool left) {
  const char* const end_of_line = left ? "\\l" : "\\n";
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += end_of_line;
    } else {
      result += is_control(c) ? '?' : c;
    }
  }
  return result + (left ? "\\l\"" : "\"");
}

std::string in_markup(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      default: result += is_control(c) ? '?' : c;
    }
  }
  return result;
}

std::string in_lines(std::string label) {
  for (std::size_t at = 0; (at = label.find(" + ", at)) != std::string::npos;) label[at] = '\n';
  return label;
}

Colours truth_colours(std::optional<std::size_t> store) {
  static constexpr std::array<Colours, 4> kOfStores = {{{"#cfe2f5", "#2b6cb0"},
                                                        {"#fbe3a0", "#a86b0a"},
                                                        {"#f6d5e6", "#a02c6b"},
                                                        {"#cdeee4", "#207a61"}}};
  if (!store) return {"#eeeeee", "#666666"};
  return kOfStores[*store % kOfStores.size()];
}

}  // namespace cutover::cli
