// The steps of a command over real stores, told as they happen; and the places at which somebody
// who started the command may hold it (cli/stores/pauses.h).
#pragma once

#include <iosfwd>

#include "cli/progress_line.h"
#include "cli/stores/pauses.h"
#include "impl/store/store.h"

namespace cutover::cli {

class Steps {
 public:
  Steps(std::ostream& out, const Pauses& pauses) : out_(out), pauses_(pauses) {}

  /// Performs the request on the store and prints the step's number, label and outcome. Throws what
  /// the store throws, and std::runtime_error if whoever holds the command has gone away: then
  /// nothing more is done, as if the command had been killed there.
  awaitable<Answer> perform(Store& store, Request request);
  /// The same under another label than the request's own.
  awaitable<Answer> perform(Store& store, Request request, std::string step);

  /// Tells of a step that was performed elsewhere.
  void tell(const Store& store, const std::string& step, Status status);

  /// The contents; whoever reads them while a step is performed shows how far it is.
  Snapshot watched(Snapshot contents);

  /// The step that began last; empty before the first.
  const std::string& last_label() const { return last_label_; }
  /// The name of the store of that step.
  const std::string& last_store() const { return last_store_; }

 private:
  void begin(const Store& store, const std::string& step);
  void end(const std::string& step, Status status);

  std::ostream& out_;
  Pauses pauses_;
  unsigned count_ = 0;
  std::string last_label_, last_store_;
  ProgressLine progress_;
};

}  // namespace cutover::cli
