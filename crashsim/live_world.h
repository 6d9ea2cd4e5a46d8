// A world that really runs: live stores and live coroutines, moved one choice at a time.
//
// Replay follows a schedule with it; the explorer confirms each counterexample on it; tests search
// by it without any learning; random attack draws its choices from it. It is the plain twin of the
// learned automata: the same moves, the same names. Not thread-safe.
#pragma once

#include <map>
#include <set>

#include "crashsim/execution.h"
#include "crashsim/schedule.h"

namespace cutover::crashsim {

class LiveWorld {
 public:
  /// Throws std::runtime_error for a beginning that the world does not have.
  LiveWorld(const World& world, const std::string& beginning);

  /// Every choice that may be made now. Where two processes, or two zombies, are in the same local
  /// state, only the first one's are listed.
  std::vector<Choice> choices() const;

  /// Makes the choice. Returns what is wrong where it can't be made (the first divergence of a
  /// replay); then nothing has happened.
  std::optional<std::string> take(const Choice& choice);

  /// The answer to the last choice, null where nobody was answered.
  const Value& last_answer() const { return last_answer_; }
  /// The property that is violated now, by its index; once a step violated one it stays so.
  std::optional<std::size_t> violated() const;
  std::vector<Value> store_states() const;
  /// What each column of a trace shows now.
  std::vector<std::pair<std::string, std::string>> describe() const;
  unsigned faults() const { return crashes_ + ambiguous_; }
  /// Equal for two live worlds exactly if nothing that may follow can tell them apart.
  std::string fingerprint() const;

 private:
  struct Actor {
    std::size_t program = 0;
    std::string name;
    Value stage;
    std::unique_ptr<Execution> execution;
    Value answers = Value::array();  ///< in this stage
    std::string identity() const { return bytes_of(Value::array({program, stage, answers})); }
  };
  struct Zombie {
    std::string owner;
    Operation operation;
    std::string identity() const {
      return bytes_of(Value::array({operation.store, operation.label, operation.arguments}));
    }
  };

  std::optional<std::string> start(const Choice& choice);
  std::optional<std::string> step(Actor& actor, const Choice& choice);
  std::optional<std::string> input(Actor& actor, const Choice& choice);
  std::optional<std::string> land(const Choice& choice);
  std::optional<std::string> restart(const Choice& choice);
  std::vector<Outcome> outcomes(const Operation& operation) const;
  bool would_change(std::size_t store) const;
  Value carry_out(const Operation& operation);
  void answer(Actor& actor, Value answer);
  void begin_stage(Actor& actor, const Value& stage);
  void settle(Actor& actor);
  void remove_finished();
  void remember(const Value& event);
  Actor* find(const std::string& name);
  bool finishes_alone(std::size_t program) const;

  const World& world_;
  std::vector<std::unique_ptr<StoreMachine>> stores_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::vector<Zombie> zombies_;
  Value memory_;
  std::optional<std::size_t> violated_by_step_;
  std::vector<unsigned> issued_, started_;
  unsigned starts_ = 0, crashes_ = 0, zombies_left_ = 0, ambiguous_ = 0;
  Value last_answer_;
};

}  // namespace cutover::crashsim
