// What is learned of a world: its processes and stores as automata over small numbers.
//
// A process is a deterministic function of its stage and the answers it got in it. Its local state
// is therefore that stage with the sequence of those answers, a node; the node's next request is
// found by running the coroutine once, from the stage's start, with them. A store's step is a
// function of (state, operation). Everything is computed at most once and numbered; the search then
// only looks numbers up.
//
// Thread-safe: one mutex; each worker of the search keeps what it was told in tables of its own.
#pragma once

#include <map>
#include <mutex>
#include <stdexcept>

#include "crashsim/explore/sample.h"
#include "crashsim/live/execution.h"
#include "crashsim/world/schedule.h"

namespace cutover::crashsim {

inline constexpr Number kNone = 0;  ///< no process, no operation, no events, no status

/// Something did not do again what it did before, and the search rests on that it does. The text
/// names the step.
class HiddenNondeterminism : public std::runtime_error {
 public:
  explicit HiddenNondeterminism(const std::string& what)
      : std::runtime_error("hidden nondeterminism: " + what) {}
};

class Learned {
 public:
  explicit Learned(const World& world);

  /// What a process does at a node.
  struct Node {
    Execution::Waits waits = Execution::Waits::finished;
    bool read_only : 1 = false;
    bool is_local : 1 = false;  ///< its store is
    std::uint16_t store = 0;
    std::uint16_t options = 0;  ///< to choose among
    std::uint8_t others = 0;    ///< how many requests are under way beside what it waits for
    std::uint8_t request = 0;   ///< not 0: this stands for the nth of those, n nodes after its own
    Number operation = kNone;
    Number status = kNone;
    Number parent = kNone;  ///< the node before
    Number answer = 0;      ///< what it was answered there; at a stage's start, the stage
    /// Its request may land when nobody waits for it any more.
    bool can_land() const { return !read_only && !is_local; }
  };
  /// Where an answer leads, and the events that were emitted on the way.
  struct Advance {
    Number node = kNone;  ///< kNone once it has finished
    Number events = kNone;
  };
  /// What an operation does to a store's state.
  struct Applied {
    Number state = 0;
    Number answer = 0;
    Number events = kNone;
    bool enabled = true;  ///< false: it has to wait in this state
  };
  struct Observed {
    Number memory = 0;
    std::uint32_t violated = 0;  ///< property, counted from 1
    std::uint64_t witnesses = 0;
  };
  struct Judged {
    std::uint32_t violated = 0;
    std::uint64_t witnesses = 0;
  };

  Advance start(std::size_t program);
  Node node(Number number);
  /// Where the answer to its request leads, or to what the node waits for.
  Advance advance(Number node, Number answer);
  Applied apply(Number state, Number operation);
  /// The states in which an event may leave its store, by the order of StoreEvent::results(); one
  /// that can't happen is the state itself. The reference stays valid.
  struct Happened {
    std::vector<Number> states;
    std::vector<Number> sessions;  ///< that end, where the event is of sessions
  };
  const Happened& happen(std::size_t event, Number state);
  /// Whether a process that declared this has the session.
  bool has_session(Number status, Number session);
  /// How the event ended: its outcome in traces, and what else is known of it.
  StoreEvent::Result result_of(std::size_t event, Number state, std::size_t result);
  Observed observe(Number memory, Number events);
  /// Of the durable states and the memory; CanFinish included.
  Judged judge(std::span<const Number> stores, Number memory);
  Judged judge_process(std::span<const Number> stores, Number status);

  Number lost_answer() const { return lost_answer_; }
  Number stop_answer() const { return stop_answer_; }
  /// The number of the answer that this number was chosen.
  Number choice_answer(unsigned number);
  /// The number of the request that the issued-th input of a kind brings.
  Number input_answer(std::size_t input, unsigned issued);

  /// Of a store's state as a beginning gives it.
  Number number_of_state(std::size_t store, const Value& state);
  Number number_of_memory(const Value& memory);
  const World& world() const { return world_; }

  Value answer(Number number);
  Value state(Number number);
  Value memory(Number number);
  std::string operation_label(Number operation);
  /// What traces call the request of the node.
  std::string step_of_request(Number node);
  std::size_t operation_store(Number operation);

  /// How often a coroutine was run from its start.
  std::uint64_t executions() const { return executions_; }

