// What happened in a trace, step by step, as a picture tells it: found by running it again on the
// real coroutines while listening to what they ask, emit and declare.
#pragma once

#include "crashsim/trace/trace.h"
#include "engines/case.h"

namespace cutover::cli {

/// What can be seen of the stores.
struct Scene {
  std::vector<std::pair<std::string, std::string>> columns;  ///< as in World::describe
  crashsim::Look look;
};

/// One step, and what it brought about.
struct StoryStep {
  /// A request that its process left.
  struct Left {
    std::string name;  ///< the actor that lands
    std::string step;
    std::size_t store;
  };

  crashsim::Choice choice;
  crashsim::Outcome outcome = crashsim::Outcome::ok;  ///< of a request
  bool is_event = false;                              ///< of a store
  std::optional<std::size_t> store =
      std::nullopt;                    ///< that the request is for, or to which something happens
  std::string answer = {};             ///< what the store answered, where that says anything
  std::vector<std::string> told = {};  ///< what the process then told, its clients for instance
  std::optional<std::string> now =
      std::nullopt;             ///< what the process does from here, if it said so
  bool ended = false;           ///< the process has come to its end
  std::vector<Left> left = {};  ///< in flight from here
  Scene after = {};
};

struct Story {
  std::string title, about;
  std::string beginning;
  Scene before;
  std::vector<std::string> stores;
  std::vector<StoryStep> steps;
  std::string violated, demand;       ///< the property after the last step, and what it demands
  std::vector<std::string> notation;  ///< how to read the columns
};

/// Throws UsageError where the trace does not fit the cases, or a step can't be taken any more.
/// `file` is for the error.
Story tell(const Registry& cases, const crashsim::Trace& trace, const std::string& file);

}  // namespace cutover::cli
