// A snapshot as a handle: consistent as of its moment, read any number of times, copied within one
// transaction, and gone when it is dropped.
#include "impl/store/snapshot.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "impl/store/read_ahead.h"
#include "impl/store/simulated_store.h"
#include "impl/store/sqlite_store.h"
#include "tests/run.h"

namespace cutover {
namespace {

namespace fs = std::filesystem;
constexpr auto kCreate = SqliteStore::Mode::create_if_missing;

Contents numbered(std::uint32_t format, int count) {
  Contents contents;
  contents.format = format;
  for (int i = 0; i < count; ++i) {
    contents.entries["key " + std::to_string(i)] = std::string(100, 'v') + std::to_string(i);
  }
  return contents;
}

Transaction put(const std::string& key, const std::string& value) {
  Transaction transaction;
  transaction.entries.emplace(key, value);
  return transaction;
}

/// Fails after some entries.
class Failing final : public EntrySource {
 public:
  class Cursor final : public EntryCursor {
   public:
    bool next(EntryView& entry) override {
      if (++read_ > 3) throw std::runtime_error("the source is gone");
      key_ = std::to_string(read_);
      entry = {key_, key_};
      return true;
    }

   private:
    int read_ = 0;
    std::string key_;
  };
  std::uint32_t format() const override { return 1; }
  std::uint64_t size() const override { return 10; }
  std::unique_ptr<EntryCursor> read() const override { return std::make_unique<Cursor>(); }
};

class SnapshotTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  const fs::path file_ = folder_ / "stash.db";
  SqliteStore store_{"stash", file_, kCreate, std::chrono::milliseconds(50)};
  Session session_ = run(open(store_));
};

TEST_F(SnapshotTest, IsAsOfItsStepWhateverIsWrittenSince) {
  const Contents before = numbered(2, 500);
  run(session_.replace_contents(before));
  const Snapshot snapshot = run(session_.snapshot());
  run(session_.commit(put("later", "value")));
  run(session_.replace_contents(numbered(3, 7)));
  SqliteStore elsewhere("stash", file_, kCreate);
  run(open(elsewhere));
  EXPECT_EQ(snapshot.format(), 2u);
  EXPECT_EQ(snapshot.size(), 500u);
  EXPECT_TRUE(snapshot == Snapshot(before));
  EXPECT_TRUE(snapshot.contents() == before) << "it can be read once only";
  EXPECT_EQ(elsewhere.look().contents.format(), 3u);
}

TEST_F(SnapshotTest, OutlivesTheStoreObject) {
  const Contents before = numbered(2, 50);
  Snapshot snapshot;
  {
    SqliteStore other("persist", folder_ / "persist.db", kCreate);
    Session session = run(open(other));
    run(session.replace_contents(before));
    snapshot = run(session.snapshot());
  }
  EXPECT_TRUE(snapshot.contents() == before);
}

TEST_F(SnapshotTest, ReplacesTheContentsOfItsOwnStore) {
  const Contents before = numbered(2, 500);
  run(session_.replace_contents(before));
  Snapshot snapshot = run(session_.snapshot());
  run(session_.replace_contents(snapshot));
  EXPECT_TRUE(store_.inspect().contents == before);
}

TEST_F(SnapshotTest, IsClosedWhenItIsDropped) {
  run(session_.replace_contents(numbered(2, 500)));
  {
    const Snapshot snapshot = run(session_.snapshot());
    const Snapshot copy = snapshot;
    run(session_.commit(put("later", "value")));
    EXPECT_FALSE(store_.fold_log()) << "nobody reads what the log had";
  }
  EXPECT_TRUE(store_.fold_log());
}

TEST_F(SnapshotTest, AReplacementWhoseSourceFailsDoesNothing) {
  const Contents before = numbered(2, 50);
  run(session_.replace_contents(before));
  Transaction transaction = put("new", "value");
  transaction.replace = Snapshot(std::make_shared<Failing>());
  try {
    run(session_.commit(transaction));
    ADD_FAILURE() << "half a source was taken for a whole one";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "the source is gone");
  }
  EXPECT_TRUE(store_.inspect().contents == before);
  EXPECT_EQ(run(open(store_)).epoch(), Epoch{2}) << "its transaction is still open";
}

