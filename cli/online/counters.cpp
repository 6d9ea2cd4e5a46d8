#include "cli/online/counters.h"

#include <fmt/format.h>

#include "cli/command_name.h"
#include "cli/errors.h"
#include "cli/progress_line.h"
#include "cli/stores/with_failures.h"
#include "impl/online/counters.h"
#include "system/text.h"

namespace cutover::cli {

using namespace online;

namespace {

/// Both ends of a counter.
struct Moved {
  const Counter &source, &target;
};

/// Of counters of a table: those that there were when they were asked for.
class Counters {
 public:
  explicit Counters(const OpenMigration& move) : move_(move) {}

  /// All of them.
  std::vector<Moved> operator()() const {
    auto names = move_.source->counters(move_.table);
    names.merge(move_.target->counters(move_.table));
    std::vector<Moved> counters;
    for (const auto& [key, column] : names) counters.push_back(both(key, column));
    return counters;
  }

  Moved both(const std::string& key, const std::string& column) const {
    counters_.push_back(move_.source->counter(move_.table, key, column));
    const Counter& source = *counters_.back();
    counters_.push_back(move_.target->counter(move_.table, key, column));
    return {source, *counters_.back()};
  }

 private:
  const OpenMigration& move_;
  mutable std::vector<std::unique_ptr<Counter>> counters_;
};

/// The one that an application names: its column has to be one of the table's.
Moved counter_of(const Counters& counters, const OpenMigration& move,
                 const CounterOptions& options) {
  const Schema schema = schema_of(*move.source, move.from, move.table);
  if (!schema.columns.contains(options.column)) {
    throw UsageError(
        fmt::format("--column: there is no '{}'; {}", options.column, text_of(schema)));
  }
  return counters.both(options.key, options.column);
}

}  // namespace

int run_move_counters(const MigrationOptions& options, std::ostream& out) {
  return with_failures(out, [&]() -> int {
    OpenMigration move(options, OpenMigration::Of::counters, true);
    move.begin({}, 0);
    const Counters counters(move);
    const std::size_t moved = complete(move_counters(counters, *move.record));
    out << fmt::format("done: {}: {} moved\nnext: {} counters drop {}\n", move.text(),
                       plural(moved, "counter"), command_name(), move.options());
    return kAsExpected;
  });
}

int run_drop_counters(const MigrationOptions& options, std::ostream& out) {
  return with_failures(out, [&]() -> int {
    const OpenMigration move(options, OpenMigration::Of::counters);
    if (move.begun().generation < 2) {
      out << fmt::format("stopped: {}: not moved yet; run `{} counters move {}`\n", move.text(),
                         command_name(), move.options());
      return kDiffers;
    }
    std::size_t dropped = 0;
    const Counters counters(move);
    for (const auto& [source, target] : counters()) {
      complete(drop_folded(source, target));
      ++dropped;
    }
    out << fmt::format("done: {}: what {} was folded from is dropped\n", move.text(),
                       plural(dropped, "counter"));
    return kAsExpected;
  });
}

int run_add_to_counter(const CounterOptions& options, std::ostream& out) {
  return with_failures(out, [&]() -> int {
    const OpenMigration move(options.migration, OpenMigration::Of::counters);
    const Counters counters(move);
    const auto [source, target] = counter_of(counters, move, options);
    int known = complete(move.record->generation());
    bool counts = false;
    try {
      counts = complete(add(source, target, *move.record, known, options.amount));
    } catch (const StoreFailed& failed) {
      out << failed.what() << "\n";
    }
    out << (counts ? "counted\n" : "nobody can say whether it counts: do not repeat it\n");
    return counts ? kAsExpected : kDiffers;
  });
}

int run_read_counter(const CounterOptions& options, std::ostream& out) {
  return with_failures(out, [&]() -> int {
    const OpenMigration move(options.migration, OpenMigration::Of::counters);
    const Counters counters(move);
    const auto [source, target] = counter_of(counters, move, options);
    out << complete(read(source, target, *move.record)) << "\n";
    return kAsExpected;
  });
}

}  // namespace cutover::cli
