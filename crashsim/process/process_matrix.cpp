#include "crashsim/process/process_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace cutover::crashsim {
namespace {

using When = Announcement::When;

/// The label of steps[at], with its occurrence if the move has taken a step of that label before.
std::string step_name(const Announcements& steps, std::size_t at) {
  const auto end = steps.begin() + static_cast<std::ptrdiff_t>(at) + 1;
  const auto same = [&](const Announcement& other) {
    return other.label == steps[at].label && other.when == steps[at].when;
  };
  const auto occurrence = std::count_if(steps.begin(), end, same);
  return occurrence == 1 ? steps[at].label : fmt::format("{} ({})", steps[at].label, occurrence);
}

/// Some steps are met in recoveries only.
std::string count(std::uint64_t hits) { return hits == 0 ? "-" : std::to_string(hits); }

}  // namespace

void ProcessMatrix::add(const RecordedMove& move, std::size_t at, Hit hit) {
  const std::string step = step_name(move.steps, at);
  const bool before = move.steps[at].when == When::before;
  const std::scoped_lock lock(mutex_);
  const auto [cell, is_new] = cells_.try_emplace(Key{move.move, move.situation, step});
  MatrixRow& row = cell->second.row;
  if (is_new) {
    row.move = move.name;
    row.step = step;
    cell->second.position = at;
  }
  cell->second.position = std::min(cell->second.position, at);
  MatrixRow::Kills& kills = before ? row.before : row.after;
  switch (hit) {
    case Hit::first_kill: ++kills.first; break;
    case Hit::recovery_kill: ++kills.recovery; break;
    case Hit::pause:
      ++row.pauses;
      ++cell->second.pauses[before ? 0 : 1];
      break;
  }
}

std::vector<MatrixRow> ProcessMatrix::rows() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<Key, Cell>> cells(cells_.begin(), cells_.end());
  std::ranges::sort(cells, {}, [](const auto& each) {
    const auto& [key, cell] = each;
    return std::tuple(key.move, key.situation, cell.position, key.step);
  });
  std::vector<MatrixRow> rows;
  for (const auto& [key, cell] : cells) rows.push_back(cell.row);
  return rows;
}

std::optional<std::string> ProcessMatrix::missing(const RecordedMove& move, bool holds) const {
  const std::scoped_lock lock(mutex_);
  for (std::size_t at = 0; at < move.steps.size(); ++at) {
    const std::string step = step_name(move.steps, at);
    const auto found = cells_.find(Key{move.move, move.situation, step});
    const Cell cell = found == cells_.end() ? Cell{} : found->second;
    const bool before = move.steps[at].when == When::before;
    const MatrixRow::Kills& kills = before ? cell.row.before : cell.row.after;
    const bool was_held = !holds || cell.pauses[before ? 0 : 1] > 0;
    if (kills.first > 0 && kills.recovery > 0 && was_held) continue;
    return fmt::format("{}: not killed, also in a recovery{} {} '{}'", move.name,
                       holds ? ", and held" : "", before ? "before" : "after", step);
  }
  return std::nullopt;
}

std::string format_matrix(const std::vector<MatrixRow>& matrix) {
  std::size_t width = 0;
  for (const MatrixRow& row : matrix) width = std::max({width, row.step.size(), row.move.size()});
  std::string text = fmt::format("{:<{}}  {:^15}  {:^15}  {:>6}\n", "", width + 2, "killed before",
                                 "killed after", "held");
  text += fmt::format("{:<{}}  {:>6} {:>8}  {:>6} {:>8}\n", "", width + 2, "first", "recovery",
                      "first", "recovery");
  std::string last;
  for (const MatrixRow& row : matrix) {
    if (row.move != last) text += (last = row.move) + "\n";
    text += fmt::format("  {:<{}}  {:>6} {:>8}  {:>6} {:>8}  {:>6}\n", row.step, width,
                        count(row.before.first), count(row.before.recovery), count(row.after.first),
                        count(row.after.recovery), count(row.pauses));
  }
  return text;
}

}  // namespace cutover::crashsim
