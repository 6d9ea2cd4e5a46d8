#include "properties/state_version/states_of_models.h"

#include <algorithm>
#include <array>

#include "impl/state_version/upgrade.h"
#include "properties/state_version/sample.h"

namespace cutover::state_version {
namespace {

using model::state_version::kMostWrites;

/// As the migrations make it, by its number.
const json& migrated_to(std::uint8_t version) {
  static const std::array<json, 3> states = {oldest_state(),
                                             upgraded(build_of(Which::middle), oldest_state()),
                                             upgraded(build_of(Which::newest), oldest_state())};
  return states[version - 1u];
}

/// The bits of those of an object's members whose names are numbers.
unsigned bits_of(const json& state, const char* member) {
  unsigned bits = 0;
  const json numbered = state.value(member, json::object());
  for (const auto& [name, value] : numbered.items()) {
    if (name.size() == 1 && name >= "1" && name <= "4") bits |= 1u << (name[0] - '1');
  }
  return bits;
}

crashsim::Value numbers_in(unsigned bits) {
  crashsim::Value numbers = crashsim::Value::array();
  for (unsigned number = 1; bits != 0; ++number, bits >>= 1) {
    if ((bits & 1) != 0) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

std::optional<std::uint8_t> number_of_version(const std::string& text) {
  for (const Which which : {Which::old_one, Which::middle, Which::newest}) {
    if (build_of(which).version.text() != text) continue;
    return static_cast<std::uint8_t>(static_cast<unsigned>(which) + 1);
  }
  return std::nullopt;
}

std::optional<Abstract> abstracted(const json& state) {
  if (!state.is_object()) return std::nullopt;
  const auto version = number_of_version(version_of(state).text());
  if (!version || but_for_changes(state) != migrated_to(*version)) return std::nullopt;
  const unsigned changes = bits_of(state, "labels") | bits_of(state, "limits") << kMostWrites;
  return Abstract{*version, static_cast<std::uint8_t>(changes)};
}

crashsim::Value labels_in(unsigned changes) {
  return numbers_in(changes & ((1u << kMostWrites) - 1));
}
crashsim::Value limits_in(unsigned changes) { return numbers_in(changes >> kMostWrites); }

std::string property_of_models(checker::Property number) {
  constexpr std::array<const char*, 5> kNames = {"", "NothingLost", "NoOldWriter",
                                                 "OthersDoNothing", "CanFinish"};
  return kNames.at(number);
}

std::string beyond_models(const crashsim::Bounds& bounds) {
  if (bounds.processes > 3) return "the model has at most 3 processes";
  if (bounds.in_flight > 2) return "the model has at most 2 in_flight";
  if (crashsim::kWrites.of(bounds) > kMostWrites) return "the model has at most 4 writes";
  return "";
}

model::state_version::Bounds bounds_of_model(const crashsim::Bounds& of) {
  return {of.processes, of.starts, of.crashes, of.in_flight, of.lost, crashsim::kWrites.of(of)};
}

crashsim::Bounds bounds_by_constants(const Constants& constants) {
  return cutover::bounds_by_constants(constants, {{crashsim::kWrites, "MaxWrites"}});
}

}  // namespace cutover::state_version
