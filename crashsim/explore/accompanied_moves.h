// The moves of a world with its companion taken along, and states made canonical with it.
//
// One object serves one thread. Where the world has no companion this is Moves alone.
#pragma once

#include <cstring>

#include "crashsim/explore/moves.h"

namespace cutover::crashsim {

template <std::size_t N>
class AccompaniedMoves {
 public:
  using State = Tuple<N>;

  explicit AccompaniedMoves(Learned& learned)
      : learned_(learned),
        world_(learned.world()),
        companion_(world_.companion.get()),
        moves_(learned) {}

  Moves<N>& moves() { return moves_; }
  const Layout& layout() const { return moves_.layout(); }

  /// Calls f(move, next) for each move; `next` keeps the slots as they are, not canonical.
  template <class F>
  void for_each(const State& state, F&& f) {
    if (companion_ == nullptr) return moves_.for_each(state, f);
    moves_.for_each(state, [&](const Move& move, const State& next) {
      State both = next;
      follow(state, move, both);
      f(move, both);
    });
  }

  /// Sorts processes and requests in flight, and the companion's places with them.
  State canonical(const State& state) const {
    if (companion_ == nullptr) return crashsim::canonical(layout(), state);
    State sorted = state;
    std::array<std::uint8_t, N> from;
    for (std::size_t i = 0; i < N; ++i) from[i] = static_cast<std::uint8_t>(i);
    bool moved = sort_with(sorted, from, 0, layout().processes);
    moved |= sort_with(sorted, from, layout().processes, layout().processes + layout().in_flight);
    if (!moved) return sorted;
    Companion::Words words = words_of(sorted);
    companion_->rearrange(words, {from.data(), layout().processes + layout().in_flight});
    keep(sorted, words);
    return sorted;
  }

  void begin(State& state, const std::string& beginning) const {
    if (companion_ != nullptr) keep(state, companion_->begin(beginning));
  }

 private:
  bool sort_with(State& state, std::array<std::uint8_t, N>& from, std::size_t begin,
                 std::size_t end) const {
    Number* const places = state.data() + layout().first_process;
    bool moved = false;
    for (std::size_t i = begin + 1; i < end; ++i) {
      for (std::size_t j = i; j > begin && places[j - 1] < places[j]; --j) {
        std::swap(places[j - 1], places[j]);
        std::swap(from[j - 1], from[j]);
        moved = true;
      }
    }
    return moved;
  }

  Companion::Words words_of(const State& state) const {
    Companion::Words words{};
    std::memcpy(words.data(), state.data() + layout().companion, companion_->words() * 8);
    return words;
  }
  void keep(State& state, const Companion::Words& words) const {
    std::memcpy(state.data() + layout().companion, words.data(), companion_->words() * 8);
  }

  /// Takes the companion along; where it can't follow, that is the property violated.
  void follow(const State& before, const Move& move, State& next) {
    if (violated_step(next[layout().inputs]) != 0 || move.kind == Move::Kind::choose) return;
    CompanionStep step;
    step.kind = move.kind;
    step.outcome = move.outcome;
    step.place = move.slot;
    step.which = move.which;
    if (move.kind == Move::Kind::step || move.kind == Move::Kind::land) {
      step.label = labels_.find_or(move.operation, [&] {
        return companion_->label(learned_.operation_store(move.operation),
                                 learned_.operation_label(move.operation));
      });
      step.answer = answers_.find_or(
          move.answer, [&] { return companion_->answer(learned_.answer(move.answer)); });
    }
    for (std::size_t i = 0; i < layout().in_flight; ++i) {
      const std::size_t at = layout().first_in_flight + i;
      if (before[at] == kNone && next[at] != kNone) step.left_at = static_cast<std::uint8_t>(i);
    }
    std::array<std::uint64_t, N> durable{};
    for (std::size_t i = 0; i < layout().stores; ++i) {
      durable[i] = durable_.find_or(std::uint64_t{i} << 32 | next[i], [&] {
        return companion_->durable(i, learned_.state(next[i]));
      });
    }
    Companion::Words words = words_of(before);
    if (companion_->take(words, step, {durable.data(), layout().stores})) {
      keep(next, words);
    } else {
      next[layout().inputs] =
          with_violated_step(next[layout().inputs], static_cast<std::uint32_t>(world_.refines) + 1);
    }
  }

  Learned& learned_;
  const World& world_;
  const Companion* companion_;
  Moves<N> moves_;
  FlatMap<Number> labels_, answers_;
  FlatMap<std::uint64_t> durable_;
};

}  // namespace cutover::crashsim