TEST_F(SnapshotTest, ASourceWithAKeyTwiceIsAnError) {
  struct Twice final : EntrySource {
    struct Cursor final : EntryCursor {
      bool next(EntryView& entry) override { return entry = {"a", "1"}, ++read <= 2; }
      int read = 0;
    };
    std::uint32_t format() const override { return 1; }
    std::uint64_t size() const override { return 2; }
    std::unique_ptr<EntryCursor> read() const override { return std::make_unique<Cursor>(); }
  };
  EXPECT_THROW(run(session_.replace_contents(Snapshot(std::make_shared<Twice>()))), StoreError);
  EXPECT_TRUE(store_.inspect().contents == Contents());
}

TEST_F(SnapshotTest, AFileThatWasReplacedSinceIsNotReadInstead) {
  SqliteStore("other", folder_ / "other.db", kCreate).restore(store_.inspect());
  fs::rename(folder_ / "other.db", file_);
  EXPECT_THROW(run(session_.snapshot()), StoreError);
  EXPECT_THROW(store_.look(), StoreError);
}

/// Reads all that is ahead, and what ends it.
std::pair<std::vector<std::string>, std::string> read_ahead(EntryCursor& from) {
  std::vector<std::string> keys;
  ReadAhead ahead(from);
  try {
    for (EntryView entry; ahead.next(entry);) {
      keys.emplace_back(entry.key);
      EXPECT_TRUE(entry.value.starts_with(entry.key));
    }
    EntryView none;
    EXPECT_FALSE(ahead.next(none)) << "it goes on after its end";
    return {keys, "end"};
  } catch (const std::runtime_error& error) {
    return {keys, error.what()};
  }
}

/// Counts up, each value as large as it says; throws at `fails_at`.
class Counting final : public EntryCursor {
 public:
  Counting(int count, int fails_at, std::size_t value_bytes)
      : count_(count), fails_at_(fails_at), value_bytes_(value_bytes) {}
  bool next(EntryView& entry) override {
    if (read_ == fails_at_) throw std::runtime_error("the source is gone");
    if (read_ == count_) return false;
    key_ = std::to_string(read_++);
    value_ = key_ + std::string(value_bytes_, 'v');
    entry = {key_, value_};
    return true;
  }
  int read() const { return read_; }

 private:
  int count_, fails_at_;
  std::size_t value_bytes_;
  int read_ = 0;
  std::string key_, value_;
};

TEST(ReadAheads, ReadTheSameEntriesAndEndTheSame) {
  for (const std::size_t bytes : {0, 100, 200'000}) {
    for (const int count : {0, 1, 7, 500, bytes < 1000 ? 100'000 : 600}) {
      std::vector<std::string> expected;
      for (int i = 0; i < count; ++i) expected.push_back(std::to_string(i));
      Counting whole(count, -1, bytes), failing(count + 1, count, bytes);
      EXPECT_EQ(read_ahead(whole), std::pair(expected, std::string("end")));
      EXPECT_EQ(read_ahead(failing), std::pair(expected, std::string("the source is gone")));
    }
  }
}

TEST(ReadAheads, ReadOnlyALittleAheadAndStopWhenTheyAreDropped) {
  Counting endless(1'000'000'000, -1, 100);
  {
    ReadAhead ahead(endless);
    EntryView entry;
    for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(ahead.next(entry));
  }
  EXPECT_LT(endless.read(), 50'000);
}

TEST(Snapshots, TellHowFarTheyWereRead) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  const Contents contents = numbered(2, 10'000);
  const Snapshot snapshot = with_progress(
      contents, [&](std::uint64_t done, std::uint64_t total) { told.emplace_back(done, total); });
  EXPECT_TRUE(snapshot == Snapshot(contents));
  ASSERT_GE(told.size(), 2u);
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].second, 10'000u);
    if (i > 0) {
      EXPECT_GT(told[i].first, told[i - 1].first);
    }
  }
  EXPECT_EQ(told.back().first, 10'000u);
  told.clear();
  EXPECT_TRUE(snapshot.contents() == contents);
  EXPECT_EQ(told.back().first, 10'000u) << "the second reading goes on counting";
}

TEST(Snapshots, OfDifferentContentsDiffer) {
  EXPECT_TRUE(Snapshot() == Snapshot(Contents()));
  EXPECT_FALSE(Snapshot(numbered(1, 3)) == Snapshot(numbered(2, 3)));
  EXPECT_FALSE(Snapshot(numbered(1, 3)) == Snapshot(numbered(1, 4)));
}

}  // namespace
}  // namespace cutover
