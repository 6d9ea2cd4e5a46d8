#include "impl/state_version/migrations_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <boost/crc.hpp>
#include <cmath>
#include <fstream>
#include <set>

#include "system/usage_error.h"

namespace cutover::state_version {
namespace {

/// Where in the file something is: "migrations.json: migrations[1].document[0]".
struct Place {
  std::string text;

  Place at(std::size_t index) const { return {fmt::format("{}[{}]", text, index)}; }
  Place in(const std::string& member) const { return {text + "." + member}; }
  [[noreturn]] void fail(const std::string& what) const { throw UsageError(text + ": " + what); }
};

/// An operation, and what it needs besides "op" and "path": those of RFC 6902, and `scale`, which
/// multiplies a number, as where a unit changes.
struct Operation {
  const char* name;
  const char* needs;
};
constexpr std::array<Operation, 7> kOperations = {{{"add", "value"},
                                                   {"remove", ""},
                                                   {"replace", "value"},
                                                   {"move", "from"},
                                                   {"copy", "from"},
                                                   {"test", "value"},
                                                   {"scale", "by"}}};

void refuse_unknown_members(const json& of, const std::set<std::string>& known,
                            const Place& place) {
  for (const auto& [name, value] : of.items()) {
    if (known.contains(name)) continue;
    place.fail(fmt::format("unknown member '{}'; there are {}", name, fmt::join(known, ", ")));
  }
}

std::string text_member(const json& of, const char* name, const Place& place) {
  const auto at = of.find(name);
  if (at == of.end() || !at->is_string()) place.fail(fmt::format("expected a text '{}'", name));
  return *at;
}

void check_pointer(const std::string& pointer, bool may_read, const Place& place) {
  try {
    const json::json_pointer parsed(pointer);
    const std::string first = pointer.substr(0, pointer.find('/', 1));
    if (may_read || (first != "/version" && first != "/applied" && !pointer.empty())) return;
  } catch (const json::exception&) {
    place.fail(fmt::format("'{}' is no JSON pointer; one is '' or begins with '/'", pointer));
  }
  place.fail(fmt::format("'{}': the version and what was applied are kept for you", pointer));
}

void check_operation(const json& operation, const Place& place) {
  if (!operation.is_object()) place.fail("expected an operation {\"op\", \"path\", ...}");
  const std::string name = text_member(operation, "op", place);
  const auto known = std::ranges::find(kOperations, name, &Operation::name);
  if (known == kOperations.end()) {
    std::vector<const char*> names;
    for (const Operation& each : kOperations) names.push_back(each.name);
    place.fail(fmt::format("unknown operation '{}'; there are {}", name, fmt::join(names, ", ")));
  }
  const std::string needs = known->needs;
  check_pointer(text_member(operation, "path", place), name == "test", place.in("path"));
  if (needs == "from") {
    check_pointer(text_member(operation, "from", place), name == "copy", place.in("from"));
  }
  if (needs == "value" && !operation.contains("value")) place.fail("expected a 'value'");
  if (needs == "by" && !operation.value("by", json()).is_number()) {
    place.fail("expected a number 'by'");
  }
  refuse_unknown_members(operation, {"op", "path", needs.empty() ? "path" : needs}, place);
}

json scaled(json state, const json& operation) {
  json& number = state.at(json::json_pointer(operation["path"].get<std::string>()));
  if (!number.is_number()) throw std::runtime_error("it is no number");
  const json& by = operation["by"];
  if (number.is_number_integer() && by.is_number_integer()) {
    std::int64_t product = 0;
    const auto factor = number.get<std::int64_t>();
    const bool fits = !number.is_number_unsigned() || factor >= 0;
    if (!fits || __builtin_mul_overflow(factor, by.get<std::int64_t>(), &product)) {
      throw std::runtime_error("the number is too large");
    }
    number = product;
  } else {
    number = number.get<double>() * by.get<double>();
    const double product = number.get<double>();
    if (product == std::floor(product) && std::abs(product) < 1e15) {
      number = static_cast<std::int64_t>(product);
    }
  }
  return state;
}

/// "move '/timeout' to '/limits/timeout'"
std::string in_words(const json& operation) {
  const std::string path = operation["path"];
  const auto from = operation.find("from");
  return from == operation.end()
             ? fmt::format("{} '{}'", operation["op"].get<std::string>(), path)
             : fmt::format("{} '{}' to '{}'", operation["op"].get<std::string>(),
                           from->get<std::string>(), path);
}

/// A patch that has been checked, as a function.
std::function<json(const json&)> patch_of(const json& patch, const std::string& migration) {
  return [patch, migration](const json& state) {
    json now = state;
    for (const json& operation : patch) {
      try {
        now = operation["op"] == "scale" ? scaled(now, operation)
                                         : now.patch(json::array({operation}));
      } catch (const std::exception& error) {
        const std::string what = error.what();
        const auto prefix = what.find("] ");  // nlohmann's: "[json.exception.out_of_range.403] "
        throw DoesNotFit(fmt::format("the {} can't {}: {}", migration, in_words(operation),
                                     prefix == std::string::npos ? what : what.substr(prefix + 2)));
      }
    }
    return now;
  };
}

const json& patch_member(const json& of, const char* name, const Place& place) {
  const json& patch = of.at(name);
  if (!patch.is_array()) place.in(name).fail("expected an array of operations");
  for (std::size_t i = 0; i < patch.size(); ++i) check_operation(patch[i], place.in(name).at(i));
  return patch;
}

/// Of what it does to a state. What it says of itself may be edited, and a way down may be added.
std::string checksum_of(const json& document, const std::vector<std::string>& columns) {
  const std::string text = json{{"document", document}, {"columns", columns}}.dump();
  boost::crc_optimal<64, 0x42F0E1EBA9EA3693, ~0ull, ~0ull, true, true> crc;  // CRC-64/XZ
  crc.process_bytes(text.data(), text.size());
  return fmt::format("{:016x}", crc.checksum());
}

Migration migration_of(const json& of, const Place& place) {
  if (!of.is_object()) place.fail("expected a migration {\"version\", \"document\", ...}");
  refuse_unknown_members(of, {"version", "about", "document", "down", "columns"}, place);
  const std::string text = text_member(of, "version", place);
  std::optional<Version> version;
  try {
    version.emplace(text);
  } catch (const std::invalid_argument& error) {
    place.in("version").fail(error.what());
  }
  Migration made{*version, of.contains("about") ? text_member(of, "about", place) : "", nullptr};
  if (!of.contains("document")) place.fail("expected a 'document', a JSON Patch");
  const json& document = patch_member(of, "document", place);
  made.document = patch_of(document, "migration to " + text);
  if (of.contains("down")) {
    made.down = patch_of(patch_member(of, "down", place), "way down from " + text);
  }
  if (of.contains("columns")) {
    for (const json& column : of["columns"]) {
      if (!column.is_string() || column == "") place.in("columns").fail("expected names");
      made.columns.push_back(column);
    }
  }
  made.checksum = checksum_of(document, made.columns);
  return made;
}

}  // namespace

Chain read_migrations(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file)) {
    throw UsageError(file.string() + ": cannot be read; give a file of migrations");
  }
  const Place place{file.string()};
  json read;
  try {
    read = json::parse(in);
  } catch (const json::parse_error& error) {
    place.fail(error.what());
  }
  if (!read.is_object() || !read.contains("migrations") || !read["migrations"].is_array()) {
    place.fail("expected an object with an array 'migrations'");
  }
  refuse_unknown_members(read, {"migrations"}, place);
  std::vector<Migration> migrations;
  const Place inside{file.string() + ": migrations"};
  for (std::size_t i = 0; i < read["migrations"].size(); ++i) {
    migrations.push_back(migration_of(read["migrations"][i], inside.at(i)));
  }
  try {
    return Chain(std::move(migrations));
  } catch (const std::invalid_argument& error) {
    place.fail(std::string(error.what()) + "; they stand in the order of their versions");
  }
}

}  // namespace cutover::state_version
