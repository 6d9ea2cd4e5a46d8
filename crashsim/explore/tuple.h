// A state of the whole world as the search sees it: a short tuple of numbers.
//
//   stores | process nodes | operations in flight | memory of the properties | inputs | budgets |
//   words of the companion, if there is one, two numbers each
//
// Processes are interchangeable, and so is what is in flight: canonical() sorts both.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <type_traits>

#include "crashsim/world/companion.h"

namespace cutover::crashsim {

template <std::size_t N>
using Tuple = std::array<Number, N>;

/// Where the parts of a tuple lie, for given bounds.
struct Layout {
  std::size_t stores, processes, in_flight;  ///< how many of each
  std::size_t first_process, first_in_flight, memory, inputs, budgets, companion, size;

  explicit Layout(const World& world)
      : stores(world.stores.size()),
        processes(world.bounds.processes),
        in_flight(world.bounds.in_flight),
        first_process(stores),
        first_in_flight(first_process + processes),
        memory(first_in_flight + in_flight),
        inputs(memory + 1),
        budgets(inputs + (world.inputs.size() + event_budgets(world).size()) / 4 + 1),
        companion(budgets + 1),
        size(companion + (world.companion ? 2 * world.companion->words() : 0)) {}
};

/// Counters in the `budgets` field, eight bits each; what was used so far.
enum class Budget : unsigned { starts = 0, crashes = 8, in_flight = 16, lost = 24 };
inline constexpr std::size_t kMostNumbers = 64;

constexpr unsigned used(Number budgets, Budget budget) {
  return budgets >> static_cast<unsigned>(budget) & 0xff;
}
constexpr Number spend(Number budgets, Budget budget) {
  return budgets + (1u << static_cast<unsigned>(budget));
}
/// Crashes and lost answers so far; what is in flight comes out of one of them.
constexpr unsigned faults(Number budgets) {
  return used(budgets, Budget::crashes) + used(budgets, Budget::lost);
}

/// The `inputs` part, four bytes a number: for each kind how often it was issued; the bounds of
/// store events are counted as further kinds. The fourth byte is none of them: it holds the
/// property that a step violated, counted from 1.
inline constexpr unsigned kMostInputs = 255, kMostInputKinds = 255;
constexpr std::size_t byte_of(std::size_t kind) { return kind < 3 ? kind : kind + 1; }
constexpr unsigned issued(const Number* inputs, std::size_t kind) {
  return inputs[byte_of(kind) / 4] >> (8 * (byte_of(kind) % 4)) & 0xff;
}
constexpr void issue(Number* inputs, std::size_t kind) {
  inputs[byte_of(kind) / 4] += 1u << (8 * (byte_of(kind) % 4));
}
constexpr std::uint32_t violated_step(Number inputs) { return inputs >> 24; }
constexpr Number with_violated_step(Number inputs, std::uint32_t property) {
  return inputs | property << 24;
}

/// Calls f(std::integral_constant) of the smallest size of a tuple that has room for `size`
/// numbers. Throws std::runtime_error if there is none.
template <class F>
auto with_tuple_size(std::size_t size, F&& f) {
  if (size <= 8) return f(std::integral_constant<std::size_t, 8>());
  if (size <= 12) return f(std::integral_constant<std::size_t, 12>());
  if (size <= 20) return f(std::integral_constant<std::size_t, 20>());
  if (size <= kMostNumbers) return f(std::integral_constant<std::size_t, kMostNumbers>());
  throw std::runtime_error(
      fmt::format("these bounds need {} numbers a state, and {} is the most: lower processes, or "
                  "what may be in flight",
                  size, kMostNumbers));
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
  const auto in_flight = tuple.begin() + static_cast<std::ptrdiff_t>(layout.first_in_flight);
  sort_down(processes, in_flight);
  sort_down(in_flight, tuple.begin() + static_cast<std::ptrdiff_t>(layout.memory));
  return tuple;
}

}  // namespace cutover::crashsim
