#include "cli/pictures/show.h"

#include <fmt/format.h>

#include <ostream>

#include "cli/chart.h"
#include "cli/errors.h"
#include "cli/pictures/curves.h"
#include "cli/pictures/picture.h"
#include "cli/pictures/story.h"
#include "cli/pictures/time_diagram.h"
#include "system/text.h"

namespace cutover::cli {

int run_show(const Registry& cases, const ShowOptions& options, std::ostream& out) {
  check_picture_file(options.output);
  if (const auto chart = read_chart(options.file)) {
    write_picture(curves_diagram(*chart), Placed::by_hand, options.output);
    out << fmt::format("{}\n{}, drawn in {}.\n", chart->title,
                       plural(chart->curves.size(), "curve"), options.output);
    return kAsExpected;
  }
  const crashsim::Trace trace = crashsim::read_trace(options.file);
  const Story story = tell(cases, trace, options.file);
  write_picture(time_diagram(story), Placed::by_hand, options.output);
  out << fmt::format(
      "{}: {}\n{} steps, drawn in {}.\n", story.title,
      story.violated.empty() ? "no property is violated" : story.violated + " is violated",
      story.steps.size(), options.output);
  if (story.violated == trace.schedule.violated) return kAsExpected;
  out << fmt::format("The trace says otherwise: {}.\n", trace.schedule.violated.empty()
                                                            ? "no property is violated"
                                                            : trace.schedule.violated);
  return kDiffers;
}

}  // namespace cutover::cli
