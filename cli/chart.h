// Curves over time, which a long command writes to a file and `cutover show` draws.
//
//   {"cutover_chart": 1, "title": "sqlite:old.db -> sqlite:new.db, table users", "curves": [
//     {"name": "99th percentile of the source", "unit": "ms", "limit": 20,
//      "points": [[1, 4.2], [2, 7.9]]}, ...]}
//
// A point is a time in seconds, and a value that is not below 0.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cutover::cli {

struct Curve {
  struct Point {
    double seconds = 0, value = 0;
  };
  std::string name, unit;
  std::optional<double> limit;  ///< a value that it should not be above
  std::vector<Point> points;    ///< by time
};

struct Chart {
  std::string title;
  std::vector<Curve> curves;
};

/// Throws std::runtime_error if it can't be written.
void write_chart(const std::filesystem::path& file, const Chart& chart);

/// Nothing, if it is a file of another kind, or none. Throws UsageError that names the place of
/// what is wrong.
std::optional<Chart> read_chart(const std::filesystem::path& file);

}  // namespace cutover::cli
