#include "crashsim/trace/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <ios>
#include <limits>
#include <set>

#include "system/printable.h"
#include "system/whole_file.h"

namespace cutover::crashsim {
namespace {

/// Reads members of a trace; every error names the file and the place.
class Reader {
 public:
  Reader(std::string file, std::string place, const Value& value)
      : file_(std::move(file)), place_(std::move(place)), value_(value) {}

  Reader member(const std::string& name) const {
    if (!value_.is_object()) fail("expected an object");
    const auto at = value_.find(name);
    if (at == value_.end()) fail(fmt::format("the member '{}' is missing", name));
    return {file_, place_ + "/" + name, *at};
  }
  std::string text() const {
    if (!value_.is_string()) fail("expected a string");
    const auto& text = value_.get_ref<const std::string&>();
    if (!system::is_printable(text)) {
      fail(fmt::format("expected text without control characters, found '{}'",
                       system::printable(text)));
    }
    return text;
  }
  std::uint32_t number() const {
    if (!value_.is_number_unsigned()) fail("expected a number that is not negative");
    if (value_.get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max()) {
      fail("expected a number below 2^32");
    }
    return value_;
  }
  std::vector<std::pair<std::string, Reader>> members() const {
    if (!value_.is_object()) fail("expected an object");
    std::vector<std::pair<std::string, Reader>> all;
    for (const auto& [name, value] : value_.items()) {
      if (!system::is_printable(name)) {
        fail(fmt::format("expected a name without control characters, found '{}'",
                         system::printable(name)));
      }
      all.push_back({name, {file_, place_ + "/" + name, value}});
    }
    return all;
  }
  bool has(const std::string& name) const { return value_.is_object() && value_.contains(name); }
  std::vector<Reader> elements() const {
    if (!value_.is_array()) fail("expected an array");
    std::vector<Reader> all;
    for (std::size_t i = 0; i < value_.size(); ++i) {
      all.push_back({file_, fmt::format("{}/{}", place_, i), value_[i]});
    }
    return all;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw TraceError(fmt::format("{}: at {}: {}", file_, place_.empty() ? "/" : place_, what));
  }

 private:
  std::string file_, place_;
  const Value& value_;
};

/// JSON itself lets a member occur twice, and the parser would keep the last.
class Strictness final : public nlohmann::json_sax<Value> {
 public:
  explicit Strictness(const std::string& file) : file_(file) {}

