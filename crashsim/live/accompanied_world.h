// A live world with its companion taken along, one named choice at a time: what replay and the
// confirmation of counterexamples use where the exploration uses AccompaniedMoves.
#pragma once

#include "crashsim/live/live_world.h"
#include "crashsim/world/companion.h"

namespace cutover::crashsim {

class AccompaniedWorld {
 public:
  /// The world must have a companion.
  AccompaniedWorld(const World& world, const std::string& beginning);

  LiveWorld& live() { return live_; }
  /// Makes the choice. Returns what is wrong where it can't be made.
  std::optional<std::string> take(const Choice& choice);
  /// Why the companion could not follow the last choice; from then on it stays where it was.
  const std::optional<std::string>& complaint() const { return complaint_; }
  /// The companion's action at the last choice, and its state now.
  const std::string& action() const { return action_; }
  std::string tla() const;

 private:
  struct InFlight {
    std::string name, label;
    std::size_t store = 0;
  };

  std::optional<CompanionStep> describe(const Choice& choice, const Operation* pending);
  CompanionStep start(const Choice& choice);
  std::optional<CompanionStep> land(const Choice& choice);
  void follow(CompanionStep step);

  const World& world_;
  LiveWorld live_;
  Companion::Words state_;
  std::optional<std::string> complaint_;
  std::string action_;
  std::vector<std::string> processes_;    ///< by place; empty: free
  std::vector<InFlight> in_flight_;       ///< by place; no name: free
  std::map<std::string, unsigned> left_;  ///< in flight, so far, by the process
};

}  // namespace cutover::crashsim
