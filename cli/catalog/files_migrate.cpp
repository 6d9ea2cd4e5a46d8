// `cutover migrate`: a process of the catalog over two real store files, up to where it would
// serve.
#include <fmt/format.h>

#include <array>
#include <ostream>

#include "cli/catalog/files.h"
#include "cli/catalog/migration_files.h"
#include "cli/catalog/paired_store.h"
#include "cli/catalog/protocol_mark.h"
#include "cli/catalog/steps.h"
#include "cli/errors.h"
#include "cli/stores/store_argument.h"
#include "impl/catalog/contents.h"
#include "impl/catalog/process.h"
#include "impl/store/complete.h"
#include "impl/store/sqlite_store.h"
#include "system/text.h"

namespace cutover::cli {
namespace {

using catalog::Stage;
using catalog::Which;

struct KnownProtocol {
  const catalog::Protocol* protocol;
  ProtocolKind kind;
};
constexpr std::array kProtocols = {
    KnownProtocol{&catalog::kSingleTombstone, ProtocolKind::single_tombstone},
    KnownProtocol{&catalog::kSingleTombstoneOneWrite, ProtocolKind::single_tombstone},
    KnownProtocol{&catalog::kSingleTombstoneLazyOpen, ProtocolKind::single_tombstone},
    KnownProtocol{&catalog::kTwoTombstones, ProtocolKind::two_tombstones},
};

const KnownProtocol& find_protocol(const std::string& name) {
  std::vector<std::string_view> names;
  for (const KnownProtocol& known : kProtocols) {
    if (known.protocol->name == name) return known;
    names.push_back(known.protocol->name);
  }
  throw UsageError(fmt::format("--protocol: there is no protocol '{}'; there are {}", name,
                               fmt::join(names, ", ")));
}

Which parse_target(const std::string& to) {
  if (to == "persist") return Which::persist;
  if (to == "stash") return Which::stash;
  throw UsageError(fmt::format("--to: expected persist or stash, found '{}'", to));
}

/// Ends the process where it would begin to serve.
class NoClients final : public catalog::Clients {
 public:
  void serving(const Session& session) override { store_ = session.store().name(); }
  awaitable<std::optional<catalog::ClientRequest>> next() override { co_return std::nullopt; }
  void reply(const Session&, const catalog::ClientRequest&, const catalog::ClientReply&) override {}

  /// The store that would be served.
  const std::string& store() const { return store_; }

 private:
  std::string store_;
};

std::string success(const std::string& name, const std::string& argument, const StoreLook& look) {
  return fmt::format("done: {} ({}) is the source of truth: {}, format {}, epoch {}\n", name,
                     argument, entries_text(look.contents.size()), look.contents.format(),
                     look.epoch.value);
}

/// Why the migration stopped, in one line with the remedy. Nothing is lost in any of these cases:
/// that is what the protocols are checked for.
std::string failure(Stage::Kind kind, const Steps& steps, const std::string& argument) {
  const std::string &step = steps.last_label(), &store = steps.last_store();
  if (kind == Stage::Kind::fenced) {
    return fmt::format(
        "stopped at '{}': another process has opened the {} since; nothing was lost; run again to "
        "finish\n",
        step, store);
  }
  if (kind == Stage::Kind::lost_answer) {
    return fmt::format(
        "stopped at '{}': it is not known whether the {} ({}) has written it; nothing was lost; "
        "check the disk, and run again to finish\n",
        step, store, argument);
  }
  if (kind == Stage::Kind::unsupported) {
    return fmt::format(
        "stopped at '{}': meanwhile the {} ({}) has got contents of a newer format, or without "
        "one; "
        "they were left alone; use the program that wrote them\n",
        step, store, argument);
  }
  return fmt::format(
      "stopped at '{}': the {} ({}) is locked by another process or cannot be written; nothing was "
      "lost; end that process or make room (disk, memory), and run again to finish\n",
      step, store, argument);
}

/// Folds the logs into the files. Nothing unless it could not be done: then what is left to do.
std::string fold_logs(const MigrateOptions& options, StoreFile& stash, StoreFile& persist) {
  std::string left;
  const std::pair<StoreFile*, const std::string&> stores[] = {{&stash, options.stash},
                                                              {&persist, options.persist}};
  for (const auto& [store, argument] : stores) {
    if (store->fold_log()) continue;
    const std::string file = store_file(argument).string();
    left += fmt::format(
        "left to do: {0} is whole only together with {0}-wal, which could not be folded into it; "
        "keep or copy both, make room on the disk, and run again\n",
        file);
  }
  return left;
}

}  // namespace

int run_migrate(const MigrateOptions& options, const MigrateParts& parts, std::ostream& out) {
  const Which target = parse_target(options.to);
  const ProtocolKind kind = find_protocol(options.protocol).kind;
  MigrationFiles files;
  try {
    files = open_files(options, kind);
  } catch (const std::bad_alloc&) {
    out << "not begun: out of memory; nothing was changed; run again, with more memory\n";
    return kDiffers;
  }

  Steps steps(out, options.pauses);
  StoreFile *stash_file = files.stash.get(), *persist_file = files.persist.get();
  const auto dress = [&](std::unique_ptr<Store> store) {
    std::unique_ptr<Store> dressed = std::make_unique<MarkedStore>(std::move(store), kind);
    return parts.wrap == nullptr ? std::move(dressed) : parts.wrap(std::move(dressed));
  };
  const auto dressed_stash = dress(std::move(files.stash));
  const auto dressed_persist = dress(std::move(files.persist));
  Pair pair({kind, options.force, {options.stash, options.persist}}, *dressed_stash,
            *dressed_persist, steps);
  PairedStore stash(*dressed_stash, steps, pair), persist(*dressed_persist, steps, pair);
  NoClients clients;
  catalog::Plan plan{parts.protocol, target};
  if (options.keep_damaged) plan.damaged = catalog::Damaged::keep;
  const auto stopped = [&](const std::string& why) {
    out << fmt::format("\nstopped at '{}': {}\n", steps.last_label(), why);
    return kDiffers;
  };
  Stage ended;
  try {
    ended = complete(catalog::run_process(plan, stash, persist, clients));
  } catch (const catalog::DamagedValue& damaged) {
    throw UsageError(fmt::format(
        "{}; nothing was lost; run again then, or with --damaged keep to move it as it is",
        damaged.what()));
  } catch (const StoreOpenError& error) {
    return stopped(fmt::format("{}; nothing was lost; run again to finish", error.what()));
  } catch (const StoreError& error) {
    return stopped(fmt::format("{}; nothing was lost", error.what()));
  } catch (const std::bad_alloc&) {
    return stopped("out of memory; nothing was lost; run again to finish, with more memory");
  }

  out << "\n";
  const bool done = ended.kind == Stage::Kind::stopped;
  const bool is_stash = (done ? clients.store() : steps.last_store()) == stash.name();
  const std::string& argument = is_stash ? options.stash : options.persist;
  if (!done) {
    out << failure(ended.kind, steps, argument) << std::flush;
    return kDiffers;
  }
  StoreFile& served = is_stash ? *stash_file : *persist_file;
  const std::string left = fold_logs(options, *stash_file, *persist_file);
  out << success(clients.store(), argument, served.look(SqliteStore::Mode::must_exist)) << left
      << std::flush;
  return left.empty() ? kAsExpected : kDiffers;
}

int run_migrate(const MigrateOptions& options, std::ostream& out) {
  return run_migrate(options, MigrateParts{*find_protocol(options.protocol).protocol}, out);
}

}  // namespace cutover::cli
