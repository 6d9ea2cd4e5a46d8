#include "cli/catalog/migration_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "cli/catalog/paired_store.h"
#include "cli/errors.h"
#include "cli/stores/store_argument.h"
#include "impl/catalog/contents.h"
#include "system/whole_file.h"

namespace cutover::cli {
namespace {

namespace fs = std::filesystem;

void refuse_unsupported(const std::string& store, const Snapshot& contents) {
  if (catalog::is_supported(contents)) return;
  if (contents.format() == Contents::kNeverInitialised) {
    throw UsageError(
        fmt::format("{}: it holds entries without a format, and this program would have to wipe "
                    "them; give their format, or move them out with the program that wrote them",
                    store));
  }
  throw UsageError(
      fmt::format("{}: its contents have format {}, and this program knows formats up to {}; use "
                  "the program that wrote them",
                  store, contents.format(), catalog::kCurrentFormat));
}

/// A store that is to be created here.
void refuse_folder(const std::string& store, const fs::path& file) {
  const fs::path folder = fs::absolute(file).parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return;
  if (!fs::is_directory(folder)) {
    throw UsageError(
        fmt::format("{}: its folder {} does not exist; create it", store, folder.string()));
  }
  throw UsageError(fmt::format("{}: its folder {} may not be written; change its permissions",
                               store, folder.string()));
}

struct Looks {
  StoreLook stash;
  std::optional<StoreLook> persist;  ///< nothing: it is not there
};

/// Both as of one moment. Another process may just be making them a pair, or moving them: to look
/// at the stash before that and at persist after it would show strangers.
Looks look_at_both(MigrationFiles& files, const fs::path& persist_file) {
  constexpr int kAttempts = 1000;
  for (int attempt = 1;; ++attempt) {
    Looks looks{files.stash->look(SqliteStore::Mode::must_exist), std::nullopt};
    // It may be what a process that was killed while it created the store has left: no tables.
    if (is_there(persist_file)) {
      looks.persist = files.persist->look(SqliteStore::Mode::create_if_missing);
    }
    const StoreLook again = files.stash->look(SqliteStore::Mode::must_exist);
    const bool is_same = again.epoch == looks.stash.epoch && again.config == looks.stash.config;
    if (is_same || attempt == kAttempts) return looks;
  }
}

}  // namespace

StoreLook StoreFile::look(SqliteStore::Mode mode) {
  if (!store_) store_ = std::make_unique<SqliteStore>(name(), file_, mode, wait_);
  return store_->look();
}

awaitable<Answer> StoreFile::perform(Request request) {
  if (!store_) {
    store_ =
        std::make_unique<SqliteStore>(name(), file_, SqliteStore::Mode::create_if_missing, wait_);
  }
  co_return co_await store_->perform(std::move(request));
}

MigrationFiles open_files(const MigrateOptions& options, ProtocolKind kind) {
  const fs::path stash_file = store_file(options.stash), persist_file = store_file(options.persist);
  if (system::is_same_file(stash_file, persist_file)) {
    throw UsageError(
        fmt::format("--stash and --persist are one file, {}; name two", stash_file.string()));
  }
  const PairNames names{options.stash, options.persist};
  const LockWait wait = lock_wait(options.wait);
  MigrationFiles files{std::make_unique<StoreFile>("stash", stash_file, wait),
                       std::make_unique<StoreFile>("persist", persist_file, wait)};
  const auto [stash, persist] = look_at_both(files, persist_file);
  refuse_unsupported(options.stash, stash.contents);
  if (persist) {
    refuse_unsupported(options.persist, persist->contents);
    const bool holds = !persist->contents.is_empty();
    const catalog::PairFacts facts = pair_facts(kind, stash.config, persist->config, holds);
    refuse_strangers(facts, names, true);  // a stranger is one under every protocol
    refuse_other_protocol(kind, stash.config, persist->config);
    refuse_strangers(facts, names, options.force);
    return files;
  }
  refuse_other_protocol(kind, stash.config, {});
  if (needs_persist(kind, stash.config)) {
    throw UsageError(fmt::format(
        "{}: does not exist, but the tombstone in {} says that it may be the source of truth; "
        "correct the path, or restore the file",
        options.persist, options.stash));
  }
  refuse_strangers(pair_facts(kind, stash.config, {}, false), names, options.force);
  refuse_folder(options.persist, persist_file);
  return files;
}

}  // namespace cutover::cli
