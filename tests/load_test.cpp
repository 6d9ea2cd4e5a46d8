// The load command, in this process.
#include <algorithm>

#include "cli/catalog/standing.h"
#include "impl/catalog/pair.h"
#include "impl/store/sqlite.h"
#include "system/temporary_files.h"
#include "system/usage_error.h"
#include "tests/files.h"
#include "tests/sync_hook.h"

namespace cutover::cli {
namespace {

using Load = Files;

TEST_F(Load, FillsANewStoreInTheCurrentFormat) {
  EXPECT_EQ(load(kThree), kAsExpected);
  EXPECT_EQ(out_.str(), argument("stash") + ": loaded 3 entries, format 3, epoch 1\n");
  EXPECT_EQ(inspect("stash").contents, encoded(kCurrentFormat, kThreeEntries));
}

TEST_F(Load, AnEmptyFileMakesAnEmptyStore) {
  EXPECT_EQ(load(""), kAsExpected);
  EXPECT_EQ(inspect("stash").contents, encoded(kCurrentFormat, {}));
}

TEST_F(Load, TakesAnyBytesAndAnyLayout) {
  EXPECT_EQ(load("{ \"value\" : {\"hex\": \"00ff\"} , \"key\" : \"\\u0000\" }\r\n"
                 "{\"key\":{\"hex\":\"\"},\"value\":\"\xc3\xa9\"}"),
            kAsExpected);
  EXPECT_EQ(values("stash"),
            (Entries{{std::string(1, '\0'), std::string("\0\xff", 2)}, {"", "\xc3\xa9"}}));
}

TEST_F(Load, RefusesEveryBadLineByItsNumber) {
  const std::string good = "{\"key\":\"a\",\"value\":\"1\"}\n";
  const std::pair<std::string, std::string> bad[] = {
      {"hello", "found no JSON (wrong at byte 1)"},
      {"{\"key\":\"b\",\"value\":\"1\"} x", "found no JSON (wrong at byte 25)"},
      {"", "found an empty line"},
      {"[1]", "found JSON of type array"},
      {"7", "found JSON of type number"},
      {"{}", "found no \"key\""},
      {"{\"key\":\"b\"}", "found no \"value\""},
      {"{\"key\":\"b\",\"value\":7}", "found a \"value\" of type number"},
      {"{\"key\":null,\"value\":\"\"}", "found a \"key\" of type null"},
      {"{\"key\":\"b\",\"value\":\"\",\"ttl\":1}", "found an unknown member \"ttl\""},
      {"{\"key\":\"b\",\"key\":\"c\",\"value\":\"\"}", "found \"key\" twice"},
      {"{\"key\":{\"hex\":\"62\"},\"value\":\"\",\"key\":\"c\"}", "found \"key\" twice"},
      {"{\"key\":\"b\",\"value\":{}}", "found an object other than {\"hex\": digits} as \"value\""},
      {"{\"key\":\"b\",\"value\":{\"hex\":\"00\",\"ttl\":1}}",
       "found an object other than {\"hex\": digits}"},
      {"{\"key\":\"b\",\"value\":{\"hex\":7}}", "found an object other than {\"hex\": digits}"},
      {"{\"key\":\"b\",\"value\":{\"hex\":\"0\"}}", "an odd number of hex digits in \"value\""},
      {"{\"key\":{\"hex\":\"0g\"},\"value\":\"\"}", "digits of \"key\" that are not 0-9, a-f"},
      {"{\"key\":\"b\",\"value\":\"\xff\"}", "found no JSON"},
      {"{\"key\":\"b\",\"damaged\":{\"hex\":\"00\"}}", "found a damaged value"},
  };
  for (const auto& [line, what] : bad) {
    write("lines", good + line + "\n" + good);
    expect_refused([&] { run_load(load_options(argument("stash"), path("lines"), true), out_); },
                   path("lines").string() + ":2: expected {\"key\": string, \"value\": string}");
    expect_refused([&] { run_load(load_options(argument("stash"), path("lines"), true), out_); },
                   what);
  }
}

TEST_F(Load, RefusesAKeyThatOccursTwice) {
  write("lines", std::string(kThree) + "{\"key\":{\"hex\":\"62\"},\"value\":\"\"}\n");
  expect_refused([&] { run_load(load_options(argument("stash"), path("lines"), true), out_); },
                 path("lines").string() + ":4: the key \"b\" is on line 2 already");
}

TEST_F(Load, RefusesAFileThatCannotBeRead) {
  expect_refused([&] { run_load(load_options(argument("stash"), path("none"), false), out_); },
                 "none: cannot be read (No such file or directory)");
  expect_refused([&] { run_load(load_options(argument("stash"), folder_.path(), false), out_); },
                 "is a directory");
}

TEST_F(Load, ReplacesEntriesOnlyIfToldTo) {
  load(kThree);
  write("lines", "{\"key\":\"z\",\"value\":\"9\"}\n");
  expect_refused([&] { run_load(load_options(argument("stash"), path("lines"), false), out_); },
                 "holds 3 entries already; use --replace");
  EXPECT_EQ(run_load(load_options(argument("stash"), path("lines"), true), out_), kAsExpected);
  EXPECT_EQ(values("stash"), (Entries{{"z", "9"}}));
}

TEST_F(Load, FencesWhoeverServedTheStoreButNotIfRefused) {
  load(kThree);
  SqliteStore store("stash", path("stash"), Mode::must_exist);
  Session serving = run(open(store));
  EXPECT_THROW(load(kThree), UsageError);
  EXPECT_TRUE(run(serving.try_get("a")).has_value());
  EXPECT_EQ(load(kThree, true), kAsExpected);
  EXPECT_EQ(run(serving.try_get("a")).error(), Status::fenced);
}

TEST_F(Load, RefusesAFileThatIsNoStore) {
  write("stash", "notes: buy milk");
  write("lines", kThree);
  expect_refused<StoreOpenError>(
      [&] { run_load(load_options(argument("stash"), path("lines"), true), out_); },
      "is not a SQLite database");
}

TEST_F(Load, SaysThatTheFileEndsWithinItsLastLine) {
  write("lines", std::string(kThree) + "{\"key\":\"d\",\"val");
  expect_refused([&] { run_load(load_options(argument("stash"), path("lines"), true), out_); },
                 "the file ends within this line");
}

TEST_F(Load, ANewStoreAppearsWholeOrNotAtAll) {
  write("lines", kThree);
  expect_refused<StoreOpenError>(
      [&] { run_load(load_options(argument("none/stash"), path("lines")), out_); },
      "none/stash: its folder");
  EXPECT_EQ(load(kThree), kAsExpected);
  EXPECT_EQ(files_in(folder_.path()).size(), 2u) << "something was left beside the store";
}

// ---- the source of truth

/// Both stores hold what the pair held when it was moved last.
// A store that is not there yet.

TEST_F(Load, ANewStoreThatCannotBeFoldedIsNotMade) {
  write("lines", kThree);
  const SyncHook hook([](const std::string&) { return SQLITE_OK; },
                      [](const std::string& file) {
                        std::error_code none;
                        const bool is_folded =
                            file.ends_with(".tmp") && fs::file_size(file + "-wal", none) > 0;
                        return is_folded && !none ? SQLITE_FULL : SQLITE_OK;
                      });
  EXPECT_EQ(run_load(load_options(argument("stash"), path("lines")), out_), kDiffers);
  EXPECT_NE(out_.str().find("not loaded"), std::string::npos) << out_.str();
  EXPECT_EQ(files_in(folder_.path()).size(), 1u) << "the lines alone";
}

TEST_F(Load, ANewStoreTakesNobodysPlace) {
  write("lines", kThree);
  bool is_made = false;
  const SyncHook hook([&](const std::string& file) {
    if (file.ends_with(".tmp-wal") && !std::exchange(is_made, true)) {
      make_store("stash", {.epoch = {}, .config = {}, .contents = encoded(3, {{"z", "9"}})});
    }
    return SQLITE_OK;
  });
  EXPECT_THROW(run_load(load_options(argument("stash"), path("lines")), out_), UsageError);
  EXPECT_TRUE(is_made);
  EXPECT_EQ(values("stash"), (Entries{{"z", "9"}}));
}

/// Process numbers come again.
TEST_F(Load, WhatAKilledOneLeftIsNobodysStore) {
  write("lines", kThree);
  const fs::path left = system::temporary_name(path("stash"));
  make_store(left.filename(),
             {.epoch = Epoch{5}, .config = {}, .contents = encoded(3, {{"z", "9"}})});
  EXPECT_EQ(run_load(load_options(argument("stash"), path("lines")), out_), kAsExpected);
  EXPECT_EQ(values("stash"), kThreeEntries);
  EXPECT_EQ(inspect("stash").epoch, Epoch{1});
  EXPECT_FALSE(fs::exists(left));
}

class LoadIntoAPair : public Files, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    load(kThree);
    ASSERT_EQ(migrate("persist", GetParam()), kAsExpected);
    write("new", "{\"key\":\"z\",\"value\":\"9\"}\n");
  }
  LoadOptions into(const std::string& name, const std::string& other = "") const {
    LoadOptions options = load_options(argument(name), path("new"), true);
    if (!other.empty()) options.other = argument(other);
    return options;
  }
  bool by_two() const { return GetParam() == "two-tombstones"; }
};

