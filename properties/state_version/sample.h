// A scheduler in three versions, and the migrations between their states: a unit changes, and then
// a member moves down a level and another gets a default. What of a state must survive them.
#pragma once

#include <set>

#include "impl/state_version/migration.h"

namespace cutover::state_version {

inline constexpr int kSeconds = 5;  ///< of the timeout, which nobody changes

/// As it was before there were versions.
json oldest_state();
/// The same where the migrations are data.
json oldest_state_as_data();
/// The migrations as data: the text of a file (impl/state_version/migrations_file.h).
extern const char* const kMigrationsAsData;
/// Each a scheduler: of 0.2.1.2, 0.2.1.9 and 0.2.1.10.
enum class Which { old_one, middle, newest };
Build build_of(Which which);
/// It brings a newer state down to its version.
Build build_that_goes_back_to(Which which);
/// The newest, with a migration to 0.2.1.9 that was edited after its release: it also sets a cap.
Build build_with_an_edited_migration();
inline constexpr int kCap = 3;
/// The same, but for the versions of its two migrations, which are the wrong way round.
Build build_with_misnumbered_migrations();
/// The same, and it does not ask whether it may run on what it finds.
struct Trusting : Build {};
inline std::optional<std::string> refusal(const Trusting&, const json&) { return std::nullopt; }
inline std::optional<std::string> refusal(const Trusting&, const Version&) { return std::nullopt; }
/// The same, and it carries out its last migration whether that is done or not.
struct Repeating : Build {};
json upgraded(const Repeating& build, const json& state);
bool has_the_edit(const json& state);

/// Of a table, by the migrations.
std::set<std::string> added_columns();

/// The version whose format the state really has; nothing if it is none.
std::optional<Version> format_of(const json& state);
/// Every migration up to its version has had its effect, and none twice.
bool is_migrated_once(const json& state);
/// Each was applied when those before it had been.
bool is_migrated_in_order(const json& state);
/// What operators changed left out.
json but_for_changes(const json& state);
/// The n-th change that operators ask for, a merge patch: a limit where the build has limits, else
/// a label. And where it then is, as a JSON pointer.
json change_of(const Build& build, int n);
std::string place_of(const json& change);

}  // namespace cutover::state_version