  bool start_object(std::size_t) override {
    members_.emplace_back();
    return go_deeper();
  }
  bool end_object() override {
    members_.pop_back();
    --depth_;
    return true;
  }
  bool key(std::string& name) override {
    if (members_.back().insert(name).second) return true;
    throw TraceError(fmt::format("{}: the member '{}' occurs twice in one object", file_,
                                 system::printable(name)));
  }
  bool start_array(std::size_t) override { return go_deeper(); }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(Value::number_integer_t) override { return true; }
  bool number_unsigned(Value::number_unsigned_t) override { return true; }
  bool number_float(Value::number_float_t, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(Value::binary_t&) override { return true; }
  bool parse_error(std::size_t byte, const std::string&,
                   const nlohmann::detail::exception&) override {
    throw TraceError(fmt::format(
        "{}: not JSON, at byte {}; expected a trace as check writes it", file_, byte));
  }

 private:
  bool go_deeper() {
    constexpr unsigned kDeepest = 16;
    if (++depth_ <= kDeepest) return true;
    throw TraceError(fmt::format("{}: is nested too deep for a trace", file_));
  }

  const std::string& file_;
  std::vector<std::set<std::string>> members_;
  unsigned depth_ = 0;
};

std::string text_of(const std::filesystem::path& file) {
  constexpr std::size_t kMost = std::size_t{64} << 20;
  const auto fail = [&](const std::string& why) {
    throw TraceError(
        fmt::format("{}: {}; give a trace file, as check writes them", file.string(), why));
  };
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file)) fail("cannot be read");
  std::string text;
  std::array<char, 1 << 16> bytes;
  try {
    while (in.read(bytes.data(), bytes.size()) || in.gcount() > 0) {
      text.append(bytes.data(), static_cast<std::size_t>(in.gcount()));
      if (text.size() > kMost) fail("is larger than any trace");
    }
  } catch (const std::ios_base::failure&) {
    fail("cannot be read");
  }
  if (in.bad()) fail("cannot be read");
  return text;
}

Value parse(const std::filesystem::path& file) {
  const std::string text = text_of(file), name = file.string();
  Strictness strictness(name);
  Value::sax_parse(text, &strictness);
  return Value::parse(text);
}

/// What older traces called the zombie of a process is its request, which is in flight.
std::string renamed(const std::string& actor) {
  constexpr std::string_view kFormer = "zombie of ";
  return actor.starts_with(kFormer) ? in_flight_name(actor.substr(kFormer.size())) : actor;
}

Schedule schedule_from(const Reader& trace) {
  Schedule schedule;
  schedule.beginning = trace.member("beginning").text();
  schedule.violated = trace.member("violated").text();
  for (const Reader& step : trace.member("steps").elements()) {
    schedule.choices.push_back({renamed(step.member("actor").text()), step.member("step").text(),
                                step.member("outcome").text()});
  }
  return schedule;
}

/// Those that are missing have their defaults; those that are not the engine's are the family's.
Bounds bounds_from(const Reader& json) {
  Bounds bounds;
  std::set<std::string> given;
  for (const auto& [name, number] : json.members()) {
    const auto known = std::ranges::find_if(
        engine_bounds(), [&](const BoundSpec& each) { return each.is_called(name); });
    const bool is_own = known == engine_bounds().end();
    if (!given.insert(is_own ? name : known->name).second) {
      number.fail(fmt::format("'{}' is given twice, once by its former name", known->name));
    }
    (is_own ? bounds.own[name] : bounds.*known->member) = number.number();
  }
  if (const auto why = impossible(bounds)) json.fail("impossible bounds: " + *why);
  return bounds;
}

WorldName world_from(const Reader& world) {
  const WorldName name{world.member("seed").number(), world.member("size").number()};
  if (name.size > kLargestSize) {
    world.member("size").fail(fmt::format("{} is more than {}", name.size, kLargestSize));
  }
  return name;
}

}  // namespace

void write_trace(const std::filesystem::path& file, const Trace& trace) {
  nlohmann::ordered_json json;
  json["cutover_trace"] = kTraceVersion;
  json["case"] = trace.case_name;
  json["engine"] = trace.engine;
  for (const BoundSpec& bound : engine_bounds()) {
    json["bounds"][bound.name] = bound.of(trace.bounds);
  }
  for (const auto& [name, number] : trace.bounds.own) json["bounds"][name] = number;
  if (trace.world) {
    json["world"]["seed"] = trace.world->seed;
    json["world"]["size"] = trace.world->size;
  }
  json["beginning"] = trace.schedule.beginning;
  json["violated"] = trace.schedule.violated;
  std::string steps;
  for (const Choice& choice : trace.schedule.choices) {
    nlohmann::ordered_json step;
    step["actor"] = choice.actor;
    step["step"] = choice.step;
    step["outcome"] = choice.outcome;
    steps += fmt::format("{}\n    {}", steps.empty() ? "" : ",", step.dump());
  }
  std::string text = json.dump(2);
  text.resize(text.size() - 2);  // reopen the object: one step a line reads best
  system::write_file(file, text + ",\n  \"steps\": [" + steps + "\n  ]\n}\n");
}

Trace read_trace(const std::filesystem::path& file) {
  const Value json = parse(file);
  const Reader reader(file.string(), "", json);
  const unsigned version = reader.member("cutover_trace").number();
  if (version != kTraceVersion) {
    reader.member("cutover_trace")
        .fail(fmt::format("version {}, and this build reads version {}; find the counterexample "
                          "again with check",
                          version, kTraceVersion));
  }
  Trace trace;
  trace.case_name = reader.member("case").text();
  trace.engine = reader.member("engine").text();
  trace.bounds = bounds_from(reader.member("bounds"));
  if (reader.has("world")) trace.world = world_from(reader.member("world"));
  trace.schedule = schedule_from(reader);
  return trace;
}

}  // namespace cutover::crashsim
