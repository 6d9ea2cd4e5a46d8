#include "crashsim/world/world.h"

#include <string_view>

namespace cutover::crashsim {
namespace {
constexpr std::array<const char*, kOutcomes> kNames = {"ok",
                                                       "crash before",
                                                       "crash after",
                                                       "crash, in flight",
                                                       "lost answer, not applied",
                                                       "lost answer, applied",
                                                       "lost answer, in flight"};
}

const char* to_string(Outcome outcome) { return kNames[static_cast<std::size_t>(outcome)]; }

std::optional<Outcome> outcome_from(std::string_view text) {
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (text == kNames[i]) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

}  // namespace cutover::crashsim
