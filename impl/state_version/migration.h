// Migrations of a stored state, each of which brings it to a version, and the chain of them that a
// scheduler carries.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>

#include "impl/state_version/version.h"

namespace cutover::state_version {

using json = nlohmann::json;

struct Migration {
  Version version;                            ///< that the state has afterwards
  std::string about;                          ///< one line, for the log
  std::function<json(const json&)> document;  ///< the state, transformed; throws what it can't be
  std::vector<std::string> columns = {};      ///< of a table, that are added before
  /// Equal exactly if the migration is the same: what was released must not be edited.
  std::string checksum = "";
  /// Back from that version to the one before; null: there is no way back. It need not restore what
  /// `document` has destroyed. Throws what a state can't be.
  std::function<json(const json&)> down = nullptr;
};

/// Migrations in the order of their versions.
class Chain {
 public:
  /// Throws std::invalid_argument where they are not in order, or two have one version.
  explicit Chain(std::vector<Migration> migrations);

  const std::vector<Migration>& all() const { return migrations_; }
  /// Those m with stored < m <= running, in order.
  std::vector<const Migration*> between(const Version& stored, const Version& running) const;
  /// Null if there is none to that version.
  const Migration* to(const Version& version) const;

 private:
  std::vector<Migration> migrations_;
};

/// What a scheduler is, as far as its state is concerned.
struct Build {
  Version version;
  Chain chain;
  /// The members of a state that it knows; others it drops when it saves.
  std::vector<std::string> members;
  json fresh = json::object();  ///< where there was no state; null: there has to be one
  bool goes_down = false;       ///< brings a newer state back to its version, where it can
  /// What the log says of each migration besides; null: nothing.
  std::function<json()> stamp = nullptr;
};

/// A document that was read, and how often it had been written; null: it is not there.
struct Found {
  json state;
  int written = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Found, state, written)

/// A row of a table, and its key: the namespace.
struct Row {
  std::string key;
  json state;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Row, key, state)

// A document of a state: its members, the "version" that it has, and in the reference's also the
// log of what was "applied": for each {"version", "checksum"}, and "down" where it was undone.

Version version_of(const json& state);
/// Without the members that the build does not know.
json known_to(const Build& build, const json& state);
/// The state that is stored as this text; or, where it is none, a text that says why.
json state_of_text(const std::string& text);
/// What was read is no state: empty, or half of one.
bool is_damaged(const json& read);

}  // namespace cutover::state_version
