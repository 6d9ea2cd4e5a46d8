// Where everything in a time diagram stands from left to right, and what kind of row a step is.
//
// The first half of the stores at the left, their contents beside them; then clients, processes
// (one may come below another that has ended), the other stores, and the columns that are no
// store's.
#pragma once

#include <map>

#include "cli/pictures/story.h"

namespace cutover::cli {

inline constexpr double kText = 10, kLineHeight = 12.5;

struct Lanes {
  struct StoreLane {
    double x, contents;  ///< of the lane, and of the middle of the contents beside it
    std::size_t column;  ///< of the scene; past the end if no column is called after the store
  };
  double left = 0, right = 0;
  std::vector<StoreLane> stores;
  std::optional<double> clients;  ///< where there are any
  std::map<std::string, double> processes;
  std::map<std::size_t, double> further;  ///< columns that are no store's

  explicit Lanes(const Story& story);
};

enum class RowKind { start, stop, choose, event, client, landing, request };
RowKind kind_of(const StoryStep& step);

std::string stacked(const std::vector<std::string>& texts);  ///< one a line
double count_lines(const std::string& text);

}  // namespace cutover::cli
