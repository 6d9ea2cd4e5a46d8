#include "cli/state_version/upgrade.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

#include "cli/errors.h"
#include "cli/progress_line.h"
#include "cli/state_version/kept_in.h"
#include "cli/stores/with_failures.h"
#include "impl/state_version/migrations_file.h"
#include "impl/state_version/reference_file.h"
#include "impl/state_version/reference_table.h"
#include "impl/state_version/reference_znode.h"
#include "impl/state_version/sqlite_table.h"
#include "impl/state_version/state_file.h"
#include "impl/state_version/zookeeper_znode.h"
#include "system/text.h"

namespace cutover::cli {
namespace {

namespace fs = std::filesystem;
using namespace state_version;

/// Asked in the name of the user whom the environment names.
ZookeeperZnode open_znode(const std::string& place, double wait, Watch watch) {
  const char* const user = std::getenv("CUTOVER_ZOOKEEPER_USER");
  try {
    return {
        ZnodeAddress(place), {user == nullptr ? "" : user}, quorum_wait(wait), std::move(watch)};
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("store 'zookeeper:{}': {}", place, error.what()));
  }
}

/// One that is there, in a file or a znode, and no text that says why it is no state.
json state_there(const std::string& store, const char* in, json state) {
  if (state.is_object()) return state;
  if (state.is_null()) throw UsageError(fmt::format("{}: there is no such {}", store, in));
  throw UsageError(fmt::format("{}: it is no state ({}); restore it from a backup", store,
                               state.get<std::string>()));
}

Version parse_version(const std::string& text) {
  try {
    return Version(text);
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--to: {}", error.what()));
  }
}

/// With what is wrong with the store's own data as bad input.
template <class Call>
auto of_store(const std::string& store, const Call& call) {
  try {
    return call();
  } catch (const DoesNotFit& error) {
    throw UsageError(fmt::format("{}: {}; nothing was changed there", store, error.what()));
  } catch (const json::exception& error) {
    throw UsageError(
        fmt::format("{}: its version, or its log of what was applied, is damaged "
                    "({}); restore it from "
                    "a backup",
                    store, error.what()));
  } catch (const std::invalid_argument& error) {  // a version that is none
    throw UsageError(fmt::format("{}: {}", store, error.what()));
  }
}

class Upgrade {
 public:
  Upgrade(const UpgradeOptions& options, std::ostream& out)
      : options_(options),
        out_(out),
        build_{parse_version(options.to), read_migrations(options.migrations), {}, nullptr} {
    build_.goes_down = options.down;
    build_.stamp = [by = build_.version.text()] {
      const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
      return json{{"at", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))}, {"by", by}};
    };
  }

  int run() {
    const KeptIn store = parse_kept_in(options_.store);
    switch (store.kind) {
      case KeptIn::Kind::file: return over_file(store.place);
      case KeptIn::Kind::table: return over_table(store.place);
      case KeptIn::Kind::znode: return over_znode(store.place);
    }
    return kBadInput;
  }

 private:
  void refuse(const std::optional<std::string>& why) const {
    if (why) throw UsageError(fmt::format("{}: {}", options_.store, *why));
  }

  /// Of a state, or of all rows: what would be applied to it, as far as it may be.
  void print_plan(const json& state) const {
    const Version stored = version_of(state);
    if (stored == build_.version) {
      out_ << fmt::format("{}: is of version {}; nothing is to do\n", options_.store,
                          stored.text());
      return;
    }
    const auto up = build_.chain.between(stored, build_.version);
    auto down = build_.chain.between(build_.version, stored);
    std::ranges::reverse(down);
    out_ << fmt::format("{}: is of version {}; {} to version {}\n", options_.store, stored.text(),
                        plural(up.size() + down.size(), "migration"), build_.version.text());
    for (const Migration* each : up) {
      out_ << fmt::format("  {:<12} {}\n", each->version.text(), each->about);
    }
    for (const Migration* each : down) {
      out_ << fmt::format("  undo {:<12} {}\n", each->version.text(), each->about);
    }
  }

  int done() const {
    out_ << fmt::format("done: {} is of version {}\n", options_.store, build_.version.text());
    return kAsExpected;
  }

  /// Says what would be done to a state; true if that is all that was asked for.
  bool is_planned(const json& state) const {
    refuse(refusal(build_, state));
    print_plan(state);
    if (options_.plan) upgraded(build_, state);  // says so where a migration does not fit
    return options_.plan;
  }

  int over_file(const fs::path& path) {
    const StateFile looked(path, {});
    const json state = state_there(options_.store, "file", complete(looked.read(kStateFile)));
    return of_store(options_.store, [&] {
      if (is_planned(state)) return kAsExpected;
      const Watch watch = watched();
      const StateFile file(path, watch);
      const FileLock lock(path, lock_wait(options_.wait, "lock"), watch);
      NoOperators operators;
      refuse(complete(run_reference(file, lock, operators, build_)));
      return static_cast<Exit>(done());
    });
  }

  int over_znode(const std::string& place) {
    const ZookeeperZnode znode = open_znode(place, options_.wait, watched());
    const json state = state_there(options_.store, "znode", complete(znode.get()).state);
    return of_store(options_.store, [&] {
      if (is_planned(state)) return kAsExpected;
      NoOperators operators;
      refuse(complete(run_reference_over_znode(znode, operators, build_)));
      return static_cast<Exit>(done());
    });
  }

  int over_table(const fs::path& path) {
    const LockWait wait = lock_wait(options_.wait);
    return of_store(options_.store, [&] {
      const SqliteTable table(path, wait, watched(), options_.plan);
      const json found = complete(table.version()).state;
      const json version = found.is_null() ? json(unversioned().text()) : found;
      refuse(refusal(build_, Version(version.get<std::string>())));
      if (!options_.name.empty()) {
        if (complete(table.get(options_.name)).is_null()) {
          refuse(fmt::format("there is no row of the namespace '{}'", options_.name));
        }
      }
      print_plan({{"version", version}});
      std::map<std::string, json> rows;
      for (const std::string& key : complete(table.keys())) {
        if (key.empty()) {
          refuse(
              "a row has no namespace, so that it would be left behind; give it one, or delete it");
        }
        const json row = complete(table.get(key));
        if (!row.is_null()) rows[key] = row;  // nobody has deleted it meanwhile
      }
      // After the rows, as another process may be adding some.
      const std::set<std::string> columns = table.columns();
      for (const auto& [key, row] : rows) {
        const bool is_due = after(key, row, columns) != row;
        if (!options_.plan) continue;
        out_ << fmt::format("  the row of '{}': {}\n", key,
                            is_due ? "from " + version_of(row).text() : "nothing is to do");
      }
      if (options_.plan) return kAsExpected;
      table.prepare();
      refuse(complete(upgrade_table(table, build_)));
      progress_.clear();
      return static_cast<Exit>(done());
    });
  }

  /// The row once it is upgraded: so that one that can't be is found before any is written.
  json after(const std::string& key, const json& row, const std::set<std::string>& columns) const {
    const std::string of = fmt::format("the row of '{}'", key);
    if (const auto why = refusal(build_, row)) refuse(of + ": " + *why);
    try {
      const json made = upgraded(build_, row);
      for (const auto& [member, value] : made.items()) {
        if (member == "version" || member == "applied" || columns.contains(member)) continue;
        const auto migrations = build_.chain.between(version_of(row), build_.version);
        const bool is_added = std::ranges::any_of(migrations, [&](const Migration* each) {
          return std::ranges::count(each->columns, member) > 0;
        });
        if (is_added) continue;
        refuse(fmt::format(
            "{}: there is no column '{}'; name it under \"columns\" of the migration", of, member));
      }
      return made;
    } catch (const DoesNotFit& error) {
      throw DoesNotFit(fmt::format("{}: {}", of, error.what()));
    }
  }

  Watch watched() {
    return {[this](const std::string& step) {
              if (step.starts_with("put ")) {
                progress_.text("upgrade", plural(++rows_, "row") + " converted");
              }
              options_.pauses.before(step);
            },
            [this](const std::string& step) { options_.pauses.after(step); }};
  }

  const UpgradeOptions& options_;
  std::ostream& out_;
  Build build_;
  ProgressLine progress_;
  std::uint64_t rows_ = 0;
};

