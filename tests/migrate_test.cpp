// The migrate command, in this process.
#include <unistd.h>

#include "cli/catalog/protocol_mark.h"
#include "impl/catalog/pair.h"
#include "system/usage_error.h"
#include "tests/files.h"

namespace cutover::cli {
namespace {

const std::string kProtocols[] = {"single-tombstone", "single-tombstone-one-write",
                                  "single-tombstone-lazy-open", "two-tombstones"};

using Migrate = Files;

TEST_F(Migrate, TellsItsStepsAndWhatIsTheTruth) {
  make_store("stash",
             {.epoch = Epoch{3}, .config = {}, .contents = encoded(kOldFormat, kThreeEntries)});
  EXPECT_EQ(migrate("persist"), kAsExpected);
  EXPECT_EQ(out_.str(),
            "  1  open stash                 ok\n"
            "  2  read stash snapshot        ok\n"
            "  3  replace stash contents     ok\n"
            "  4  open persist               ok\n"
            "  5  pair stash                 ok\n"
            "  6  pair persist               ok\n"
            "  7  read persist snapshot      ok\n"
            "  8  replace persist contents   ok\n"
            "  9  read stash tombstone       ok\n"
            " 10  read stash snapshot        ok\n"
            " 11  replace persist contents   ok\n"
            " 12  set stash tombstone true   ok\n"
            "\n"
            "done: persist (" +
                argument("persist") + ") is the source of truth: 3 entries, format 3, epoch 5\n");
  EXPECT_EQ(values("persist"), kThreeEntries);
  EXPECT_EQ(inspect("persist").contents.format, kCurrentFormat);
  EXPECT_EQ(inspect("stash").config.at(kTombstone), 1u);
}

TEST_F(Migrate, MovesTheTruthThereAndBackByEveryProtocol) {
  for (const std::string& protocol : kProtocols) {
    SCOPED_TRACE(protocol);
    fs::remove(path("stash"));
    fs::remove(path("persist"));
    load(kThree);
    ASSERT_EQ(migrate("persist", protocol), kAsExpected) << out_.str();
    EXPECT_EQ(values("persist"), kThreeEntries);
    EXPECT_NE(last_line(out_.str()).find("done: persist "), std::string::npos) << out_.str();

    SqliteStore persist("persist", path("persist"), Mode::must_exist);
    Session session(persist, persist.inspect().epoch);
    Transaction write;
    write.entries = {{"a", catalog::encode_value(kCurrentFormat, "a", "new")}, {"b", std::nullopt}};
    run(session.commit(write));
    ASSERT_EQ(migrate("persist", protocol), kAsExpected) << out_.str();
    EXPECT_EQ(values("persist"), (Entries{{"a", "new"}, {"c", ""}})) << "it was not there already";

    ASSERT_EQ(migrate("stash", protocol), kAsExpected) << out_.str();
    EXPECT_EQ(values("stash"), (Entries{{"a", "new"}, {"c", ""}}));
    EXPECT_NE(last_line(out_.str()).find("done: stash "), std::string::npos) << out_.str();
    EXPECT_GT(inspect("stash").epoch, inspect("persist").epoch);
    ASSERT_EQ(migrate("stash", protocol), kAsExpected) << out_.str();
    EXPECT_EQ(values("stash"), (Entries{{"a", "new"}, {"c", ""}}));
  }
}

TEST_F(Migrate, ARollbackOfWhatWasNeverMovedKeepsTheStash) {
  load(kThree);
  EXPECT_EQ(migrate("stash"), kAsExpected);
  EXPECT_EQ(values("stash"), kThreeEntries);
}

TEST_F(Migrate, RefusesArgumentsThatAreWrong) {
  load(kThree);
  for (const std::string bad : {"x", "", "sqlite:", "postgres:x", "SQLITE:x"}) {
    MigrateOptions wrong = options("persist", "single-tombstone");
    wrong.persist = bad;
    expect_refused([&] { run_migrate(wrong, out_); }, "store '" + bad + "': expected sqlite:PATH");
  }
  MigrateOptions memory = options("persist", "single-tombstone");
  memory.persist = "sqlite::memory:";
  expect_refused([&] { run_migrate(memory, out_); }, "would end with this command");
  expect_migrate_refused("persit", "single-tombstone", "expected persist or stash, found 'persit'");
  expect_migrate_refused("persist", "first-draft",
                         "there is no protocol 'first-draft'; there are single-tombstone, "
                         "single-tombstone-one-write, single-tombstone-lazy-open, two-tombstones");
}

TEST_F(Migrate, RefusesAMissingStash) {
  make_store("persist", {.epoch = Epoch{3}, .config = {}, .contents = encoded(2, kThreeEntries)});
  for (const std::string to : {"persist", "stash"}) {
    expect_refused<StoreOpenError>([&] { migrate(to); }, "stash: does not exist");
  }
}

TEST_F(Migrate, RefusesAMissingPersistStoreThatMayBeTheTruth) {
  for (const std::string& protocol : kProtocols) {
    SCOPED_TRACE(protocol);
    fs::remove(path("stash"));
    load(kThree);
    ASSERT_EQ(migrate("persist", protocol), kAsExpected);
    fs::remove(path("persist"));
    for (const std::string to : {"persist", "stash"}) {
      expect_migrate_refused(to, protocol, "persist: does not exist, but the tombstone in");
    }
    write("persist", "");
    expect_migrate_refused("stash", protocol, "persist: does not exist, but the tombstone in");
    fs::remove(path("persist"));
  }
}

/// Whose tombstones say something else.
TEST_F(Migrate, RefusesAnotherProtocolAlsoIfThePersistStoreIsMissing) {
  load(kThree);
  ASSERT_EQ(migrate("persist", "two-tombstones"), kAsExpected);
  ASSERT_EQ(migrate("stash", "two-tombstones"), kAsExpected);
  fs::remove(path("persist"));
  expect_migrate_refused("persist", "single-tombstone", "use --protocol two-tombstones");
}

TEST_F(Migrate, ARollbackMakesThePersistStoreDispensable) {
  load(kThree);
  ASSERT_EQ(migrate("persist"), kAsExpected);
  ASSERT_EQ(migrate("stash"), kAsExpected);
  fs::remove(path("persist"));
  EXPECT_EQ(migrate("persist"), kAsExpected);
  EXPECT_EQ(values("persist"), kThreeEntries);
}

TEST_F(Migrate, RefusesOneFileUnderTwoNames) {
  load(kThree);
  fs::create_symlink("stash", path("symbolic"));
  fs::create_hard_link(path("stash"), path("hard"));
  for (const std::string name : {"stash", "./stash", "symbolic", "hard"}) {
    MigrateOptions same = options("persist", "single-tombstone");
    same.persist = argument(name);
    expect_refused([&] { run_migrate(same, out_); }, "--stash and --persist are one file");
  }
}

TEST_F(Migrate, RefusesStoresThatAnotherKindOfProtocolMoved) {
  load(kThree);
  ASSERT_EQ(migrate("persist", "two-tombstones"), kAsExpected);
  expect_migrate_refused("stash", "single-tombstone", "use --protocol two-tombstones");
  expect_migrate_refused("stash", "single-tombstone-one-write", "use --protocol two-tombstones");
  ASSERT_EQ(migrate("stash", "two-tombstones"), kAsExpected);
  expect_migrate_refused("persist", "single-tombstone", "use --protocol two-tombstones");

  fs::remove(path("stash"));
  fs::remove(path("persist"));
  load(kThree);
  ASSERT_EQ(migrate("persist", "single-tombstone"), kAsExpected);
  expect_migrate_refused("persist", "two-tombstones", "use --protocol single-tombstone");
  expect_migrate_refused("stash", "two-tombstones", "use --protocol single-tombstone");
  EXPECT_EQ(migrate("stash", "single-tombstone-one-write"), kAsExpected) << "of the same kind";
}

TEST_F(Migrate, RefusesTombstonesOfOtherProgramsThatItCannotTell) {
  make_store("stash", {.epoch = Epoch{3}, .config = {{kTombstone, 1}}, .contents = {}});
  make_store("persist", {.epoch = Epoch{3}, .config = {}, .contents = encoded(2, kThreeEntries)});
  expect_migrate_refused("persist", "two-tombstones", "finish with that program");
  fs::remove(path("persist"));
  make_store("persist", {.epoch = Epoch{3}, .config = {{kTombstone, 0}}, .contents = {}});
  expect_migrate_refused("stash", "single-tombstone", "use --protocol two-tombstones");
  fs::remove(path("stash"));
  make_store("stash", {.epoch = Epoch{3}, .config = {{kProtocolMark, 9}}, .contents = {}});
  expect_migrate_refused("stash", "single-tombstone", "a protocol that this program does not know");
}

// A persist store that never belonged to this stash must not be served as the truth, and a rollback
// must not overwrite the stash with it.
TEST_F(Migrate, RefusesAPersistStoreOfAnotherStash) {
  for (const std::string& protocol : kProtocols) {
    SCOPED_TRACE(protocol);
    for (const std::string name : {"stash", "persist", "other", "others-persist"}) {
      fs::remove(path(name));
    }
    load(kThree);
    ASSERT_EQ(migrate("persist", protocol), kAsExpected);
    make_store("other", {.epoch = {}, .config = {}, .contents = encoded(2, {{"z", "9"}})});
    MigrateOptions others = options("persist", protocol);
    others.stash = argument("other");
    others.persist = argument("others-persist");
    ASSERT_EQ(run_migrate(others, out_), kAsExpected);
    for (const bool force : {false, true}) {
      MigrateOptions mixed = options("persist", protocol);
      mixed.persist = argument("others-persist");
      mixed.force = force;
      for (const std::string to : {"persist", "stash"}) {
        mixed.to = to;
        expect_refused([&] { run_migrate(mixed, out_); }, "belongs to another pair than");
      }
    }
    EXPECT_EQ(migrate("stash", protocol), kAsExpected) << "the pair itself was spoilt";
  }
}

TEST_F(Migrate, RefusesAPersistStoreThatTheStashDoesNotKnow) {
  load(kThree);
  ASSERT_EQ(migrate("persist"), kAsExpected);
  fs::rename(path("persist"), path("kept"));
  make_store("persist", {.epoch = Epoch{9}, .config = {}, .contents = encoded(2, {{"z", "9"}})});
  for (const std::string to : {"persist", "stash"}) {
    expect_migrate_refused(to, "single-tombstone", "is not the persist store that");
  }
  MigrateOptions forced = options("stash", "single-tombstone");
  forced.force = true;
  EXPECT_EQ(run_migrate(forced, out_), kAsExpected) << out_.str();
  EXPECT_EQ(values("stash"), (Entries{{"z", "9"}}));
  // It has another persist store now.
  MigrateOptions first = options("persist", "single-tombstone");
  first.persist = argument("kept");
  expect_refused([&] { run_migrate(first, out_); }, "belongs to another pair than");
}

TEST_F(Migrate, RefusesToReplaceUnrelatedData) {
  load(kThree);
  make_store("persist", {.epoch = Epoch{9}, .config = {}, .contents = encoded(2, {{"z", "9"}})});
  for (const std::string to : {"persist", "stash"}) {
    expect_migrate_refused(to, "single-tombstone",
                           "which is the source of truth and would replace them");
  }
  MigrateOptions forced = options("persist", "single-tombstone");
  forced.force = true;
  EXPECT_EQ(run_migrate(forced, out_), kAsExpected) << out_.str();
  EXPECT_EQ(values("persist"), kThreeEntries);
  EXPECT_EQ(migrate("stash"), kAsExpected) << "they are a pair now";
}

TEST_F(Migrate, AsksForConfirmationOfAMoveFromBeforeThereWereIdentities) {
  make_store("stash", {.epoch = Epoch{3}, .config = {{kTombstone, 1}}, .contents = {}});
  make_store("persist", {.epoch = Epoch{3}, .config = {}, .contents = encoded(2, kThreeEntries)});
  for (const std::string to : {"persist", "stash"}) {
    expect_migrate_refused(to, "single-tombstone", "confirm it with --force");
  }
  MigrateOptions forced = options("persist", "single-tombstone");
  forced.force = true;
  EXPECT_EQ(run_migrate(forced, out_), kAsExpected) << out_.str();
  EXPECT_EQ(migrate("stash"), kAsExpected) << "confirmed once is enough";
  EXPECT_EQ(values("stash"), kThreeEntries);
}

TEST_F(Migrate, SaysThatTheStoresLookSwapped) {
  for (const std::string& protocol : kProtocols) {
    SCOPED_TRACE(protocol);
    fs::remove(path("stash"));
    fs::remove(path("persist"));
    load(kThree);
    ASSERT_EQ(migrate("persist", protocol), kAsExpected);
    for (const std::string& other : kProtocols) {
      for (const std::string to : {"persist", "stash"}) {
        MigrateOptions swapped = options(to, other);
        std::swap(swapped.stash, swapped.persist);
        expect_refused([&] { run_migrate(swapped, out_); }, "--stash and --persist look swapped: ");
      }
    }
  }
}

TEST_F(Migrate, MigratesOnFromAPersistStoreOnlyIfItIsMeant) {
  load(kThree);
  ASSERT_EQ(migrate("persist"), kAsExpected);
  MigrateOptions next = options("persist", "single-tombstone");
  next.stash = argument("persist");
  next.persist = argument("third");
  expect_refused([&] { run_migrate(next, out_); }, "is the persist store of another pair");
  next.force = true;
  EXPECT_EQ(run_migrate(next, out_), kAsExpected);
  EXPECT_EQ(values("third"), kThreeEntries);
  next.force = false;
  EXPECT_EQ(run_migrate(next, out_), kAsExpected) << "meant once is enough";
}

// A persist store whose place another has taken is outdated for ever.
TEST_F(Migrate, RefusesAPersistStoreThatWasReplacedByAnother) {
  load(kThree);
  ASSERT_EQ(migrate("persist"), kAsExpected);
  ASSERT_EQ(migrate("stash"), kAsExpected);
  MigrateOptions second = options("persist", "single-tombstone");
  second.persist = argument("second");
  ASSERT_EQ(run_migrate(second, out_), kAsExpected);
  for (const std::string to : {"persist", "stash"}) {
    expect_migrate_refused(to, "single-tombstone", "belongs to another pair than");
  }
}

TEST_F(Migrate, RefusesAFormatNewerThanOurs) {
  const StoreState newer{.epoch = Epoch{3}, .config = {}, .contents = {.format = 4, .entries = {}}};
  make_store("stash", newer);
  expect_migrate_refused("persist", "single-tombstone", "contents have format 4");
  fs::remove(path("stash"));
  load(kThree);
  make_store("persist", newer);
  expect_migrate_refused("persist", "single-tombstone", "contents have format 4");
}

TEST_F(Migrate, RefusesEntriesWithoutAFormat) {
  const StoreState strange{
      .epoch = Epoch{3}, .config = {}, .contents = {.format = 0, .entries = {{"a", "1"}}}};
  make_store("stash", strange);
  expect_migrate_refused("persist", "single-tombstone", "entries without a format");
  EXPECT_EQ(inspect("stash"), strange);
  fs::remove(path("stash"));
  load(kThree);
  make_store("persist", strange);
  expect_migrate_refused("persist", "single-tombstone", "entries without a format");
}

/// Answers one step in its own way; a plain function, since that is what run_migrate takes.
class Interfering final : public Store {
 public:
  using Act = std::function<std::optional<Status>(const std::string& step)>;
  static inline Act act;

