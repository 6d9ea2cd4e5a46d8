// A family that lives in this folder alone: a value is handed over from an old shelf to a new one.
// As small as one can be that has everything: two stores, a move of three steps, one mutant, a
// model, a TLA+ module, real processes. It shows that a family arrives by adding files.
#pragma once

#include "crashsim/sdk.h"

namespace cutover::handover {

/// A store. Whoever opened it last owns it.
struct Shelf {
  int epoch = 0;
  int value = 0;      ///< 0: none
  bool left = false;  ///< of the old shelf: the new one counts
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Shelf, epoch, value, left)

inline constexpr int kValue = 7;  // what the old shelf holds at the beginning

// The operations, each atomic.
inline constexpr auto open = [](Shelf& shelf) { return ++shelf.epoch, shelf; };
inline constexpr auto put = [](Shelf& shelf, int value) { return shelf.value = value; };
inline constexpr auto leave = [](Shelf& shelf, int session) {
  require(shelf.epoch == session);
  return shelf.left = true;
};

/// The move, over anything that has step(label, operation, arguments...).
template <class S>
Task<bool> move(S from, S to, bool leaves_first) {
  const Shelf found = co_await from.step("open", open);  // 1
  if (found.left) co_return true;
  if (leaves_first) co_await from.step("leave", leave, found.epoch);
  co_await to.step("put", put, found.value);                           // 2
  if (!leaves_first) co_await from.step("leave", leave, found.epoch);  // 3
  co_return true;
}

}  // namespace cutover::handover