void print_history(const std::string& of, const json& state, std::ostream& out) {
  const json applied = state.value("applied", json::array());
  out << fmt::format("{}: version {}, {}\n", of, version_of(state).text(),
                     applied.empty() ? "nothing was applied" : plural(applied.size(), "line"));
  for (const json& line : applied) {
    out << fmt::format("  {:<20}  {:<4} {:<12}  by {:<12}  {}\n", line.value("at", "-"),
                       line.value("down", false) ? "undo" : "to",
                       line.at("version").get<std::string>(), line.value("by", "-"),
                       line.at("checksum").get<std::string>());
  }
}

}  // namespace

int run_upgrade(const UpgradeOptions& options, std::ostream& out) {
  return with_failures(out, [&] { return Upgrade(options, out).run(); });
}

int run_history(const HistoryOptions& options, std::ostream& out) {
  return with_failures(out, [&] {
    const auto [kind, place] = parse_kept_in(options.store);
    of_store(options.store, [&, kind = kind, place = place] {
      if (kind == KeptIn::Kind::file) {
        const StateFile file(place, {});
        const json state = complete(file.read(kStateFile));
        print_history(options.store, state_there(options.store, "file", state), out);
        return;
      }
      if (kind == KeptIn::Kind::znode) {
        const json state = complete(open_znode(place, options.wait, {}).get()).state;
        print_history(options.store, state_there(options.store, "znode", state), out);
        return;
      }
      const SqliteTable table(place, lock_wait(options.wait), {}, true);
      bool is_there = false;
      for (const std::string& key : complete(table.keys())) {
        if (!options.name.empty() && key != options.name) continue;
        is_there = true;
        print_history(fmt::format("{} {}", options.store, key), complete(table.get(key)), out);
      }
      if (!is_there && !options.name.empty()) {
        throw UsageError(
            fmt::format("{}: there is no row of the namespace '{}'", options.store, options.name));
      }
    });
    return static_cast<int>(kAsExpected);
  });
}

}  // namespace cutover::cli