TEST_P(LoadIntoAPair, RefusesTheStoreThatIsNotTheTruth) {
  const std::string is_not = "is not the source of truth", unknown = "does not know whether it is";
  expect_refused([&] { run_load(into("stash"), out_); }, by_two() ? unknown : is_not);
  expect_refused([&] { run_load(into("stash", "persist"), out_); }, is_not);
  if (!by_two()) expect_refused([&] { run_load(into("persist"), out_); }, unknown);
  if (by_two()) EXPECT_EQ(run_load(into("persist"), out_), kAsExpected) << "it knows that it is";
  EXPECT_EQ(run_load(into("persist", "stash"), out_), kAsExpected);
  EXPECT_EQ(values("persist"), (Entries{{"z", "9"}}));

  ASSERT_EQ(migrate("stash", GetParam()), kAsExpected) << "still a pair";
  EXPECT_EQ(values("stash"), (Entries{{"z", "9"}}));
  expect_refused([&] { run_load(into("persist"), out_); }, by_two() ? is_not : unknown);
  expect_refused([&] { run_load(into("persist", "stash"), out_); }, is_not);
  EXPECT_EQ(run_load(into("stash", "persist"), out_), kAsExpected);
  if (!by_two()) {
    EXPECT_EQ(run_load(into("stash"), out_), kAsExpected);
  }
}

