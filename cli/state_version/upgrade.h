// `cutover upgrade` and `cutover history`: the reference of impl/state_version over a real file, a
// real table or a real znode, as a scheduler would run it at its start.
//
// A store is named as file:PATH, sqlite:PATH or zookeeper:HOST:PORT,.../PATH. Each function prints
// to `out` what a person wants to know, and returns the exit status: kDiffers where a step did not
// go through, and running it again will do. What is wrong with the store or the migrations throws
// UsageError, and then nothing was changed.
#pragma once

#include <iosfwd>
#include <string>

#include "cli/stores/pauses.h"
#include "cli/stores/store_argument.h"

namespace cutover::cli {

struct UpgradeOptions {
  std::string store;
  std::string name;        ///< of a namespace that has to be there; empty: none has
  std::string migrations;  ///< a file (impl/state_version/migrations_file.h)
  std::string to;          ///< a version
  bool plan = false;       ///< says what would be done, and does nothing
  bool down = false;       ///< may go back
  double wait = kWaitSeconds;
  Pauses pauses = {};
};
int run_upgrade(const UpgradeOptions& options, std::ostream& out);

struct HistoryOptions {
  std::string store;
  std::string name;  ///< of a namespace; empty: all
  double wait = kWaitSeconds;
};
int run_history(const HistoryOptions& options, std::ostream& out);

}  // namespace cutover::cli
