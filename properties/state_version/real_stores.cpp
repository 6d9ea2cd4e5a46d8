#include "properties/state_version/real_stores.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "impl/state_version/reference_file.h"
#include "impl/state_version/reference_table.h"
#include "impl/state_version/reference_znode.h"
#include "impl/state_version/sqlite_table.h"
#include "impl/state_version/state_file.h"
#include "impl/state_version/zookeeper_znode.h"
#include "impl/store/sqlite.h"
#include "properties/state_version/schedulers.h"
#include "properties/state_version/zookeeper_ensemble.h"

namespace cutover::state_version {
namespace {

namespace fs = std::filesystem;

/// An operator who asks for one thing.
class OneChange {
 public:
  explicit OneChange(json change) : change_(std::move(change)) {}
  Task<std::optional<json>> next() {
    if (is_acknowledged_) co_return std::nullopt;
    co_return change_;
  }
  void acknowledge(const json&) { is_acknowledged_ = true; }
  std::optional<std::string> refused(const std::optional<std::string>& why) const {
    if (is_acknowledged_) return std::nullopt;
    return why.value_or("it was not acknowledged");
  }

 private:
  json change_;
  bool is_acknowledged_ = false;
};

/// What a kill leaves of a store whose files begin so: the file, and what is beside it.
void copy_files(const fs::path& from, const fs::path& to, const std::string& beginning) {
  for (const auto& entry : fs::directory_iterator(from)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(beginning)) fs::copy_file(entry.path(), to / name);
  }
}

class InAFile final : public RealStore {
 public:
  std::vector<std::string> namespaces() const override { return {kOnly}; }
  std::string argument(const fs::path& folder) const override {
    return "file:" + in(folder).string();
  }
  void make(const fs::path& folder, const json& state) const override {
    std::ofstream(in(folder)) << state.dump();
  }
  void copy(const fs::path& from, const fs::path& to) const override {
    copy_files(from, to, kName);
  }
  States read(const fs::path& folder) const override {
    const StateFile file(in(folder), {});
    return {{kOnly, complete(file.read(kStateFile))}};
  }
  /// The new file is truncated before it is written.
  std::string rest(const fs::path& folder) const override {
    return fs::exists(in(folder).string() + ".new") ? "new" : "";
  }
  std::optional<std::string> serve(const fs::path& folder, const Build& build, const std::string&,
                                   const json& change) const override {
    const StateFile file(in(folder), {});
    const FileLock lock(in(folder), std::chrono::milliseconds(0), {});
    OneChange operators(change);
    return operators.refused(complete(run_reference(file, lock, operators, build)));
  }

 private:
  static constexpr const char* kName = "state.json";
  static fs::path in(const fs::path& folder) { return folder / kName; }
};

class InATable final : public RealStore {
 public:
  explicit InATable(bool has_versions) : has_versions_(has_versions) {}
  std::vector<std::string> namespaces() const override { return {"a", "b"}; }
  std::string argument(const fs::path& folder) const override {
    return "sqlite:" + in(folder).string();
  }
  void make(const fs::path& folder, const json& state) const override {
    const sqlite::Connection db(in(folder).string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                in(folder), {});
    db.execute("CREATE TABLE states (namespace TEXT PRIMARY KEY, labels TEXT)");
    const SqliteTable table(in(folder), {}, {});
    for (const auto& [member, value] : state.items()) complete(table.add_column(member));
    for (const std::string& name : namespaces()) complete(table.put(name, state));
    if (!has_versions_) return;
    complete(table.create_versions());
    complete(table.insert_version(unversioned().text()));
  }
  void copy(const fs::path& from, const fs::path& to) const override {
    copy_files(from, to, kName);
  }
  States read(const fs::path& folder) const override {
    const SqliteTable table(in(folder), {}, {});
    States states;
    for (const std::string& key : complete(table.keys())) states[key] = complete(table.get(key));
    return states;
  }
  std::optional<Version> version(const fs::path& folder) const override {
    const SqliteTable table(in(folder), {}, {});
    const json stored = complete(table.version()).state;
    if (stored.is_null()) return std::nullopt;
    return Version(stored.get<std::string>());
  }
  std::string rest(const fs::path& folder) const override {
    const sqlite::Connection db(in(folder).string(), SQLITE_OPEN_READONLY, in(folder), {});
    std::string found;
    const auto add = [&](const char* sql) {
      sqlite::Statement query(db, sql);
      query.for_each_row(
          [&](sqlite::Row row) { found += fmt::format("{} {}\n", row.bytes(0), row.number(1)); });
    };
    add("SELECT sql, 0 FROM sqlite_schema ORDER BY name");
    if (version_is_kept(db)) add("SELECT version, written FROM state_version");
    return found;
  }
  std::optional<std::string> serve(const fs::path& folder, const Build& build,
                                   const std::string& name, const json& change) const override {
    const SqliteTable table(in(folder), {}, {});
    table.prepare();
    OneChange operators(change);
    return operators.refused(complete(run_reference_over_table(table, operators, build, name)));
  }

 private:
  static bool version_is_kept(const sqlite::Connection& db) {
    return sqlite::Statement(db, "SELECT 1 FROM pragma_table_info('state_version')").next();
  }
  static constexpr const char* kName = "states.db";
  static fs::path in(const fs::path& folder) { return folder / kName; }

  bool has_versions_;
};

/// Each folder has a znode, which is named after it.
class InAZnode final : public RealStore {
 public:
  std::vector<std::string> namespaces() const override { return {kOnly}; }
  std::string argument(const fs::path& folder) const override {
    return "zookeeper:" + ensemble_.servers() + path(folder);
  }
  int wait() const override { return 20; }
  void make(const fs::path& folder, const json& state) const override {
    complete(open(folder).set(state));
  }
  void copy(const fs::path& from, const fs::path& to) const override {
    complete(open(to).set(complete(open(from).get()).state));
  }
  States read(const fs::path& folder) const override {
    return {{kOnly, complete(open(folder).get()).state}};
  }
  std::string rest(const fs::path&) const override { return ""; }
  std::optional<std::string> serve(const fs::path& folder, const Build& build, const std::string&,
                                   const json& change) const override {
    const ZookeeperZnode znode = open(folder);
    OneChange operators(change);
    return operators.refused(complete(run_reference_over_znode(znode, operators, build)));
  }

 private:
  static std::string path(const fs::path& folder) {
    std::string name = folder.string();
    std::ranges::replace(name, '/', '_');
    return "/" + name;
  }
  ZookeeperZnode open(const fs::path& folder) const { return root_.at(path(folder)); }

  ZookeeperEnsemble ensemble_{1};
  ZookeeperZnode root_{ZnodeAddress(ensemble_.servers() + "/zookeeper"),
                       {},
                       std::chrono::milliseconds(1000 * wait()),
                       {}};
};

}  // namespace

std::shared_ptr<const RealStore> a_file() { return std::make_shared<InAFile>(); }
std::shared_ptr<const RealStore> a_table() { return std::make_shared<InATable>(false); }
std::shared_ptr<const RealStore> a_table_with_versions() {
  return std::make_shared<InATable>(true);
}
std::shared_ptr<const RealStore> a_znode() { return std::make_shared<InAZnode>(); }

}  // namespace cutover::state_version
