// What tests of the commands over real store files share: a folder, its stores, and the commands as
// functions. What is refused must leave every file as it was, so each refusal compares all of them
// byte by byte.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "cli/catalog/files.h"
#include "cli/errors.h"
#include "impl/catalog/contents.h"
#include "impl/store/sqlite_store.h"
#include "tests/run.h"

namespace cutover::cli {

namespace fs = std::filesystem;
using catalog::kCurrentFormat;
using catalog::kOldFormat;
using catalog::kTombstone;
using Mode = SqliteStore::Mode;

inline std::string read_file(const fs::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

inline std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename()] = entry.is_regular_file() ? read_file(entry.path()) : "other";
  }
  return files;
}

inline Contents encoded(std::uint32_t format, const Entries& values) {
  Contents contents{.format = format, .entries = {}};
  for (const auto& [key, value] : values) {
    contents.entries[key] = catalog::encode_value(format, key, value);
  }
  return contents;
}

inline std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) last = line;
  return last;
}

class Files : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_ / name; }
  std::string argument(const std::string& name) const { return "sqlite:" + path(name).string(); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }

  void make_store(const std::string& name, const StoreState& state) const {
    SqliteStore(name, path(name), Mode::create_if_missing).restore(state);
  }
  StoreState inspect(const std::string& name) const {
    return SqliteStore(name, path(name), Mode::must_exist).inspect();
  }
  Entries values(const std::string& name) const { return catalog::decode(inspect(name).contents); }

  MigrateOptions options(const std::string& to, const std::string& protocol) const {
    MigrateOptions options;
    options.stash = argument("stash");
    options.persist = argument("persist");
    options.to = to;
    options.protocol = protocol;
    return options;
  }
  int migrate(const std::string& to, const std::string& protocol = "single-tombstone") {
    out_.str("");
    return run_migrate(options(to, protocol), out_);
  }
  int load(const std::string& text, bool replace = false) {
    write("lines", text);
    out_.str("");
    return run_load(load_options(argument("stash"), path("lines"), replace), out_);
  }
  static LoadOptions load_options(const std::string& store, const std::string& file,
                                  bool replace = false) {
    LoadOptions options;
    options.store = store;
    options.file = file;
    options.replace = replace;
    return options;
  }
  static DumpOptions dump_options(const std::string& store, const std::string& file = "-") {
    DumpOptions options;
    options.store = store;
    options.file = file;
    return options;
  }
  std::string dump(const std::string& name) {
    std::ostringstream lines;
    EXPECT_EQ(run_dump(dump_options(argument(name)), lines, out_), kAsExpected);
    return lines.str();
  }

  /// The command must throw one line with `what` in it, and leave all files as they are.
  template <class Error = UsageError>
  void expect_refused(const std::function<void()>& command, const std::string& what) {
    const auto before = files_in(folder_.path());
    try {
      command();
      ADD_FAILURE() << "was not refused: " << what;
    } catch (const Error& error) {
      const std::string line = error.what();
      EXPECT_NE(line.find(what), std::string::npos) << line;
      EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    }
    EXPECT_TRUE(files_in(folder_.path()) == before) << "files changed: " << what;
  }
  void expect_migrate_refused(const std::string& to, const std::string& protocol,
                              const std::string& what) {
    expect_refused([&] { migrate(to, protocol); }, what);
  }

  TemporaryFolder folder_;
  std::ostringstream out_;
};

inline constexpr const char* kThree =
    "{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\",\"value\":\"2\"}\n"
    "{\"key\":\"c\",\"value\":\"\"}\n";
inline const Entries kThreeEntries = {{"a", "1"}, {"b", "2"}, {"c", ""}};

}  // namespace cutover::cli