TEST_P(LoadIntoAPair, ReplacesAnyStoreIfItIsMeant) {
  LoadOptions forced = into("stash");
  forced.force = true;
  EXPECT_EQ(run_load(forced, out_), kAsExpected);
  EXPECT_EQ(values("stash"), (Entries{{"z", "9"}}));
  ASSERT_EQ(migrate("stash", GetParam()), kAsExpected);
  EXPECT_EQ(values("stash"), kThreeEntries) << "persist was the truth";
}

TEST_P(LoadIntoAPair, FencesWhoMovesTheOtherStore) {
  SqliteStore stash("stash", path("stash"), Mode::must_exist);
  Session moving = run(open(stash));
  EXPECT_EQ(run_load(into("persist", "stash"), out_), kAsExpected);
  EXPECT_EQ(run(moving.try_get("a")).error(), Status::fenced);
}

TEST_P(LoadIntoAPair, RefusesAStoreOfAnotherPairAsTheOther) {
  make_store("stranger", {});
  expect_refused([&] { run_load(into("persist", "stranger"), out_); },
                 "is not the other store of the pair of");
  expect_refused<StoreOpenError>([&] { run_load(into("persist", "none"), out_); },
                                 "none: does not exist");
  expect_refused([&] { run_load(into("none", "stash"), out_); },
                 "none: there is no such store, and so none of a pair with " + argument("stash"));
}

