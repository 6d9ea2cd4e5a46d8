#include "tla/configuration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "system/text.h"

namespace cutover::tla {
namespace {

namespace fs = std::filesystem;

constexpr std::array kSections = {"CONSTANTS", "INVARIANTS", "PROPERTIES"};
constexpr std::array kSizes = {"small", "long", "large", "liveness", "mutant"};

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
  } else if (verb == "violates" && !nothing && (as.empty() || renamed)) {
    into.expect = Configuration::Expect::violates;
    into.violated = name;
    into.property = renamed ? property : name;
  } else {
    place.fail(fmt::format("expected `holds` or `violates NAME`, found '{}'", text));
  }
}

/// "Moves, MovesBack"
void read_witnesses(Configuration& into, const std::string& text, const Place& place) {
  for (const std::string& part : split(text)) {
    std::istringstream words(part);
    std::string name, rest;
    if (!(words >> name) || words >> rest || !into.witnesses.insert(name).second) {
      place.fail(fmt::format("expected names, each once, with commas between, found '{}'", text));
    }
  }
}

/// What a line `\* key: value` says. Other comments are for people.
void read_header(Configuration& into, const std::string& key, const std::string& value,
                 const Place& place) {
  if (key == "case") into.case_name = value;
  if (key == "module") into.module = value;
  if (key == "expect") read_expectation(into, value, place);
  if (key == "witnesses") read_witnesses(into, value, place);
  if (key == "size") {
    if (std::ranges::find(kSizes, value) == kSizes.end()) {
      place.fail(fmt::format("expected a size of {}, found '{}'", fmt::join(kSizes, ", "), value));
    }
    into.size = value;
  }
}

/// A keyword of TLC's own. Others are refused, as one that is overlooked may well make a check
/// weaker: CONSTRAINT leaves states out.
std::string read_keyword(Configuration& into, const std::string& line, const Place& place) {
  std::istringstream words(line);
  std::string keyword, name, rest;
  words >> keyword >> name;
  const bool is_section = std::ranges::find(kSections, keyword) != kSections.end();
  const bool is_specification = keyword == "SPECIFICATION" && into.specification.empty();
  if (words >> rest || !(is_specification ? !name.empty() : is_section && name.empty())) {
    place.fail(fmt::format("expected SPECIFICATION NAME once, or {} alone in a line, found '{}'",
                           fmt::join(kSections, ", "), line));
  }
  if (is_specification) into.specification = name;
  return keyword;
}

/// What stands below a keyword, one a line.
void read_entry(Configuration& into, const std::string& section, const std::string& line,
                const Place& place) {
  std::istringstream words(line);
  std::string name, sign, value;
  words >> name >> sign;
  std::getline(words >> std::ws, value);
  bool is_new = line.find("\\*") == std::string::npos && line.find("(*") == std::string::npos;
  if (section == "CONSTANTS") {
    is_new = is_new && (sign == "=" || sign == "<-") && !value.empty() &&
             into.constants.emplace(name, value).second;
  } else {
    is_new = is_new && sign.empty();
    if (section == "INVARIANTS") {
      is_new = is_new && into.invariants.insert(name).second;
    } else if (section == "PROPERTIES") {
      is_new = is_new && std::ranges::count(into.properties, name) == 0;
      into.properties.push_back(name);
    } else {
      is_new = false;
    }
  }
  if (!is_new) {
    place.fail(fmt::format("expected one entry of {}, not there yet, and no comment, found '{}'",
                           section.empty() ? "a section" : section, line));
  }
}

/// What it says of itself must be what it checks.
void refuse_idle(const Configuration& read) {
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", read.file.string(), what));
  };
  const bool is_checked = read.invariants.contains(read.violated) ||
                          std::ranges::count(read.properties, read.violated) > 0;
  if (read.expect != Configuration::Expect::holds && !is_checked) {
    fail(fmt::format("{} is to be violated, and is not checked", read.violated));
  }
  if (read.size == "small" && read.witnesses.empty()) {
    fail("expected `\\* witnesses: NAME`: without one, all may hold because nothing happens");
  }
  if (read.size == "liveness" && read.properties.empty()) {
    fail("a configuration of size liveness checks a property under PROPERTIES");
  }
  if (read.invariants.empty() && read.properties.empty()) {
    fail("expected INVARIANTS or PROPERTIES: it checks nothing");
  }
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
      read_entry(read, section, line, place);
    } else if (!line.starts_with("\\*") && !line.empty()) {
      section = read_keyword(read, line, place);
    }
  }
  if (!missing.empty()) {
    place.fail(fmt::format("expected lines `\\* KEY: ...` at the top, also for {}",
                           fmt::join(missing, ", ")));
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
  std::ranges::for_each(all, refuse_idle);
  std::ranges::sort(all, {}, &Configuration::name);
  return all;
}

std::string to_string(const Configuration& of) {
  return of.expect == Configuration::Expect::holds ? "holds" : "violates " + of.violated;
}

}  // namespace cutover::tla
