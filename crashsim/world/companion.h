// A specification that is moved in lock step with the implementation: refinement.
//
// Beside each explored step the companion takes the action of the same name. It must be enabled,
// and the durable state of each store afterwards must be the companion's, abstracted (Abadi and
// Lamport 1991, with the mapping given by the names of steps). So an implementation that does right
// things in an order that was not specified fails too.
//
// The companion's state is a few 64-bit words that the engine carries along with the world's. In it
// processes and requests in flight have places; the engine says which place a step is of.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>

#include "crashsim/world/value.h"
#include "crashsim/world/world.h"

namespace cutover::crashsim {

/// What the engine did, as the companion sees it. Labels and answers are the companion's own
/// numbers.
struct CompanionStep {
  /// `choose` it is never told: what a process decides for itself is no step of a specification.
  enum class Kind : std::uint8_t { step, input, stop, land, event, start, choose };
  Kind kind = Kind::step;
  Outcome outcome = Outcome::ok;
  /// Of the process, or of the request in flight that lands; of an event, its index.
  std::uint8_t place = 0;
  std::uint8_t which = 0;    ///< the input's kind, or the program that starts
  std::uint8_t left_at = 0;  ///< where a request is put that stays in flight
  Number label = 0;          ///< of a step, or of what lands
  Number answer = 0;         ///< of a step that is answered
};

class Companion {
 public:
  static constexpr std::size_t kMostWords = 6;
  using Words = std::array<std::uint64_t, kMostWords>;

  virtual ~Companion() = default;
  /// How many words are used.
  virtual std::size_t words() const = 0;
  virtual Words begin(const std::string& beginning) const = 0;

  // Numbers for what the implementation does. Called seldom; equal where the specification can't
  // tell the difference.
  virtual Number label(std::size_t store, const std::string& label) const = 0;
  virtual Number answer(const Value& answer) const = 0;
  virtual std::uint64_t durable(std::size_t store, const Value& state) const = 0;

  /// Takes the action of the same name. `durable` has a number for each store, after the step.
  /// False if the action is not enabled, or if the companion's stores then differ. Thread-safe.
  virtual bool take(Words& state, const CompanionStep& step,
                    std::span<const std::uint64_t> durable) const = 0;

  /// Moves places about: the i-th becomes what from[i] was. First those of processes, then those of
  /// requests in flight, counted from the end of the former.
  virtual void rearrange(Words& state, std::span<const std::uint8_t> from) const = 0;

  /// The name of the action that take() took, or would have taken; empty: there is none.
  virtual std::string action(const Words& before, const CompanionStep& step) const = 0;
  /// Why take() returned false, in words.
  virtual std::string complaint(const Words& before, const CompanionStep& step) const = 0;
  /// The companion's state as a TLA+ state: one conjunct a line.
  virtual std::string tla(const Words& state) const = 0;
};

}  // namespace cutover::crashsim
