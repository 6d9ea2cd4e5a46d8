// The dump command, in this process.
#include "tests/files.h"

namespace cutover::cli {
namespace {

using Dump = Files;

TEST_F(Dump, WritesWhatLoadReadsInKeyOrder) {
  const std::string lines =
      "{\"key\":{\"hex\":\"00ff\"},\"value\":\"x\\u0000y\"}\n"
      "{\"key\":\"a\",\"value\":{\"hex\":\"c3\"}}\n"
      "{\"key\":\"\xc3\xa9\",\"value\":\"\"}\n";
  load(lines);
  EXPECT_EQ(dump("stash"), lines);
  EXPECT_EQ(run_dump(dump_options(argument("stash"), path("dumped")), out_, out_), kAsExpected);
  EXPECT_EQ(read_file(path("dumped")), lines);
  EXPECT_NE(out_.str().find("dumped 3 entries to " + path("dumped").string()), std::string::npos);
}

TEST_F(Dump, DecodesEveryFormat) {
  make_store("old", {.epoch = {}, .config = {}, .contents = encoded(kOldFormat, kThreeEntries)});
  make_store("empty", {});
  EXPECT_EQ(dump("old"), kThree);
  EXPECT_EQ(dump("empty"), "");
}

TEST_F(Dump, NeitherOpensNorChangesTheStore) {
  load(kThree);
  const std::string before = read_file(path("stash"));
  dump("stash");
  EXPECT_EQ(inspect("stash").epoch, Epoch{1});
  EXPECT_EQ(read_file(path("stash")), before);
}

TEST_F(Dump, ReplacesAFileAsAWhole) {
  load(kThree);
  write("dumped", std::string(10'000, 'x'));
  const auto count = files_in(folder_.path()).size();
  EXPECT_EQ(run_dump(dump_options(argument("stash"), path("dumped")), out_, out_), kAsExpected);
  EXPECT_EQ(read_file(path("dumped")), kThree);
  EXPECT_EQ(files_in(folder_.path()).size(), count) << "something was left beside it";
}

TEST_F(Dump, NamesDamagedValuesAndKeepsTheirBytes) {
  Contents contents = encoded(kCurrentFormat, kThreeEntries);
  contents.entries["b"][0] ^= 1;
  make_store("stash", {.epoch = {}, .config = {}, .contents = contents});
  std::ostringstream lines, errors;
  EXPECT_EQ(run_dump(dump_options(argument("stash")), lines, errors), kDiffers);
  EXPECT_EQ(errors.str(),
            argument("stash") +
                ": the value of key \"b\" is damaged (its checksum "
                "differs); its line holds what is stored: take the value from a backup\n");
  EXPECT_EQ(lines.str(),
            "{\"key\":\"a\",\"value\":\"1\"}\n"
            "{\"damaged\":{\"hex\":\"33ed5b5493\"},\"key\":\"b\"}\n"
            "{\"key\":\"c\",\"value\":\"\"}\n");
  EXPECT_EQ(run_dump(dump_options(argument("stash"), path("dumped")), out_, errors), kDiffers);
  EXPECT_EQ(read_file(path("dumped")), lines.str());
  expect_refused([&] { run_load(load_options(argument("other"), path("dumped"), false), out_); },
                 "dumped:2: expected");
}

TEST_F(Dump, RefusesWhatItCannotDump) {
  expect_refused<StoreOpenError>([&] { run_dump(dump_options(argument("none")), out_, out_); },
                                 "does not exist");
  make_store("newer", {.epoch = {}, .config = {}, .contents = {.format = 4, .entries = {}}});
  expect_refused([&] { run_dump(dump_options(argument("newer")), out_, out_); },
                 "contents have format 4");
  load(kThree);
  expect_refused([&] { run_dump(dump_options(argument("stash"), path("./stash")), out_, out_); },
                 "is the store itself; name another file");
  expect_refused<std::runtime_error>(
      [&] { run_dump(dump_options(argument("stash"), path("none/x")), out_, out_); },
      "none/x: cannot be written (No such file or directory)");
  fs::create_directory(path("folder"));
  expect_refused<std::runtime_error>(
      [&] { run_dump(dump_options(argument("stash"), path("folder")), out_, out_); },
      "folder: cannot be written");
}

}  // namespace
}  // namespace cutover::cli
