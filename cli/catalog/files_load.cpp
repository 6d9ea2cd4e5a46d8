// `cutover load`: the contents of a store from JSON lines.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ostream>
#include <utility>

#include "cli/catalog/files.h"
#include "cli/catalog/paired_store.h"
#include "cli/catalog/sorted_entries.h"
#include "cli/catalog/standing.h"
#include "cli/errors.h"
#include "cli/stores/store_argument.h"
#include "impl/catalog/contents.h"
#include "impl/store/complete.h"
#include "impl/store/sqlite_store.h"
#include "system/temporary_files.h"
#include "system/text.h"
#include "system/whole_file.h"

namespace cutover::cli {
namespace {

namespace fs = std::filesystem;
using Mode = SqliteStore::Mode;

// ---- what is refused

/// The store, and the other one of its pair if it was named.
struct Stores {
  std::unique_ptr<SqliteStore> store, other;
  bool is_persist = false;  ///< the store is, so the other is the stash
};

void refuse_standing(const LoadOptions& options, Standing standing) {
  if (standing == Standing::truth || options.force) return;
  if (standing == Standing::not_truth) {
    throw UsageError(
        fmt::format("{}: is not the source of truth: that is the other store of its pair; load "
                    "that one, or use --force to fill a store that is not read",
                    options.store));
  }
  throw UsageError(fmt::format(
      "{}: belongs to a pair, and does not know whether it is the source of truth; name "
      "the other store with --other, or use --force",
      options.store));
}

void refuse_contents(const LoadOptions& options, const Snapshot& there) {
  if (there.format() > catalog::kCurrentFormat && !options.force) {
    throw UsageError(fmt::format(
        "{}: its contents have format {}, and this program knows formats up to {}; use the program "
        "that wrote them, or --force to replace them by older ones",
        options.store, there.format(), catalog::kCurrentFormat));
  }
  if (there.is_empty() || options.replace) return;
  throw UsageError(fmt::format("{}: holds {} already; use --replace to replace all it holds",
                               options.store, entries_text(there.size())));
}

bool are_paired(const Config& stash, const Config& persist) {
  const auto facts = pair_facts(ProtocolKind::single_tombstone, stash, persist, false);
  return catalog::judge(facts) == catalog::Pairing::paired;
}

Standing standing_of(const Stores& stores, const Config& own, const std::optional<Config>& other) {
  if (!other) return standing(own);
  return stores.is_persist ? standing_in_pair(*other, own, true)
                           : standing_in_pair(own, *other, false);
}

Stores open_stores(const LoadOptions& options) {
  const LockWait wait = lock_wait(options.wait);
  Stores stores;
  // It may be empty, as what a process that was killed while it created the store has left.
  stores.store = std::make_unique<SqliteStore>("store", store_file(options.store),
                                               Mode::create_if_missing, wait);
  const StoreLook there = stores.store->look();
  std::optional<Config> others;
  if (!options.other.empty()) {
    stores.other =
        std::make_unique<SqliteStore>("other", store_file(options.other), Mode::must_exist, wait);
    others = stores.other->look().config;
    stores.is_persist = are_paired(*others, there.config);
    if (!stores.is_persist && !are_paired(there.config, *others)) {
      throw UsageError(fmt::format("--other: {} is not the other store of the pair of {}",
                                   options.other, options.store));
    }
  }
  refuse_standing(options, standing_of(stores, there.config, others));
  refuse_contents(options, there.contents);
  return stores;
}

// ---- the steps

struct Loaded {
  Status status = Status::ok;
  Epoch epoch{};
};

/// Opens the pair's stash first, as every move does, so that whoever moves it is fenced, or fences
/// this. What was looked at before it was opened may have changed.
awaitable<void> replace_by(const LoadOptions& options, Stores& stores, Snapshot contents,
                           Epoch& epoch) {
  std::optional<Session> other;
  if (stores.other && stores.is_persist) other = co_await open(*stores.other);
  Session session = co_await open(*stores.store);
  if (stores.other && !stores.is_persist) other = co_await open(*stores.other);
  const Config own = co_await read_pair_config(session);
  std::optional<Config> others;
  if (other) others = co_await read_pair_config(*other);
  refuse_standing(options, standing_of(stores, own, others));
  const Snapshot there = co_await session.snapshot();
  refuse_contents(options, there);
  co_await session.replace_contents(std::move(contents));
  epoch = session.epoch();
}

awaitable<Loaded> replace(const LoadOptions& options, Stores& stores, Snapshot contents) {
  Loaded loaded;
  try {
    co_await replace_by(options, stores, std::move(contents), loaded.epoch);
  } catch (const StepFailed& failed) {
    loaded.status = failed.status();
  }
  co_return loaded;
}

/// A store that is not there yet is filled beside its place, and takes it when it is whole.
Loaded make_store(const fs::path& file, const LoadOptions& options, Snapshot contents) {
  const fs::path unfinished = system::temporary_name(file);
  const std::vector<fs::path> files = {unfinished, unfinished.string() + "-journal",
                                       unfinished.string() + "-wal", unfinished.string() + "-shm"};
  for (const fs::path& each : files) fs::remove(each);  // of one that was killed
  const system::TemporaryFiles removed(files);
  Stores stores;
  Loaded loaded;
  try {
    stores.store = std::make_unique<SqliteStore>("store", unfinished, Mode::create_if_missing);
  } catch (const StoreOpenError& error) {
    std::string what = error.what();  // names the file
    if (what.starts_with(unfinished.string())) {
      what.replace(0, unfinished.string().size(), file.string());
    }
    throw StoreOpenError(what);
  }
  loaded = complete(replace(options, stores, std::move(contents)));
  if (loaded.status == Status::ok && !stores.store->fold_log()) loaded.status = Status::unavailable;
  stores.store.reset();
  if (loaded.status != Status::ok) return loaded;
  if (::link(unfinished.c_str(), file.c_str()) != 0) {
    throw UsageError(
        fmt::format("{}: cannot be created ({}); load again", options.store, std::strerror(errno)));
  }
  system::sync_folder_of(file);
  return loaded;
}

Loaded load(const LoadOptions& options, Snapshot contents) {
  const fs::path file = store_file(options.store);
  std::error_code error;
  if (fs::symlink_status(file, error).type() == fs::file_type::not_found) {
    if (!options.other.empty()) {
      throw UsageError(fmt::format("{}: there is no such store, and so none of a pair with {}",
                                   options.store, options.other));
    }
    return make_store(file, options, std::move(contents));
  }
  Stores stores = open_stores(options);
  return complete(replace(options, stores, std::move(contents)));
}

const char* remedy(Status status) {
  switch (status) {
    case Status::fenced:
      return "another process has opened it meanwhile; end that one, and load again";
    case Status::lost_answer:
      return "it is not known whether it was loaded; check the disk, and load again";
    default: return "it is locked by another process, or disk or memory are full; load again later";
  }
}

}  // namespace

int run_load(const LoadOptions& options, std::ostream& out) {
  const fs::path file = store_file(options.store);
  try {
    if (is_there(file)) open_stores(options);  // what is refused anyway
    Lines lines(options.file);
    ProgressLine progress;
    const auto entries = std::make_shared<SortedEntries>(lines, progress);
    Snapshot contents = catalog::upgraded(Snapshot(entries));
    if (progress.is_shown()) {
      contents = with_progress(std::move(contents), [&](std::uint64_t done, std::uint64_t total) {
        progress.entries("writing " + options.store, done, total);
      });
    }
    const Loaded loaded = load(options, std::move(contents));
    progress.clear();
    if (loaded.status == Status::ok) {
      out << fmt::format("{}: loaded {}, format {}, epoch {}\n", options.store,
                         entries_text(entries->size()), catalog::kCurrentFormat,
                         loaded.epoch.value);
      return kAsExpected;
    }
    out << fmt::format("{}: not loaded: {}\n", options.store, remedy(loaded.status));
  } catch (const std::bad_alloc&) {
    out << fmt::format("{}: not loaded: out of memory; load again, with more memory\n",
                       options.store);
  }
  return kDiffers;
}

}  // namespace cutover::cli
