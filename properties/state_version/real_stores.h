// The stores in which a state is really kept, in the folder of a history of real processes: a file,
// a table in SQLite, a znode. How each is named to `upgrade`, made, copied, looked at and served.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "impl/state_version/migration.h"

namespace cutover::state_version {

/// What is in a store: its states by namespace, kOnly where there is but one; a text: it is none.
using States = std::map<std::string, json>;

class RealStore {
 public:
  virtual ~RealStore() = default;
  virtual std::vector<std::string> namespaces() const = 0;
  /// "file:PATH"
  virtual std::string argument(const std::filesystem::path& folder) const = 0;
  /// How long a process may wait for another one, in seconds.
  virtual int wait() const { return 0; }

  /// With this state in each namespace.
  virtual void make(const std::filesystem::path& folder, const json& state) const = 0;
  virtual void copy(const std::filesystem::path& from, const std::filesystem::path& to) const = 0;
  virtual States read(const std::filesystem::path& folder) const = 0;
  /// That is stored beside them and says that none is older, if one is.
  virtual std::optional<Version> version(const std::filesystem::path&) const {
    return std::nullopt;
  }
  /// What there is besides those that a process may depend on.
  virtual std::string rest(const std::filesystem::path& folder) const = 0;
  /// The reference starts in this process, for a namespace, and an operator asks for a change. Why
  /// it was not made, or nothing.
  virtual std::optional<std::string> serve(const std::filesystem::path& folder, const Build& build,
                                           const std::string& name, const json& change) const = 0;
};

std::shared_ptr<const RealStore> a_file();
/// Of the namespaces a and b. The other one has the table of versions already.
std::shared_ptr<const RealStore> a_table();
std::shared_ptr<const RealStore> a_table_with_versions();
/// Starts a server, which ends with this thread. Throws std::runtime_error where there is none.
std::shared_ptr<const RealStore> a_znode();

}  // namespace cutover::state_version
