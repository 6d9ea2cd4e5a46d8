// What befalls a process of a model at a step, and what of that was used up.
#pragma once

#include <compare>
#include <cstdint>

namespace cutover::model {

using Byte = std::uint8_t;

struct Used {
  Byte starts = 0, crashes = 0, in_flight = 0, lost = 0;
  Byte unused[4] = {};
  auto operator<=>(const Used&) const = default;
};
/// `Bounds` has starts, crashes, in_flight and lost.
template <class Bounds>
constexpr Used most_used(const Bounds& bounds) {
  return {static_cast<Byte>(bounds.starts), static_cast<Byte>(bounds.crashes),
          static_cast<Byte>(bounds.in_flight), static_cast<Byte>(bounds.lost)};
}

/// Calls emit(name, next) for each way in which a step may fail: its process crashes, or its answer
/// is lost; before the step has its effect, after it, or with its request still in flight. `State`
/// has `used` and `in_flight`. `crashed` is the state without the process, and `lost` the one in
/// which it knows that there is no answer; `taken` with the effect too. What reads has none.
template <class Name, class State, class Request, class Bounds, class Emit>
void fail_at_step(const State& crashed, const State& crashed_taken, const State& lost,
                  const State& lost_taken, const Request& request, bool is_read,
                  const Bounds& bounds, Emit&& emit) {
  const auto fail = [&](State next, Byte Used::* count, unsigned most, Name name, bool stays) {
    Used& used = next.used;
    if (used.*count == most || (stays && used.in_flight == bounds.in_flight)) return;
    ++(used.*count);
    if (stays) next.in_flight[used.in_flight++] = request;
    emit(name, next);
  };
  fail(crashed, &Used::crashes, bounds.crashes, Name::CrashBefore, false);
  fail(lost, &Used::lost, bounds.lost, Name::LoseBefore, false);
  if (is_read) return;
  fail(crashed_taken, &Used::crashes, bounds.crashes, Name::CrashAfter, false);
  fail(crashed, &Used::crashes, bounds.crashes, Name::CrashInFlight, true);
  fail(lost_taken, &Used::lost, bounds.lost, Name::LoseAfter, false);
  fail(lost, &Used::lost, bounds.lost, Name::LoseInFlight, true);
}

/// The same where a process ends without an answer. `gone` is the state without it, `taken` with
/// the effect too.
template <class Name, class State, class Request, class Bounds, class Emit>
void end_at_step(const State& gone, const State& taken, const Request& request, bool is_read,
                 const Bounds& bounds, Emit&& emit) {
  fail_at_step<Name>(gone, taken, gone, taken, request, is_read, bounds, emit);
}

}  // namespace cutover::model
