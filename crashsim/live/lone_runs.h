// Can every program finish from a durable state, started alone and without faults?
//
// It is asked of live machines, by running the real coroutines; answers are remembered by the bytes
// of the state, so one object serves many live worlds of the same World. Not thread-safe.
//
// Not covered: programs that need a client, or another process, to get anywhere.
#pragma once

#include <unordered_map>

#include "crashsim/live/execution.h"

namespace cutover::crashsim {

class LoneRuns {
 public:
  /// The world must outlive this.
  explicit LoneRuns(const World& world) : world_(world) {}

  bool every_program_finishes(const std::vector<Value>& stores);

  /// A step of a run: a request that was answered, or a number that was chosen.
  struct Step {
    std::string label;
    Value arguments, answer;
    std::vector<Value> stores;  ///< afterwards
  };
  struct Failure {
    std::string program;
    std::vector<Step> steps;
    std::string why;  ///< it goes no further, or not where it should
  };
  /// The first run that does not finish; nothing if all do.
  std::optional<Failure> failure(const std::vector<Value>& stores) const;

  /// Where the world has been replaced by another.
  void forget() { known_.clear(); }

 private:
  struct Chosen {
    unsigned number, options;
  };

  std::optional<Failure> failure_of(std::size_t program, const std::vector<Value>& states,
                                    bool with_steps) const;
  std::optional<Failure> run(std::size_t program, const std::vector<Value>& states,
                             std::vector<Chosen>& chosen, bool with_steps) const;

  std::vector<std::size_t> enabled_requests(const Execution& execution,
                                            const std::vector<Value>& states) const;

  const World& world_;
  std::unordered_map<std::string, bool> known_;
};

}  // namespace cutover::crashsim
