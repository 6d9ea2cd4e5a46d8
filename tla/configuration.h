// A configuration of TLC, and what its first lines say about it:
//
//   \* case: catalog/single-tombstone+merge      the case of the registry that it belongs to
//   \* module: MutantsOfSingleTombstone          beside its folder
//   \* expect: violates NoResurrection           or `holds`
//   \* size: mutant                              small, long, large, liveness or mutant
//   \* witnesses: Moves, MovesBack               what TLC must print that it has reached, as
//                                                <<"witness", "Moves">>: else what holds may hold
//                                                because nothing happens. As many lines as needed.
//
// `violates X as Y`: Y is the name of that property outside TLA+. Below them stand SPECIFICATION,
// CONSTANTS, INVARIANTS and PROPERTIES, with one entry a line. Nothing else may: what is overlooked
// here might make a check weaker.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace cutover::tla {

struct Configuration {
  enum class Expect { holds, violates };

  std::filesystem::path file;
  std::string name;       ///< "catalog/mutants/merge": its path below tla/, without its ending
  std::string case_name;  ///< "catalog/single-tombstone+merge"
  std::string module;
  Expect expect = Expect::holds;
  std::string violated;  ///< what must be found violated; empty: nothing
  std::string property;  ///< its name outside TLA+, mostly the same
  std::string size;
  std::set<std::string> witnesses;               ///< what must be reached
  std::string specification;                     ///< what stands after SPECIFICATION
  std::vector<std::string> properties;           ///< under PROPERTIES: not invariants
  std::set<std::string> invariants;              ///< under INVARIANTS
  std::map<std::string, std::string> constants;  ///< under CONSTANTS, "MaxStarts" -> "2"

  bool is_large() const { return size == "large"; }  ///< too large for CI
};

/// The constants that are numbers, and how many there are in "Processes".
std::map<std::string, unsigned> numbers(const Configuration& of);

/// Throws std::runtime_error that names file, line and what was expected. `root`: the folder tla/.
Configuration read_configuration(const std::filesystem::path& file,
                                 const std::filesystem::path& root);

/// All below the folder, by name. Throws also for one that does not check what it says of itself.
std::vector<Configuration> read_configurations(const std::filesystem::path& root);

/// "holds", "violates NoLostWrite".
std::string to_string(const Configuration& of);

}  // namespace cutover::tla