  /// Does again what was learned, several times, and compares all of it: runs of the coroutines
  /// from their start, steps of the stores and what may happen to them, clients' requests, what the
  /// properties remember and judge. All of a kind while there are fewer than 100,000, else an even
  /// sample. Meanwhile the clocks run fast. Throws HiddenNondeterminism at the first difference,
  /// with its step.
  void recheck();

 private:
  struct Key {
    Number a, b;
    auto operator<=>(const Key&) const = default;
  };

  /// What was judged: the stores' states, and the memory or a process's status.
  struct StateJudged {
    std::vector<Number> stores;
    Number of;
    Judged judged;
  };

  /// What a stage waits for, and what is under way beside that.
  struct Wait {
    Node node;
    std::vector<Node> others;
  };
  /// A run of a stage: where it got, what it emitted last, and which stage follows if it ended.
  struct Replayed {
    Wait wait;
    Value events;
    Value next_stage;
  };

  std::vector<Number> path_to(Number node) const;
  Replayed execute(Number stage, const std::vector<Number>& path, Number answer);
  Number events_to(Number stage, const Node& node) const;
  void follow(Execution& execution, Number stage, const std::vector<Number>& path, Number answer);
  void refuse_polling(Number stage, Number node, Number answer);
  Wait wait_of(const Execution& execution);
  Advance keep(std::size_t program, const Replayed& found, Number parent, Number answer);
  Number stage_of(Number node) const;
  Number number_of_stage(std::size_t program, const Value& stage);
  std::size_t program_of(Number stage) const { return stages_[stage][0]; }
  Number number_of_operation(const Operation& operation);
  Applied run(Number state, Number operation);
  std::vector<const Value*> values(std::span<const Number> stores) const;
  Judged raw_judgement(std::span<const Number> stores, Number memory) const;
  Judged raw_judgement_of_process(std::span<const Number> stores, Number status) const;
  Observed observe_now(Number memory, Number events);
  std::vector<StoreEvent::Result> results_now(std::size_t event, Number state) const;
  bool end_other_sessions(std::vector<Number>& stores, Number status);
  bool can_finish(std::span<const Number> stores);
  bool every_program_finishes(const std::vector<Number>& stores);
  bool finishes_alone(std::size_t program, const std::vector<Number>& stores);
  /// A process that runs alone, and the stores.
  struct Lone {
    Number node;
    std::vector<Number> stores;
  };
  bool finishes_from(std::size_t program, Lone at, int steps);
  std::vector<Lone> next_alone(const Lone& at);
  Advance start_unlocked(Number stage);
  Advance advance_unlocked(Number node, Number answer);
  Applied apply_unlocked(Number state, Number operation);

  // recheck.cpp
  void recheck_runs();
  void recheck_run(Number stage, Number node, Number answer, const Advance& known);
  void recheck_stores();
  void recheck_clients();
  void recheck_memory();
  void recheck_judgements();
  Number place_of_wait(Number node) const { return node - nodes_[node].request; }
  void expect_wait(Number stage, Number from, Number known, const Wait& now) const;
  void expect_events(Number stage, Number from, Number known, const Value& now) const;
  void expect_same_judgement(const std::function<std::string()>& what, const Judged& before,
                             const Judged& now) const;
  std::string place_of(Number stage, Number node) const;
  std::string text_of_wait(const Node& node) const;
  std::string text_of_answered(const Node& node) const;
  std::string text_of_states(std::span<const Number> stores) const;
  std::string step_that_tells(Number events) const;

  const World& world_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<StoreMachine>> machines_;
  Interner states_, answers_, events_, memories_, statuses_, stages_, operation_names_;
  std::deque<Operation> operations_;
  std::deque<Node> nodes_;
  std::map<Number, Advance> starts_;  // by stage
  std::map<Key, Advance> advances_;
  std::map<Key, Applied> applied_;
  std::map<Key, Observed> observed_;
  std::map<Key, Happened> happened_;  // by (event, state)
  std::map<Key, Number> inputs_;      // by (input, issued)
  std::map<std::vector<Number>, bool> finishes_;
  Sample<StateJudged> judged_, judged_processes_;
  Number lost_answer_, stop_answer_;
  std::uint64_t executions_ = 0;
};

}  // namespace cutover::crashsim
