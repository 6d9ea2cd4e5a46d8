// The drawing of a time diagram in hand. Its frame, the lanes and what the stores hold are in
// time_diagram.cpp; what each kind of step looks like is in diagram_steps.cpp.
#pragma once

#include <map>

#include "cli/pictures/canvas.h"
#include "cli/pictures/lanes.h"

namespace cutover::cli {

inline constexpr double kAbove = 10;  // free space above a row's text
inline constexpr const char* kPaper = "white";
inline constexpr const char* kBadPaper = "#fde4e4";
inline constexpr const char* kInk = "#222222";
inline constexpr const char* kFaint = "#8a8f98";
inline constexpr const char* kFault = "#c05621";
inline constexpr const char* kInFlightColour = "#7b2fa8";

inline const LineStyle kLost{.colour = kFault, .pattern = "dashed"};
inline const LineStyle kInFlight{.colour = kInFlightColour, .width = 1.5, .pattern = "dashed"};
inline const LineStyle kLane{.colour = "#b8c0cc", .width = 8};

class Diagram {
 public:
  explicit Diagram(const Story& story) : story_(story), lanes_(story) {}
  std::string draw();

 private:
  struct Request {
    std::string sender, step;
    Point at;
  };
  /// From `y` on the stores look like this.
  struct Period {
    double y;
    crashsim::Look look;
  };

  void heading();
  void beginning();
  void row(std::size_t number, const StoryStep& step);
  void start(const StoryStep& step);
  void decide(const StoryStep& step, const std::string& what);
  void event(const StoryStep& step);
  void client(const StoryStep& step);
  void request(const StoryStep& step);
  void landing(const StoryStep& step);
  void send(const StoryStep& step, Point process, Point store);
  void stays_on_its_way(const StoryStep::Left& request, Point from);
  void come_back(const StoryStep& step, Point process, Point store);
  void crash(const StoryStep& step, Anchor side);
  void told(const StoryStep& step);
  void change(const Scene& from, const Scene& to, double y);
  void contents(std::size_t store, const Scene& from, const Scene& to, double y);
  void end_lane(const std::string& process, double y);
  void lanes();
  void bands(std::size_t store);
  std::string verdict() const;
  void footer();

  /// Goes down to where the arrow below so many lines of text is.
  double descend(const std::string& text) { return y_ += kAbove + kLineHeight * count_lines(text); }
  double of(const StoryStep& step) const { return lanes_.processes.at(step.choice.actor); }
  void above(Point at, const std::string& text, Anchor side);

  const Story& story_;
  Lanes lanes_;
  Canvas canvas_;
  double y_ = 0;                         ///< the bottom of what is drawn
  const char* ink_ = kInk;               ///< of the step in hand
  const char* paper_ = kPaper;           ///< below it
  std::map<std::string, double> alive_;  ///< the top of each process's lane
  std::vector<Request> in_flight_;
  std::vector<Period> periods_;
};

}  // namespace cutover::cli