/// As every move does; so whoever serves the other one is fenced by a load that begins, alone.
TEST_P(LoadIntoAPair, OpensTheStashFirst) {
  const Epoch before = inspect("persist").epoch;
  const sqlite::Connection lock(path("stash").string(), SQLITE_OPEN_READWRITE, path("stash"), {});
  lock.execute("BEGIN IMMEDIATE");
  LoadOptions options = into("persist", "stash");
  options.wait = 0.05;
  EXPECT_EQ(run_load(options, out_), kDiffers);
  EXPECT_EQ(inspect("persist").epoch, before);
}

INSTANTIATE_TEST_SUITE_P(Protocols, LoadIntoAPair,
                         testing::Values("single-tombstone", "single-tombstone-one-write",
                                         "single-tombstone-lazy-open", "two-tombstones"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(Standing, OfEveryConfig) {
  using Number = std::optional<std::uint64_t>;
  struct Row {
    bool is_stash, is_persist;
    Number tombstone, mark;
    Standing expected;
  };
  constexpr Number none;
  constexpr auto truth = Standing::truth, not_truth = Standing::not_truth,
                 unknown = Standing::unknown;
  const Row rows[] = {
      // Of no pair, or from before there were identities.
      {false, false, none, none, truth},
      {false, false, 0, none, truth},
      {false, false, 1, none, not_truth},
      {false, false, 0, 1, truth},
      {false, false, 1, 1, not_truth},
      {false, false, 0, 2, unknown},
      {false, false, 1, 2, unknown},
      // A stash.
      {true, false, none, none, truth},
      {true, false, 0, 1, truth},
      {true, false, 1, 1, not_truth},
      {true, false, 0, 2, unknown},
      {true, false, 1, 2, unknown},
      // A persist store.
      {false, true, none, none, unknown},
      {false, true, 0, 2, truth},
      {false, true, 1, 2, not_truth},
      {false, true, 0, none, unknown},
      // Both.
      {true, true, none, none, unknown},
      {true, true, 0, 1, unknown},
      {true, true, 0, 2, unknown},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const Row& row = rows[i];
    Config config;
    if (row.is_stash) config[catalog::kStashOf] = 7;
    if (row.is_persist) config[catalog::kPersistOf] = 7;
    if (row.tombstone) config[kTombstone] = *row.tombstone;
    if (row.mark) config[kProtocolMark] = *row.mark;
    EXPECT_EQ(static_cast<int>(standing(config)), static_cast<int>(row.expected)) << "row " << i;
  }
}

TEST(Standing, OfEveryPair) {
  const auto of = [](std::optional<std::uint64_t> tombstone, std::uint64_t mark) {
    Config config;
    if (tombstone) config = {{kTombstone, *tombstone}, {kProtocolMark, mark}};
    return config;
  };
  struct Row {
    Config stash, persist;
    bool persist_is_truth;
  };
  const Row rows[] = {
      {{}, {}, false},
      {of(0, 1), {}, false},
      {of(1, 1), {}, true},
      {of(1, 2), {}, false},
      {of(1, 2), of(0, 2), true},
      {of(0, 2), of(0, 2), true},
      {of(0, 2), of(1, 2), false},
      {of(1, 2), of(1, 2), false},
      {{}, of(0, 2), false},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const auto& [stash, persist, moved] = rows[i];
    EXPECT_EQ(standing_in_pair(stash, persist, true) == Standing::truth, moved) << "row " << i;
    EXPECT_EQ(standing_in_pair(stash, persist, false) == Standing::truth, !moved) << "row " << i;
  }
}

TEST_F(Load, ReplacesANewerFormatOnlyIfItIsMeant) {
  make_store("stash", {.epoch = {}, .config = {}, .contents = {.format = 9, .entries = {}}});
  write("lines", kThree);
  LoadOptions newer = load_options(argument("stash"), path("lines"), true);
  expect_refused([&] { run_load(newer, out_); }, "its contents have format 9");
  newer.force = true;
  EXPECT_EQ(run_load(newer, out_), kAsExpected);
  EXPECT_EQ(values("stash"), kThreeEntries);
}

}  // namespace
}  // namespace cutover::cli