  explicit Interfering(std::unique_ptr<Store> store)
      : Store(store->name()), store_(std::move(store)) {}
  static std::unique_ptr<Store> wrap(std::unique_ptr<Store> store) {
    return std::make_unique<Interfering>(std::move(store));
  }
  awaitable<Answer> perform(Request request) override {
    const auto status = act(label(name(), request));
    Answer answer;
    if (status) {
      answer.status = *status;
    } else {
      answer = co_await store_->perform(std::move(request));
    }
    co_return answer;
  }

 private:
  std::unique_ptr<Store> store_;
};

MigrateParts interfered(const catalog::Protocol& protocol = catalog::kSingleTombstone) {
  return {protocol, Interfering::wrap};
}

TEST_F(Migrate, SaysWhoFencedItAndCanBeRunAgain) {
  load(kThree);
  Interfering::act = [&](const std::string& step) -> std::optional<Status> {
    if (step == "set stash tombstone true") {
      SqliteStore elsewhere("stash", path("stash"), Mode::must_exist);
      run(open(elsewhere));
    }
    return std::nullopt;
  };
  EXPECT_EQ(run_migrate(options("persist", "single-tombstone"), interfered(), out_), kDiffers);
  EXPECT_EQ(last_line(out_.str()),
            "stopped at 'set stash tombstone true': another process has opened the stash since; "
            "nothing was lost; run again to finish");
  EXPECT_EQ(values("stash"), kThreeEntries);
  EXPECT_EQ(migrate("persist"), kAsExpected);
  EXPECT_EQ(values("persist"), kThreeEntries);
}

// What was judged before the stores were opened may have changed by then.
TEST_F(Migrate, JudgesThePairAgainUnderItsSessions) {
  const Contents others = encoded(kCurrentFormat, {{"z", "9"}});
  const std::pair<StoreState, std::string> changes[] = {
      {{.epoch = Epoch{4}, .config = {{catalog::kPersistOf, 7}}, .contents = others},
       "belongs to another pair than"},
      {{.epoch = Epoch{4}, .config = {}, .contents = others},
       "which is the source of truth and would replace them"}};
  for (const auto& [meanwhile, what] : changes) {
    fs::remove(path("persist"));
    load(kThree, true);
    Interfering::act = [&](const std::string& step) -> std::optional<Status> {
      if (step == "open persist") make_store("persist", meanwhile);
      return std::nullopt;
    };
    try {
      run_migrate(options("persist", "single-tombstone"), interfered(), out_);
      ADD_FAILURE() << "was not refused: " << what;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    }
    EXPECT_EQ(inspect("persist").contents, meanwhile.contents);
    EXPECT_FALSE(inspect("stash").config.contains(catalog::kStashOf));
  }
}

TEST_F(Migrate, SaysWhatIsUnansweredOrUnavailable) {
  for (const auto& [status, what] :
       {std::pair(Status::lost_answer, "it is not known whether the stash (" + argument("stash") +
                                           ") has written it; nothing was lost; check the disk"),
        std::pair(Status::unavailable,
                  "the stash (" + argument("stash") +
                      ") is locked by another process or cannot be written")}) {
    load(kThree, true);
    Interfering::act = [&](const std::string& step) -> std::optional<Status> {
      if (step == "set stash tombstone true") return status;
      return std::nullopt;
    };
    out_.str("");
    EXPECT_EQ(run_migrate(options("persist", "single-tombstone"), interfered(), out_), kDiffers);
    EXPECT_NE(last_line(out_.str()).find(what), std::string::npos) << out_.str();
  }
  EXPECT_EQ(migrate("persist"), kAsExpected);
  EXPECT_EQ(values("persist"), kThreeEntries);
}

TEST_F(Migrate, SaysWhatIsWrongWithAStore) {
  load(kThree);
  Interfering::act = [](const std::string& step) -> std::optional<Status> {
    if (step == "set stash tombstone true") throw StoreError("stash.db: is damaged");
    return std::nullopt;
  };
  EXPECT_EQ(run_migrate(options("persist", "single-tombstone"), interfered(), out_), kDiffers);
  EXPECT_EQ(last_line(out_.str()),
            "stopped at 'set stash tombstone true': stash.db: is damaged; nothing was lost");
  EXPECT_EQ(migrate("persist"), kAsExpected);
  EXPECT_EQ(values("persist"), kThreeEntries);
}

/// What was looked at before the stores were opened may have changed.
TEST_F(Migrate, SaysThatContentsAreNewerByThen) {
  load(kThree);
  Interfering::act = [&](const std::string& step) -> std::optional<Status> {
    if (step == "open stash") {
      make_store("stash",
                 {.epoch = Epoch{4}, .config = {}, .contents = {.format = 9, .entries = {}}});
    }
    return std::nullopt;
  };
  EXPECT_EQ(run_migrate(options("persist", "single-tombstone"), interfered(), out_), kDiffers);
  EXPECT_NE(last_line(out_.str())
                .find("meanwhile the stash (" + argument("stash") +
                      ") has got contents of a newer format"),
            std::string::npos)
      << out_.str();
}

TEST_F(Migrate, NamesTheStoreWhosePairCannotBeRead) {
  load(kThree);
  Interfering::act = [](const std::string& step) -> std::optional<Status> {
    if (step == fmt::format("read persist {}", catalog::kStashOf)) return Status::unavailable;
    return std::nullopt;
  };
  EXPECT_EQ(run_migrate(options("persist", "single-tombstone"), interfered(), out_), kDiffers);
  EXPECT_TRUE(last_line(out_.str())
                  .starts_with("stopped at 'read persist pair': the persist (" +
                               argument("persist") + ") is locked"))
      << out_.str();
}

/// Once a store was opened, what hinders the other one is for a second try.
TEST_F(Migrate, StopsWhereThePersistStoreCannotBeMade) {
  load(kThree);
  Interfering::act = [](const std::string& step) -> std::optional<Status> {
    if (step == "open persist") throw StoreOpenError("persist: cannot be created (no space)");
    return std::nullopt;
  };
  EXPECT_EQ(run_migrate(options("persist", "single-tombstone"), interfered(), out_), kDiffers);
  EXPECT_EQ(last_line(out_.str()),
            "stopped at 'open persist': persist: cannot be created (no space); nothing was lost; "
            "run again to finish");
  EXPECT_EQ(migrate("persist"), kAsExpected);
  EXPECT_EQ(values("persist"), kThreeEntries);
}

/// Both stores know each other, or nothing is moved.
TEST_F(Migrate, StopsWhereAStoreCannotBePaired) {
  for (const auto& [name, step] : {std::pair(catalog::kStashOf, "pair stash"),
                                   std::pair(catalog::kPersistOf, "pair persist")}) {
    fs::remove(path("stash"));
    fs::remove(path("persist"));
    load(kThree);
    Interfering::act = [&, name = name](const std::string& of) -> std::optional<Status> {
      if (of.starts_with("set ") && of.find(name) != std::string::npos) return Status::unavailable;
      return std::nullopt;
    };
    out_.str("");
    EXPECT_EQ(run_migrate(options("persist", "single-tombstone"), interfered(), out_), kDiffers);
    EXPECT_TRUE(last_line(out_.str()).starts_with(fmt::format("stopped at '{}'", step)))
        << out_.str();
    EXPECT_EQ(migrate("persist"), kAsExpected);
    EXPECT_EQ(values("persist"), kThreeEntries);
  }
}

TEST_F(Migrate, AnInterruptedMigrationIsNotTakenForAnotherProtocols) {
  load(kThree);
  Interfering::act = [begun = false](const std::string& step) mutable -> std::optional<Status> {
    if (step == "set stash tombstone true") begun = true;
    if (begun && step == "read persist tombstone") return Status::unavailable;
    return std::nullopt;
  };
  ASSERT_EQ(
      run_migrate(options("persist", "two-tombstones"), interfered(catalog::kTwoTombstones), out_),
      kDiffers);
  // By a single tombstone, persist would be the truth now, and it is empty.
  expect_migrate_refused("persist", "single-tombstone", "use --protocol two-tombstones");
  EXPECT_EQ(migrate("persist", "two-tombstones"), kAsExpected) << out_.str();
  EXPECT_EQ(values("persist"), kThreeEntries);
}

TEST_F(Migrate, DoesNothingMoreOnceItsHolderIsGone) {
  load(kThree);
  ASSERT_EQ(migrate("persist"), kAsExpected);
  const auto before = files_in(folder_.path());
  int go_on[2], announce[2];
  ASSERT_EQ(::pipe(go_on), 0);
  ASSERT_EQ(::pipe(announce), 0);
  ::close(go_on[1]);
  MigrateOptions held = options("persist", "single-tombstone");
  held.pauses.read_fd = go_on[0];
  held.pauses.write_fd = announce[1];
  EXPECT_THROW(run_migrate(held, out_), std::runtime_error);
  char bytes[64] = {};
  EXPECT_GT(::read(announce[0], bytes, sizeof bytes - 1), 0);
  EXPECT_STREQ(bytes, "before open stash\n");
  for (const int descriptor : {go_on[0], announce[0], announce[1]}) ::close(descriptor);
  EXPECT_TRUE(files_in(folder_.path()) == before);
}

}  // namespace
}  // namespace cutover::cli
