// The contents of a store at one moment: a value, or a handle from which they are read entry by
// entry, so that a catalog of any size can be copied, checked and upgraded on its way.
//
// A handle keeps the moment alive where it was made (in SQLite, a read transaction) until the last
// copy of it is gone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace cutover {

using Entries = std::map<std::string, std::string>;

/// What a migration moves. Keys and values are arbitrary bytes.
struct Contents {
  static constexpr std::uint32_t kNeverInitialised = 0;
  std::uint32_t format = kNeverInitialised;
  Entries entries;
  bool operator==(const Contents&) const = default;
};

/// An entry where it is; valid until its cursor goes on.
struct EntryView {
  std::string_view key, value;
};

/// Reads entries once, in key order.
class EntryCursor {
 public:
  virtual ~EntryCursor() = default;
  /// False at the end. Throws what hinders it from reading on.
  virtual bool next(EntryView& entry) = 0;
};

/// Where a Snapshot reads from. What is behind it does not change.
class EntrySource {
 public:
  virtual ~EntrySource() = default;
  virtual std::uint32_t format() const = 0;
  /// How many entries there are. May take as long as it takes to count them.
  virtual std::uint64_t size() const = 0;
  /// A cursor does not outlive its source.
  virtual std::unique_ptr<EntryCursor> read() const = 0;
};

class Snapshot {
 public:
  Snapshot() : Snapshot(Contents()) {}
  Snapshot(Contents contents);
  explicit Snapshot(std::shared_ptr<const EntrySource> source) : source_(std::move(source)) {}

  std::uint32_t format() const { return source_->format(); }
  std::uint64_t size() const { return source_->size(); }
  bool is_empty() const;
  /// From the first entry; any number of times.
  std::unique_ptr<EntryCursor> read() const { return source_->read(); }
  /// All of it, in memory.
  Contents contents() const;

  bool operator==(const Snapshot& other) const {
    return source_ == other.source_ || contents() == other.contents();
  }

 private:
  std::shared_ptr<const EntrySource> source_;
};

/// The same entries, of format `format`, each passed through `map` on its way. `map` may throw; the
/// view it returns stays valid until it is called again.
using MapEntry = std::function<EntryView(const EntryView&)>;
Snapshot mapped(Snapshot snapshot, std::uint32_t format, std::function<MapEntry()> make_map);

/// The same snapshot; whoever reads it tells how many of its entries were read, now and then and at
/// the end. The telling may happen on another thread than the one that asked for a step.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;
Snapshot with_progress(Snapshot snapshot, Progress progress);

}  // namespace cutover
