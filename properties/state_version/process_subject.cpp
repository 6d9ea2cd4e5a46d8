#include "properties/state_version/process_subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "crashsim/process/child.h"
#include "impl/state_version/migrations_file.h"
#include "properties/state_version/sample.h"

namespace cutover::state_version {
namespace {

namespace fs = std::filesystem;
using crashsim::Child;
using crashsim::Failure;
using crashsim::MaybeFailure;
using Store = std::shared_ptr<const RealStore>;

constexpr const char* kMigrationsFile = "migrations.json";

/// A history's version, which all of its states have.
enum Truth : std::size_t { kOldest, kNewest, kBetween };
constexpr const char* kTruths[] = {"the oldest version", "the newest version", "no one version"};

const Version& newest_version() {
  static const Version version = build_of(Which::newest).version;
  return version;
}

/// The versions of what is in effect by the log of a state.
std::vector<std::string> logged(const json& state) {
  std::vector<std::string> versions;
  const json applied = state.value("applied", json::array());
  for (const json& line : applied) {
    const std::string version = line.at("version");
    if (!line.value("down", false)) {
      versions.push_back(version);
    } else if (!versions.empty() && versions.back() == version) {
      versions.pop_back();
    } else {
      versions.push_back("undone: " + version);
    }
  }
  return versions;
}

std::vector<std::string> due(const Version& version) {
  std::vector<std::string> versions;
  const Build build = build_of(Which::newest);
  for (const Migration* each : build.chain.between(unversioned(), version)) {
    versions.push_back(each->version.text());
  }
  return versions;
}

/// Of a state that operators were told has these labels.
MaybeFailure judged(const std::string& name, const json& state, const json& labels) {
  const auto wrong = [&](const char* property) {
    return Failure{property, fmt::format("{} is {}", name, state.dump())};
  };
  if (!state.is_object()) return wrong("CanFinish");
  if (format_of(state) != version_of(state)) return wrong("VersionMatchesState");
  if (!is_migrated_once(state)) return wrong("EachMigrationOnce");
  if (logged(state) != due(version_of(state))) return wrong("EachMigrationOnce");
  if (!is_migrated_in_order(state)) return wrong("InOrder");
  if (state.value("labels", json::object()) != labels) return wrong("NothingLost");
  if (state.value("seeds", 0) != oldest_state()["seeds"]) return wrong("NothingLost");
  return std::nullopt;
}

class KeptStates final : public crashsim::ProcessStores {
 public:
  /// `judges`: else it is only asked which version there is.
  KeptStates(Store store, bool judges) : store_(std::move(store)), judges_(judges) {}

  std::unique_ptr<ProcessStores> clone() const override {
    return std::make_unique<KeptStates>(*this);
  }

  void copy_files(const fs::path& from, const fs::path& to) const override {
    fs::remove_all(to);
    fs::create_directories(to);
    fs::copy_file(from / kMigrationsFile, to / kMigrationsFile);
    store_->copy(from, to);
  }

  MaybeFailure look(const fs::path& folder) override {
    states_ = store_->read(folder);
    if (!judges_) return std::nullopt;
    const auto version = store_->version(folder);
    for (const std::string& name : store_->namespaces()) {
      const auto found = states_.find(name);
      if (found == states_.end()) return Failure{"NothingLost", name + " is not there"};
      const auto acked = labels_.find(name);
      const json labels = acked == labels_.end() ? json::object() : acked->second;
      if (auto failed = judged(name, found->second, labels)) return failed;
      if (version && version_of(found->second) < *version) {
        return Failure{"VersionMatchesState",
                       fmt::format("{} is older than {}", name, version->text())};
      }
    }
    return std::nullopt;
  }

  /// A scheduler of each namespace starts, of the version of its state.
  MaybeFailure serve(const fs::path& folder, bool, std::string& told,
                     const std::function<void()>& before_closing) override {
    if (!judges_) {
      told = "nobody asks for anything";
      return std::nullopt;
    }
    const Chain chain = read_migrations(folder / kMigrationsFile);
    for (const std::string& name : store_->namespaces()) {
      const json state = states_.at(name);
      const Build build{version_of(state), chain, {}, nullptr};
      const std::string label = fmt::format("w{}", ++changes_);
      const auto refused =
          store_->serve(folder, build, name, json::object({{"labels", {{label, 1}}}}));
      if (!refused) labels_[name][label] = 1;
      told += fmt::format("{}a scheduler of {} serves {}: {}", told.empty() ? "" : "; ",
                          build.version.text(), name, refused ? *refused : "labelled " + label);
    }
    before_closing();
    return std::nullopt;
  }

