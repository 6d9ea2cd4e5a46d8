// How much may happen in a world: the engine's budgets, and the numbers of a family's own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cutover::crashsim {

/// Requests in flight come out of crashes and lost answers: each also counts as one of those.
struct Bounds {
  unsigned processes = 2;  ///< alive at a time
  unsigned starts = 4;
  unsigned crashes = 2;
  unsigned in_flight = 1;
  unsigned lost = 1;
  std::map<std::string, unsigned> own = {};  ///< the family's; one that is missing has its default
  bool operator==(const Bounds&) const = default;
};

inline constexpr unsigned kMostOfABound = 255;

/// One number of the bounds.
struct BoundSpec {
  std::string name;  ///< on the command line and in traces
  std::string about;
  unsigned standard = 0;                ///< what it is unless something else is asked for
  unsigned few = 0;                     ///< a random world of the narrowest kind has up to this
  unsigned many = 0;                    ///< a random world has no more, unless more is asked for
  unsigned Bounds::* member = nullptr;  ///< null: it is among Bounds::own
  std::string former = "";              ///< a name that older traces and command lines have for it

  unsigned of(const Bounds& bounds) const;
  void set(Bounds& bounds, unsigned number) const;
  bool is_called(const std::string& text) const {
    return text == name || (!former.empty() && text == former);
  }
};
using BoundSpecs = std::vector<BoundSpec>;

/// What a family may take whose clients write, or read; the SDK's inputs count as writes unless
/// they say otherwise. Inline: a global of another file may be made of them.
inline const BoundSpec kWrites{"writes", "of clients", 2, 6, 35};
inline const BoundSpec kReads{"reads", "of clients", 0, 3, 15};

/// The engine's own.
const BoundSpecs& engine_bounds();
/// The engine's and a family's, in the order in which they are shown.
BoundSpecs with_engine_bounds(const BoundSpecs& own);

/// Adds it unless there is one of its name.
void add_if_new(BoundSpecs& all, const BoundSpec& spec);
std::vector<std::string> names_of(const BoundSpecs& all);

/// Each as `number` says of its spec.
Bounds bounds_by(const BoundSpecs& all, unsigned BoundSpec::* number);

/// What makes these bounds impossible, or nothing.
std::optional<std::string> impossible(const Bounds& bounds);

}  // namespace cutover::crashsim
