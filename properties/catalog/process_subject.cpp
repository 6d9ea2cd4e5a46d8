#include "properties/catalog/process_subject.h"

#include <fmt/format.h>

#include <algorithm>

#include "crashsim/process/child.h"
#include "impl/catalog/contents.h"
#include "impl/catalog/pair.h"
#include "impl/catalog/process.h"
#include "impl/store/complete.h"
#include "model/checker/check.h"
#include "properties/catalog/file_monitor.h"
#include "properties/catalog/store_files.h"

namespace cutover::catalog {
namespace {

namespace fs = std::filesystem;
using crashsim::Child;

constexpr const char* kPutKey = "a";

Contents encoded(std::uint32_t format, const Entries& values) {
  Contents contents;
  contents.format = format;
  for (const auto& [key, value] : values) contents.entries[key] = encode_value(format, key, value);
  return contents;
}

/// Clients that ask for these things, one after the other, and then for nothing.
class Script final : public Clients {
 public:
  explicit Script(std::vector<ClientRequest> requests) : requests_(std::move(requests)) {}
  void serving(const Session&) override {}
  awaitable<std::optional<ClientRequest>> next() override {
    if (replies.size() == requests_.size()) co_return std::nullopt;
    co_return requests_[replies.size()];
  }
  void reply(const Session&, const ClientRequest&, const ClientReply& reply) override {
    replies.push_back(reply);
  }

  std::vector<ClientReply> replies;

 private:
  std::vector<ClientRequest> requests_;
};

/// What the stores are to each other when a history begins.
enum class Past {
  strangers,  ///< nothing yet, and persist is empty
  pair,       ///< persist has an outdated copy from an abandoned migration: an old value, and a key
              ///< deleted since
};

class CatalogStores final : public crashsim::ProcessStores {
 public:
  CatalogStores(const Protocol& protocol, Past past, FileMonitor monitor)
      : protocol_(protocol), past_(past), monitor_(std::move(monitor)) {}

  std::unique_ptr<ProcessStores> clone() const override {
    return std::make_unique<CatalogStores>(*this);
  }

  void copy_files(const fs::path& from, const fs::path& to) const override {
    copy_store_files(from, to);
  }

  MaybeFailure look(const fs::path& folder) override {
    StoreFiles files(folder);
    return monitor_.look({files.stash.inspect(), files.persist.inspect()});
  }

  /// A put and a delete.
  MaybeFailure serve(const fs::path& folder, bool anew, std::string& told,
                     const std::function<void()>& before_closing) override {
    StoreFiles files(folder);
    const auto other = std::ranges::find_if(
        monitor_.values(), [](const auto& entry) { return entry.first != kPutKey; });
    CUTOVER_CHECK(other != monitor_.values().end());
    const std::string deleted = other->first, value = fmt::format("w{}", ++puts_);
    told = fmt::format("{} serves {}: put {}={}, delete {}", anew ? "a new process" : "the process",
                       truth_name(), kPutKey, value, deleted);
    Script clients(
        {{ClientRequest::Kind::put, kPutKey, value}, {ClientRequest::Kind::erase, deleted, ""}});
    Stage stage{anew ? Stage::Kind::move : Stage::Kind::serve, std::nullopt};
    if (!anew) {
      Store& served = which() == Which::stash ? static_cast<Store&>(files.stash) : files.persist;
      stage.session = Session(served, monitor_.epoch(which()));
    }
    const Plan plan{protocol_, which()};
    while (!stage.has_ended()) {
      stage = cutover::complete(run_stage(plan, stage, files.stash, files.persist, clients));
    }
    if (stage.kind != Stage::Kind::stopped) {
      return Failure{"CanFinish", fmt::format("{} could not be served", truth_name())};
    }
    const Epoch epoch = clients.replies.back().epoch;
    if (auto failed = monitor_.acknowledged(kPutKey, value, epoch)) return failed;
    if (auto failed = monitor_.acknowledged(deleted, std::nullopt, epoch)) return failed;
    before_closing();
    return std::nullopt;
  }

  std::size_t truth() const override { return static_cast<std::size_t>(which()); }
  std::string truth_name() const override { return store_name(which()); }
  std::size_t situation() const override { return 2 * truth() + (past_ == Past::pair ? 1 : 0); }
  std::string situation_name() const override {
    return fmt::format("while {} is the truth{}", truth_name(),
                       past_ == Past::pair ? "" : ", no pair yet");
  }

 private:
  Which which() const { return monitor_.truth(); }

  Protocol protocol_;
  Past past_;
  FileMonitor monitor_;
  unsigned puts_ = 0;
};

/// Of a history that begins so, with these epochs.
crashsim::ProcessBeginning beginning(const std::string& name, const Protocol& protocol, Truth truth,
                                     Past past, Epoch stash, Epoch persist) {
  const bool are_pair = past == Past::pair;
  const auto make = [=](const fs::path& folder) -> std::unique_ptr<crashsim::ProcessStores> {
    const Entries values = {{"a", "v0"}, {"b", "v1"}, {"c", "v2"},
                            {"d", "v3"}, {"e", "v4"}, {"f", "v5"}};
    const Entries outdated = {{"a", "old"}, {"b", "v1"}, {"gone", "x"}};
    StoreFiles files(folder, SqliteStore::Mode::create_if_missing);
    StoreState first{stash, {}, encoded(kOldFormat, values)}, second{persist, {}, {}};
    if (are_pair) {
      first.config[kStashOf] = second.config[kPersistOf] = new_identity();
      second.contents = encoded(kCurrentFormat, outdated);
    }
    files.stash.restore(first);
    files.persist.restore(second);
    return std::make_unique<CatalogStores>(protocol, past,
                                           FileMonitor(truth, values, {"gone"}, {stash, persist}));
  };
  return {
      name,
      fmt::format("the stash is the truth, in the old format, at epoch {}; persist {}, at epoch {}",
                  stash.value, are_pair ? "has an outdated copy" : "is empty and not its pair yet",
                  persist.value),
      make};
}

crashsim::ProcessMove move(const Protocol& protocol, Which to) {
  const auto arguments = [=](const fs::path& folder) -> std::vector<std::string> {
    const auto store = [&](Which which) { return "sqlite:" + store_file(folder, which).string(); };
    return {"migrate",
            "--stash",
            store(Which::stash),
            "--persist",
            store(Which::persist),
            "--to",
            store_name(to),
            "--protocol",
            std::string(protocol.name),
            "--pause-fds",
            fmt::format("{},{}", Child::kPauseRead, Child::kPauseWrite)};
  };
  return {"to " + store_name(to), static_cast<std::size_t>(to), arguments};
}

}  // namespace

crashsim::ProcessSubject process_subject(const Protocol& protocol, Truth truth,
                                         const std::string& executable) {
  // A destination's epoch may be below the source's, or above. So each move begins with the one
  // that it has to do something about.
  const Epoch stash{5}, below{2}, above{9};
  const auto begin = [&](const std::string& name, Past past, Epoch persist) {
    return beginning(name, protocol, truth, past, stash, persist);
  };
  crashsim::ProcessSubject subject;
  subject.name = protocol.name;
  subject.executable = executable;
  subject.moves = {move(protocol, Which::persist), move(protocol, Which::stash)};
  subject.beginnings = {begin("stash-is-truth", Past::pair, below),
                        begin("persist-is-truth", Past::pair, above),
                        begin("no-pair", Past::strangers, below)};
  subject.beginnings[1].moved = 0;
  subject.opens = [](const std::string& label) { return label.starts_with("open "); };
  return subject;
}

}  // namespace cutover::catalog
