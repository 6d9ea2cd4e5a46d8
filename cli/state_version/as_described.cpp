#include "cli/state_version/as_described.h"

#include <fmt/format.h>

#include <ostream>

#include "cli/errors.h"
#include "cli/state_version/kept_in.h"
#include "cli/stores/store_argument.h"
#include "impl/state_version/as_described_file.h"
#include "impl/state_version/as_described_table.h"
#include "impl/state_version/sqlite_table.h"
#include "properties/state_version/sample.h"
#include "system/usage_error.h"

namespace cutover::cli {
namespace {

using namespace state_version;

int over_file(const AsDescribedOptions& options, const std::string& path, const Watch& watch) {
  const StateFile file(path, watch);
  NoOperators operators;
  complete(run_as_described(file, operators, build_of(Which::newest)));
  const StateFile after(path, {});
  if (is_damaged(complete(after.read(kStateFile)))) {
    throw StoreFailed(options.store + ": it is no state");
  }
  return kAsExpected;
}

int over_table(const AsDescribedOptions& options, const std::string& path, const Watch& watch) {
  const SqliteTable table(path, lock_wait(options.wait), watch);
  NoOperators operators;
  complete(run_as_described_over_table(table, operators, build_of(Which::newest), "a"));
  const SqliteTable after(path, lock_wait(options.wait), {});
  if (complete(after.first_version()).is_null()) {
    throw StoreFailed(options.store + ": the version table is empty");
  }
  return kAsExpected;
}

}  // namespace

int run_as_described_scheduler(const AsDescribedOptions& options, std::ostream& out) {
  const Watch watch = {[&](const std::string& step) { options.pauses.before(step); },
                       [&](const std::string& step) { options.pauses.after(step); }};
  const auto [kind, place] = parse_kept_in(options.store);
  if (kind == KeptIn::Kind::znode) throw UsageError(options.store + ": expected a file or a table");
  try {
    return kind == KeptIn::Kind::file ? over_file(options, place, watch)
                                      : over_table(options, place, watch);
  } catch (const StoreFailed& failed) {
    out << fmt::format("stopped: {}\n", failed.what());
    return kDiffers;
  }
}

}  // namespace cutover::cli
