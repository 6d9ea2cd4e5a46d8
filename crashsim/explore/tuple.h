// A state of the whole world as the search sees it: a short tuple of numbers.
//
//   stores | process nodes | zombies' operations | memory of the properties | inputs | budgets |
//   words of the companion, if there is one, two numbers each
//
// Processes are interchangeable, and so are zombies: canonical() sorts both.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "crashsim/world/companion.h"

namespace cutover::crashsim {

template <std::size_t N>
using Tuple = std::array<Number, N>;

/// Where the parts of a tuple lie, for given bounds.
struct Layout {
  std::size_t stores, processes, zombies;  ///< how many of each
  std::size_t first_process, first_zombie, memory, inputs, budgets, companion, size;

  explicit Layout(const World& world)
      : stores(world.stores.size()),
        processes(world.bounds.processes),
        zombies(world.bounds.zombies),
        first_process(stores),
        first_zombie(first_process + processes),
        memory(first_zombie + zombies),
        inputs(memory + 1),
        budgets(inputs + 1),
        companion(budgets + 1),
        size(companion + (world.companion ? 2 * world.companion->words() : 0)) {}
};

/// Counters in the `budgets` field, eight bits each; what was used so far.
enum class Budget : unsigned { starts = 0, crashes = 8, zombies = 16, ambiguous = 24 };
inline constexpr unsigned kMostOfABudget = 255;

constexpr unsigned used(Number budgets, Budget budget) {
  return budgets >> static_cast<unsigned>(budget) & 0xff;
}
constexpr Number spend(Number budgets, Budget budget) {
  return budgets + (1u << static_cast<unsigned>(budget));
}
/// Crashes and lost answers so far; a zombie comes out of one of them.
constexpr unsigned faults(Number budgets) {
  return used(budgets, Budget::crashes) + used(budgets, Budget::ambiguous);
}

/// The `inputs` field: four bits for each kind, how often it was issued; the top byte holds the
/// property that a step violated, counted from 1.
inline constexpr unsigned kMostInputs = 15, kMostInputKinds = 6;
constexpr unsigned issued(Number inputs, std::size_t kind) { return inputs >> (4 * kind) & 0xf; }
constexpr Number issue(Number inputs, std::size_t kind) { return inputs + (1u << (4 * kind)); }
constexpr std::uint32_t violated_step(Number inputs) { return inputs >> 24; }
constexpr Number with_violated_step(Number inputs, std::uint32_t property) {
  return inputs | property << 24;
}

/// Sorts a short run downwards; empty places (0) come last.
template <class It>
void sort_down(It begin, It end) {
  for (It at = begin; at != end; ++at) {
    for (It back = at; back != begin && *(back - 1) < *back; --back) std::swap(*(back - 1), *back);
  }
}

template <std::size_t N>
Tuple<N> canonical(const Layout& layout, Tuple<N> tuple) {
  const auto processes = tuple.begin() + static_cast<std::ptrdiff_t>(layout.first_process);
  const auto zombies = tuple.begin() + static_cast<std::ptrdiff_t>(layout.first_zombie);
  sort_down(processes, zombies);
  sort_down(zombies, tuple.begin() + static_cast<std::ptrdiff_t>(layout.memory));
  return tuple;
}

}  // namespace cutover::crashsim
