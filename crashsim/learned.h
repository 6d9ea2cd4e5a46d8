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

#include "crashsim/execution.h"

namespace cutover::crashsim {

inline constexpr Number kNone = 0;  ///< no process, no operation, no events, no status

class Learned {
 public:
  explicit Learned(const World& world);

  /// What a process does at a node.
  struct Node {
    Execution::Waits waits = Execution::Waits::finished;
    bool read_only = false;
    std::uint16_t store = 0;
    Number operation = kNone;
    Number status = kNone;
    Number parent = kNone;  ///< the node before
    Number answer = 0;      ///< what it was answered there; at a stage's start, the stage
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
  Advance advance(Number node, Number answer);
  Applied apply(Number state, Number operation);
  Number restart(std::size_t store, Number state);
  Observed observe(Number memory, Number events);
  /// Of the durable states and the memory; CanFinish included.
  Judged judge(std::span<const Number> stores, Number memory);
  Judged judge_process(std::span<const Number> stores, Number status);

  Number lost_answer() const { return lost_answer_; }
  Number stop_answer() const { return stop_answer_; }
  /// The number of the request that the issued-th input of a kind brings.
  Number input_answer(std::size_t input, unsigned issued);

  /// Of a store's state as a beginning gives it.
  Number number_of_state(std::size_t store, const Value& state);
  Number number_of_memory(const Value& memory);
  const World& world() const { return world_; }

  Value answer(Number number);
  Value state(Number number);
  std::string operation_label(Number operation);
  std::size_t operation_store(Number operation);

  /// How often a coroutine was run from its start.
  std::uint64_t executions() const { return executions_; }

  /// Runs every `stride`-th learned node again on the real coroutine, from the start, and every
  /// learned step of a store again. Returns the place of the first difference: hidden
  /// nondeterminism.
  std::optional<std::string> recheck(std::size_t stride);

 private:
  struct Key {
    Number a, b;
    auto operator<=>(const Key&) const = default;
  };

  /// A run of a stage: where it got, what it emitted last, and which stage follows if it ended.
  struct Replayed {
    Node node;
    Value events;
    Value next_stage;
  };

  Value history(Number node) const;
  Replayed execute(Number stage, const Value& answers);
  Advance keep(std::size_t program, const Replayed& found, Number parent, Number answer);
  Number stage_of(Number node) const;
  Number number_of_stage(std::size_t program, const Value& stage);
  std::size_t program_of(Number stage) const { return stages_[stage][0]; }
  Number number_of_operation(const Operation& operation);
  Applied run(Number state, Number operation);
  std::vector<const Value*> values(std::span<const Number> stores) const;
  bool can_finish(std::span<const Number> stores);
  bool finishes_alone(std::size_t program, std::vector<Number> stores);
  Advance start_unlocked(Number stage);
  Advance advance_unlocked(Number node, Number answer);
  Applied apply_unlocked(Number state, Number operation);

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
  std::map<std::vector<Number>, bool> finishes_;
  Number lost_answer_, stop_answer_;
  std::uint64_t executions_ = 0;
};

}  // namespace cutover::crashsim
