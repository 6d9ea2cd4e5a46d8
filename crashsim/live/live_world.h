// A world that really runs: live stores and live coroutines, moved one choice at a time.
//
// Replay follows a schedule with it; the explorer confirms each counterexample on it; tests search
// by it without any learning; random search draws its choices from it. It is the plain twin of the
// learned automata: the same moves, the same names. What it computes from the stores is kept until
// a step changes them, so that a world of hundreds of keys can be moved step by step. Not
// thread-safe.
#pragma once

#include <map>
#include <set>

#include "crashsim/live/execution.h"
#include "crashsim/live/lone_runs.h"
#include "crashsim/world/schedule.h"

namespace cutover::crashsim {

class LiveWorld {
 public:
  /// Throws std::runtime_error for a beginning that the world does not have. `alone`, if given,
  /// must be of the same world; several live worlds may share it.
  LiveWorld(const World& world, const std::string& beginning, LoneRuns* alone = nullptr);

  /// Every choice that may be made now. Where two processes, or two requests in flight, are in the
  /// same local state, only the first one's are listed.
  std::vector<Choice> choices() const;

  /// Makes the choice. Returns what is wrong where it can't be made (the first divergence of a
  /// replay); then nothing has happened.
  std::optional<std::string> take(const Choice& choice);

  /// The answer to the last choice, null where nobody was answered.
  Value last_answer() const;
  /// Keeps from now on what the properties are told.
  void listen() { listens_ = true; }
  /// What they were told at the last choice.
  const std::vector<Value>& last_events() const { return last_events_; }
  bool lives(const std::string& actor) const { return find(actor) != nullptr; }
  /// The step that the process waits for, or null; also null for whoever is no live process. It may
  /// have others under way beside.
  const Operation* pending(const std::string& actor) const;
  /// How many numbers the process may be told that it asked for; 0 if it did not.
  unsigned options(const std::string& actor) const;
  /// The request that the choice is about: one that its process has under way, or what is in
  /// flight; null where there is none.
  const Operation* request_of(const Choice& choice) const;
  /// The property that is violated now, by its index; once a step violated one it stays so.
  std::optional<std::size_t> violated() const;
  /// The same without World::can_finish, which costs a run of each program.
  std::optional<std::size_t> violated_but_for_finishing() const;
  /// World::witnesses seen so far, by the judgements that were asked for.
  std::uint64_t witnesses() const { return witnesses_; }
  const std::vector<Value>& store_states() const;
  const Value& memory() const { return memory_; }  ///< of the properties
  /// Counts the changes of durable states.
  std::uint64_t changes() const { return changes_; }
  struct InFlight {
    std::string name;  ///< the actor in traces
    Operation operation;
    std::string identity;  ///< of the operation
    bool is_named_by(const Choice& choice) const {
      return name == choice.actor && operation.label == choice.step;
    }
  };
  /// In the order in which they were left.
  const std::vector<InFlight>& in_flight() const { return in_flight_; }
  /// What each column of a trace shows now.
  std::vector<std::pair<std::string, std::string>> describe() const;
  /// Crashes, lost answers and store events so far.
  unsigned faults() const;
  /// Equal for two live worlds exactly if nothing that may follow can tell them apart.
  std::string fingerprint() const;

 private:
  struct Actor {
    std::size_t program = 0;
    std::string name;
    std::unique_ptr<Execution> execution;
    std::string identity;  ///< program, stage, and the answers in it
  };

  std::optional<std::string> start(const Choice& choice);
  std::optional<std::string> step(Actor& actor, std::size_t request, const Choice& choice);
  std::optional<std::string> input(Actor& actor, const Choice& choice);
  std::optional<std::string> choose(Actor& actor, const Choice& choice);
  std::optional<std::string> land(const Choice& choice);
  std::optional<std::string> happen(std::size_t event, const Choice& choice);
  bool is_used_up(const StoreEvent& event) const;
  const std::vector<StoreEvent::Result>& results(std::size_t event) const;
  bool can_happen(const StoreEvent& event, const StoreEvent::Result& result) const;
  /// A session that ends though nobody who lives has it is no fault.
  bool is_due(const StoreEvent& event, const StoreEvent::Result& result) const;
  std::vector<Outcome> outcomes(const Operation& operation) const;
  bool is_enabled(const Operation& operation) const;
  std::vector<Choice> own_choices(const Actor& actor) const;
  void changed(std::size_t store);
  Value carry_out(const Operation& operation);
  void answer(Actor& actor, Value answer, std::size_t request = 0);
  void die(const Actor& actor, std::size_t request);
  void stay_in_flight(const std::string& sender, const Operation& operation);
  void begin_stage(Actor& actor, const Value& stage);
  void settle(Actor& actor);
  void remove_finished();
  void remember(const Value& event);
  Actor* find(const std::string& name) const;
  std::optional<std::size_t> judge_stores() const;
  std::optional<std::size_t> judge_processes() const;

  const World& world_;
  std::vector<std::unique_ptr<StoreMachine>> stores_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::vector<InFlight> in_flight_;
  Value memory_;
  std::optional<std::size_t> violated_by_step_;
  std::vector<unsigned> issued_, started_;
  std::map<std::string, unsigned> left_;  ///< in flight, so far, by the process
  unsigned starts_ = 0, crashes_ = 0, left_in_flight_ = 0, lost_ = 0;
  bool listens_ = false;
  std::vector<Value> last_events_;
  std::string last_answer_;  ///< its bytes; empty where nobody was answered
  std::unique_ptr<LoneRuns> own_alone_;
  LoneRuns* alone_;
  std::uint64_t changes_ = 0;
  mutable std::uint64_t witnesses_ = 0;
  mutable std::vector<Value> saved_;  ///< of stores_, where is_saved_
  mutable std::vector<char> is_saved_;
  std::vector<unsigned> happened_;  ///< store events, by event_budgets()
  mutable std::vector<std::optional<std::vector<StoreEvent::Result>>> results_;  ///< by event
  mutable bool is_judged_ = false;             ///< judged_ is still right
  mutable std::optional<std::size_t> judged_;  ///< of the stores and the memory
};

}  // namespace cutover::crashsim
