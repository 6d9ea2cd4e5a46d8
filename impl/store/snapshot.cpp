#include "impl/store/snapshot.h"

namespace cutover {
namespace {

class ValueCursor final : public EntryCursor {
 public:
  explicit ValueCursor(const Entries& entries) : at_(entries.begin()), end_(entries.end()) {}
  bool next(EntryView& entry) override {
    if (at_ == end_) return false;
    entry = {at_->first, at_->second};
    ++at_;
    return true;
  }

 private:
  Entries::const_iterator at_, end_;
};

class ValueSource final : public EntrySource {
 public:
  explicit ValueSource(Contents contents) : contents_(std::move(contents)) {}
  std::uint32_t format() const override { return contents_.format; }
  std::uint64_t size() const override { return contents_.entries.size(); }
  std::unique_ptr<EntryCursor> read() const override {
    return std::make_unique<ValueCursor>(contents_.entries);
  }

 private:
  Contents contents_;
};

class MappedCursor final : public EntryCursor {
 public:
  MappedCursor(std::unique_ptr<EntryCursor> from, MapEntry map)
      : from_(std::move(from)), map_(std::move(map)) {}
  bool next(EntryView& entry) override {
    if (!from_->next(entry)) return false;
    entry = map_(entry);
    return true;
  }

 private:
  std::unique_ptr<EntryCursor> from_;
  MapEntry map_;
};

class MappedSource final : public EntrySource {
 public:
  MappedSource(Snapshot from, std::uint32_t format, std::function<MapEntry()> make_map)
      : from_(std::move(from)), format_(format), make_map_(std::move(make_map)) {}
  std::uint32_t format() const override { return format_; }
  std::uint64_t size() const override { return from_.size(); }
  std::unique_ptr<EntryCursor> read() const override {
    return std::make_unique<MappedCursor>(from_.read(), make_map_());
  }

 private:
  Snapshot from_;
  std::uint32_t format_;
  std::function<MapEntry()> make_map_;
};

}  // namespace

Snapshot::Snapshot(Contents contents)
    : source_(std::make_shared<ValueSource>(std::move(contents))) {}

bool Snapshot::is_empty() const {
  EntryView first;
  return !read()->next(first);
}

Contents Snapshot::contents() const {
  Contents contents;
  contents.format = format();
  const auto cursor = read();
  for (EntryView entry; cursor->next(entry);) {
    contents.entries.emplace_hint(contents.entries.end(), entry.key, entry.value);
  }
  return contents;
}

Snapshot mapped(Snapshot snapshot, std::uint32_t format, std::function<MapEntry()> make_map) {
  return Snapshot(std::make_shared<MappedSource>(std::move(snapshot), format, std::move(make_map)));
}

Snapshot with_progress(Snapshot snapshot, Progress progress) {
  constexpr std::uint64_t kEvery = 4096;
  const std::uint64_t total = snapshot.size();
  const std::uint32_t format = snapshot.format();
  return mapped(std::move(snapshot), format, [progress, total]() -> MapEntry {
    return [progress, total, done = std::uint64_t{0}](const EntryView& entry) mutable {
      if (++done % kEvery == 0 || done == total) progress(done, total);
      return entry;
    };
  });
}

}  // namespace cutover
