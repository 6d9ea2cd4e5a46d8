#include "tla/configuration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace cutover::tla {
namespace {

namespace fs = std::filesystem;

constexpr std::array kSizes = {"small", "long", "large", "liveness", "mutant", "witness"};

/// Where an error is.
struct Place {
  const fs::path& file;
  std::size_t line = 0;

  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), line, what));
  }
};

void read_expectation(Configuration& into, const std::string& text, const Place& place) {
  std::istringstream words(text);
  std::string verb, name, as, property, rest;
  words >> verb >> name >> as >> property;
  const bool nothing = name.empty(), renamed = as == "as" && !property.empty() && !(words >> rest);
  if (verb == "holds" && nothing) {
    into.expect = Configuration::Expect::holds;
  } else if ((verb == "violates" || verb == "witness") && !nothing && (as.empty() || renamed)) {
    into.expect =
        verb == "witness" ? Configuration::Expect::witness : Configuration::Expect::violates;
    into.violated = name;
    into.property = renamed ? property : name;
  } else {
    place.fail(
        fmt::format("expected `holds`, `violates NAME` or `witness NAME`, found '{}'", text));
  }
}

/// What a line `\* key: value` says. Other comments are for people.
void read_header(Configuration& into, const std::string& key, const std::string& value,
                 const Place& place) {
  if (key == "case") into.case_name = value;
  if (key == "module") into.module = value;
  if (key == "expect") read_expectation(into, value, place);
  if (key == "size") {
    if (std::ranges::find(kSizes, value) == kSizes.end()) {
      place.fail(fmt::format("expected a size of {}, found '{}'", fmt::join(kSizes, ", "), value));
    }
    into.size = value;
  }
}

/// A line of TLC's own: below which keyword it stands is known by `section`.
void read_entry(Configuration& into, const std::string& section, const std::string& line) {
  std::istringstream words(line);
  std::string name, sign, value;
  words >> name >> sign;
  std::getline(words >> std::ws, value);
  if (section == "PROPERTIES") into.properties.push_back(name);
  if (section == "INVARIANTS") into.invariants.insert(name);
  if (section == "CONSTANTS") into.constants[name] = value;
}

}  // namespace

Configuration read_configuration(const fs::path& file, const fs::path& root) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file.string() + ": cannot be read");
  Configuration read;
  read.file = file;
  read.name = fs::path(file).replace_extension().lexically_relative(root).generic_string();
  Place place{file};
  std::set<std::string> missing = {"case", "module", "expect", "size"};
  std::string section;
  for (std::string line; std::getline(in, line);) {
    ++place.line;
    const auto colon = line.find(": ");
    if (line.starts_with("\\* ") && colon != std::string::npos) {
      const std::string key = line.substr(3, colon - 3);
      read_header(read, key, line.substr(colon + 2), place);
      missing.erase(key);
    } else if (line.starts_with(" ")) {
      read_entry(read, section, line);
    } else if (!line.starts_with("\\*")) {
      section = line.substr(0, line.find(' '));
    }
  }
  if (!missing.empty()) {
    place.fail(fmt::format("expected lines `\\* KEY: ...` at the top, also for {}",
                           fmt::join(missing, ", ")));
  }
  if (read.size == "witness" && read.expect != Configuration::Expect::witness) {
    place.fail("a configuration of size witness says `expect: witness NAME`");
  }
  return read;
}

std::map<std::string, unsigned> numbers(const Configuration& of) {
  std::map<std::string, unsigned> numbers;
  for (const auto& [name, value] : of.constants) {
    if (name == "Processes") {
      numbers[name] = static_cast<unsigned>(std::ranges::count(value, ',')) + 1;
    } else if (!value.empty() && std::ranges::all_of(value, ::isdigit)) {
      numbers[name] = static_cast<unsigned>(std::stoul(value));
    }
  }
  return numbers;
}

std::vector<Configuration> read_configurations(const fs::path& root) {
  std::vector<Configuration> all;
  if (!fs::is_directory(root)) return all;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".cfg") all.push_back(read_configuration(entry.path(), root));
  }
  std::ranges::sort(all, {}, &Configuration::name);
  return all;
}

std::string to_string(const Configuration& of) {
  switch (of.expect) {
    case Configuration::Expect::holds: return "holds";
    case Configuration::Expect::violates: return "violates " + of.violated;
    case Configuration::Expect::witness: return "witness " + of.violated;
  }
  return "?";
}

}  // namespace cutover::tla
