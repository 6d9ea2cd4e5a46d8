#include "crashsim/trace/trace.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <ios>
#include <limits>
#include <set>

#include "crashsim/explore/tuple.h"
#include "system/printable.h"
#include "system/whole_file.h"

namespace cutover::crashsim {
namespace {

constexpr std::array<NamedBound, 7> kBounds = {{
    {"processes", &Bounds::processes, "alive at a time"},
    {"starts", &Bounds::starts, "of processes, in all"},
    {"crashes", &Bounds::crashes, "of processes or stores"},
    {"zombies", &Bounds::zombies, "requests that land after their sender gave up"},
    {"ambiguous", &Bounds::ambiguous, "lost answers"},
    {"writes", &Bounds::writes, "of clients, half of them deletes"},
    {"reads", &Bounds::reads, "of clients"},
}};

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
        "{}: not JSON, at byte {}; expected a trace as cutover check writes it", file_, byte));
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
        fmt::format("{}: {}; give a trace file, as cutover check writes them", file.string(), why));
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

Schedule schedule_from(const Reader& trace) {
  Schedule schedule;
  schedule.beginning = trace.member("beginning").text();
  schedule.violated = trace.member("violated").text();
  for (const Reader& step : trace.member("steps").elements()) {
    schedule.choices.push_back(
        {step.member("actor").text(), step.member("step").text(), step.member("outcome").text()});
  }
  return schedule;
}

WorldName world_from(const Reader& world) {
  const WorldName name{world.member("seed").number(), world.member("size").number()};
  if (name.size > kLargestSize) {
    world.member("size").fail(fmt::format("{} is more than {}", name.size, kLargestSize));
  }
  return name;
}

}  // namespace

std::span<const NamedBound> named_bounds() { return kBounds; }

Value to_value(const Bounds& bounds) {
  Value value = Value::object();
  for (const NamedBound& bound : kBounds) value[bound.name] = bounds.*bound.member;
  return value;
}

std::optional<std::string> impossible_at_random(const Bounds& bounds) {
  if (bounds.processes == 0) return "processes=0 leaves nobody to do anything; the least is 1";
  if (bounds.processes > 16) return fmt::format("processes={} is more than 16", bounds.processes);
  if (bounds.starts == 0) return "starts=0 leaves nobody to do anything; the least is 1";
  for (const auto& [name, member, about] : kBounds) {
    if (bounds.*member > kMostOfABudget) {
      return fmt::format("{}={} is more than {}", name, bounds.*member, kMostOfABudget);
    }
  }
  if (bounds.zombies > bounds.crashes + bounds.ambiguous) {
    return fmt::format(
        "zombies={} can't all happen: each comes out of a crash or a lost answer, and "
        "crashes={}, ambiguous={}",
        bounds.zombies, bounds.crashes, bounds.ambiguous);
  }
  return std::nullopt;
}

std::optional<std::string> impossible(const Bounds& bounds) {
  if (const auto why = impossible_at_random(bounds)) return why;
  if (bounds.writes > 2 * kMostInputs) {
    return fmt::format("writes={} is more than {}", bounds.writes, 2 * kMostInputs);
  }
  if (bounds.reads > kMostInputs)
    return fmt::format("reads={} is more than {}", bounds.reads, kMostInputs);
  return std::nullopt;
}

void write_trace(const std::filesystem::path& file, const Trace& trace) {
  nlohmann::ordered_json json;
  json["cutover_trace"] = kTraceVersion;
  json["case"] = trace.case_name;
  json["engine"] = trace.engine;
  for (const NamedBound& bound : kBounds) json["bounds"][bound.name] = trace.bounds.*bound.member;
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
                          "again with cutover check",
                          version, kTraceVersion));
  }
  Trace trace;
  trace.case_name = reader.member("case").text();
  trace.engine = reader.member("engine").text();
  const Reader bounds = reader.member("bounds");
  for (const NamedBound& bound : kBounds)
    trace.bounds.*bound.member = bounds.member(bound.name).number();
  if (reader.has("world")) trace.world = world_from(reader.member("world"));
  const auto why = trace.world ? impossible_at_random(trace.bounds) : impossible(trace.bounds);
  if (why) bounds.fail("impossible bounds: " + *why);
  trace.schedule = schedule_from(reader);
  return trace;
}

}  // namespace cutover::crashsim
