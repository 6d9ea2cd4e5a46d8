// A state of the catalog's model. The same variables, under the same names, are those of
// tla/catalog/Catalog.tla; see there for what is modelled and what is abstracted.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace cutover::model::catalog {

using Byte = std::uint8_t;

enum class At : Byte { stash, persist };
enum class Tombstone : Byte { absent, is_false, is_true };

/// Values of the key `a`: none; one that no client has written, as the outdated one at the
/// beginning is, and what was written in the current format into contents of the old one; the one
/// clients have written before the beginning; and after it those of puts.
inline constexpr Byte kNoValue = 0, kOldValue = 1, kValue0 = 2;
/// Formats; 0: never initialised.
inline constexpr Byte kOldFormat = 1, kCurrentFormat = 2;

struct Contents {
  Byte format = 0;
  Byte a = kNoValue;
  Byte g = 0;  ///< whether the key `g` is there, which was deleted before the beginning
  auto operator<=>(const Contents&) const = default;
};
/// Entries without a format are not wiped.
constexpr bool is_supported(const Contents& contents) {
  return contents.format != 0 || (contents.a == kNoValue && contents.g == 0);
}

struct Store {
  Byte epoch = 0;
  Tombstone tombstone = Tombstone::absent;
  Byte mark = 0;  ///< of mutants only
  Contents contents;
  Byte unused[2] = {};
  auto operator<=>(const Store&) const = default;
};

/// The local state of a process; all zero: there is none.
struct Process {
  Byte pc = 0;  ///< the step of its program, counted from 1
  At target = At::stash;
  Byte stash = 0, persist = 0;  ///< the epochs of its sessions
  Contents copy;                ///< the snapshot it read
  Byte write = 0;               ///< the client's write it carries out
  auto operator<=>(const Process&) const = default;
};

/// A request as a store sees it; all zero: there is none.
struct Request {
  Byte operation = 0;  ///< see Protocol::operations
  Byte session = 0;    ///< 0: none
  Byte at_least = 0;
  Contents contents;
  Byte write = 0;
  Byte unused = 0;
  auto operator<=>(const Request&) const = default;
};

/// What clients know of `a`, and where and under which epoch they were answered last.
struct Client {
  Byte acked = kNoValue;
  Byte maybe = 0;  ///< bit w - 1: write w may have been written
  Byte epoch = 0;
  Byte on = 0;  ///< 0: nowhere yet; 1: the stash; 2: persist
  auto operator<=>(const Client&) const = default;
};

struct Used {
  Byte starts = 0, crashes = 0, in_flight = 0, lost = 0, puts = 0, deletes = 0;
  auto operator<=>(const Used&) const = default;
};

/// A promise about epochs that was broken.
enum class Broke : Byte { none, fenced_never_succeeds, epoch_monotone };

inline constexpr unsigned kMostProcesses = 4, kMostInFlight = 3, kMostWrites = 8;

struct State {
  std::array<Store, 2> store;
  std::array<Process, kMostProcesses> process;
  std::array<Request, kMostInFlight> in_flight;
  Client client;
  Used used;
  Broke broke = Broke::none;
  Byte unused[5] = {};
  auto operator<=>(const State&) const = default;
};
static_assert(sizeof(State) == 88 && alignof(State) == 1);

}  // namespace cutover::model::catalog