  /// But for when a migration was applied.
  std::string fingerprint(const fs::path& folder) const override {
    json states = store_->read(folder);
    for (json& state : states) {
      if (!state.is_object() || !state.contains("applied")) continue;
      for (json& line : state["applied"]) line.erase("at");
    }
    return json{states, store_->rest(folder), labels_, changes_}.dump();
  }

  std::size_t truth() const override {
    const auto all_are = [this](const Version& version) {
      return std::ranges::all_of(states_, [&](const auto& each) {
        return each.second.is_object() && format_of(each.second) == version;
      });
    };
    if (all_are(unversioned())) return kOldest;
    return all_are(newest_version()) ? kNewest : kBetween;
  }
  std::string truth_name() const override { return kTruths[truth()]; }
  std::size_t situation() const override { return truth(); }
  std::string situation_name() const override { return fmt::format("from {}", truth_name()); }

 private:
  Store store_;
  bool judges_;
  States states_;                       ///< as last looked at
  std::map<std::string, json> labels_;  ///< that operators were told are stored, by namespace
  unsigned changes_ = 0;
};

crashsim::ProcessBeginning beginning(const std::string& name, const Store& store, bool judges) {
  const auto make = [=](const fs::path& folder) -> std::unique_ptr<crashsim::ProcessStores> {
    std::ofstream(folder / kMigrationsFile) << kMigrationsAsData;
    store->make(folder, oldest_state_as_data());
    auto made = std::make_unique<KeptStates>(store, judges);
    made->look(folder);
    return made;
  };
  return {name, fmt::format("a state of version {}", unversioned().text()), make};
}

std::vector<std::string> command(const Store& store, const fs::path& folder,
                                 std::vector<std::string> arguments) {
  for (const std::string& each :
       {std::string("--store"), store->argument(folder), std::string("--wait"),
        std::to_string(store->wait()), std::string("--pause-fds"),
        fmt::format("{},{}", Child::kPauseRead, Child::kPauseWrite)}) {
    arguments.push_back(each);
  }
  return arguments;
}

crashsim::ProcessMove upgrade(const Store& store, Truth to) {
  const auto arguments = [=](const fs::path& folder) {
    const std::string version = (to == kNewest ? newest_version() : unversioned()).text();
    std::vector<std::string> all = {"upgrade", "--migrations", folder / kMigrationsFile, "--to",
                                    version};
    if (to == kOldest) all.push_back("--down");
    return command(store, folder, all);
  };
  return {fmt::format("to {}", kTruths[to]), to, arguments};
}

}  // namespace

crashsim::ProcessSubject upgrades_of(const std::string& name, Store store,
                                     const std::string& executable) {
  crashsim::ProcessSubject subject;
  subject.name = name;
  subject.executable = executable;
  subject.moves = {upgrade(store, kNewest), upgrade(store, kOldest)};
  subject.beginnings = {beginning("oldest", store, true), beginning("newest", store, true)};
  subject.beginnings[1].moved = 0;
  subject.locks = [](const std::string& label) { return label == "take lock"; };
  subject.success_is_true = "VersionMatchesState";
  subject.fenced_never_succeeds = "SingleMigrator";
  return subject;
}

crashsim::ProcessSubject described_over(const std::string& name, Store store,
                                        const std::string& executable, bool upgraded) {
  crashsim::ProcessSubject subject;
  subject.name = name;
  subject.executable = executable;
  const auto arguments = [=](const fs::path& folder) {
    return command(store, folder, {"as-described"});
  };
  subject.moves = {{fmt::format("to {}", kTruths[kNewest]), kNewest, arguments}};
  subject.beginnings = {beginning("oldest", store, false)};
  if (upgraded) subject.beginnings[0].moved = 0;
  subject.holds = false;
  subject.success_is_true = "VersionMatchesState";
  return subject;
}

}  // namespace cutover::state_version
