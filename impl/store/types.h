// The words every store speaks: epochs, contents, requests and answers.
//
// A store is a durable backend that holds an epoch (the fencing token), a config collection
// (string -> u64) and contents (a format number and key -> value entries). A Request is one atomic,
// durable step of a store; an Answer is what comes back. Both are plain values, so that the same
// protocol code runs over a simulated store, over SQLite, and under a scheduler that loses answers.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "impl/store/snapshot.h"

namespace cutover {

/// The durable fencing token of a store. Grows with every open; never decreases.
struct Epoch {
  std::uint64_t value = 0;
  auto operator<=>(const Epoch&) const = default;
};

/// No store ever gets this epoch, so that there is one above each that a store has.
inline constexpr Epoch kNeverAnEpoch{~std::uint64_t{0}};

/// A store whose epoch would have to grow beyond the last one.
class NoEpochLeft : public std::runtime_error {
 public:
  NoEpochLeft();
};

/// The least epoch above `epoch`. Throws NoEpochLeft.
constexpr Epoch above(Epoch epoch) {
  if (epoch == kNeverAnEpoch) throw NoEpochLeft();
  return Epoch{epoch.value + 1};
}

/// What a store's epoch becomes when it is to grow, and to be at least `at_least`. Throws
/// NoEpochLeft.
Epoch raised(Epoch epoch, Epoch at_least);

/// Everything a store holds durably.
struct StoreState {
  Epoch epoch{};
  std::map<std::string, std::uint64_t> config;
  Contents contents;
  bool operator==(const StoreState&) const = default;
};

/// Writes that take effect together or not at all. `replace` comes first, then `entries`.
struct Transaction {
  std::optional<Snapshot> replace;                            ///< the whole contents
  std::map<std::string, std::optional<std::string>> entries;  ///< put, or delete where empty
  std::map<std::string, std::uint64_t> config;
  std::optional<Epoch> raise_epoch;  ///< the store's epoch becomes max(its epoch + 1, this)
  bool operator==(const Transaction&) const = default;
};

/// One atomic step of a store.
struct Request {
  enum class Kind {
    open,         ///< epoch := max(epoch + 1, at_least), durably; answers the new epoch
    read_config,  ///< of `key`; may be unfenced
    snapshot,     ///< the whole contents
    get,          ///< the value of `key`
    commit,       ///< `transaction`; answers the epoch after it
  };
  Kind kind = Kind::open;
  std::optional<Epoch> session;  ///< must be the store's epoch, else the step is fenced
  Epoch at_least{};
  std::string key;
  Transaction transaction;
  bool operator==(const Request&) const = default;

  /// True of steps that change nothing at the store.
  bool read_only() const { return kind != Kind::open && kind != Kind::commit; }
};

/// How a step of a store ended. All but `ok` are expected outcomes, and values.
enum class Status {
  ok,
  fenced,       ///< the session's epoch is no longer the store's; nothing was done
  lost_answer,  ///< the answer was lost: it may have been done, or not, or may still be done
  unavailable,  ///< nothing was done; the store could not be reached or is locked
};

const char* to_string(Status status);

struct Answer {
  Status status = Status::ok;
  Epoch epoch{};                          ///< of open and commit
  std::optional<std::uint64_t> number{};  ///< of read_config; empty: no such entry
  std::optional<std::string> value{};     ///< of get; empty: no such key
  Snapshot contents{};                    ///< of snapshot
  bool operator==(const Answer&) const = default;
};

/// Bytes as plain ASCII, on one line: what is not printable as \xNN, a backslash doubled. Different
/// bytes are shown differently; long ones are cut, and told apart by their length and a hash.
std::string printable(std::string_view bytes);

/// The name of a step as traces, progress and the protocols' comments tell it: "open stash",
/// "read stash tombstone", "replace persist contents". A function of the request alone, printable
/// whatever the key.
std::string label(const std::string& store, const Request& request);

}  // namespace cutover
