#include "properties/catalog/random_world.h"

#include <fmt/format.h>

#include <algorithm>

#include "crashsim/live/live_world.h"
#include "impl/catalog/contents.h"

namespace cutover::catalog {
namespace {

using crashsim::Beginning;
using crashsim::Bounds;
using crashsim::derived;
using crashsim::Random;
using crashsim::Value;
using crashsim::World;
using crashsim::WorldName;
using Stores = std::span<const Value* const>;

/// What is drawn from a seed, each from numbers of its own.
enum Use : std::uint64_t { kKey, kFillers, kHeld, kOther, kPut, kWrite, kRead, kPast, kGarbage };

constexpr unsigned kPlain = 10;  // smaller worlds have keys and values that read well
constexpr unsigned kLarge = 60;  // these may have hundreds of keys, and huge values
constexpr unsigned kClientKeys = 4;
constexpr std::size_t kHuge = 100'000;

std::string some_bytes(Random& random, std::size_t most) {
  std::string bytes(random.below(most + 1), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.below(256));
  return bytes;
}

std::string key_of(const WorldName& name, std::size_t index) {
  const std::string plain =
      index < 26 ? std::string(1, static_cast<char>('a' + index)) : fmt::format("k{}", index);
  Random random(derived(name.seed, {kKey, index}));
  if (name.size < kPlain) return plain;
  // The plain name at the end keeps different keys different.
  switch (random.below(6)) {
    case 0: return index == 0 ? "" : plain;
    case 1: return std::string(1, '\0') + plain;
    case 2: return "\xff\xc3(" + plain;
    case 3: return some_bytes(random, 2) + "/" + plain;
    case 4: return name.size < kLarge ? plain : some_bytes(random, 300) + "/" + plain;
    default: return plain;
  }
}

std::string value_from(const WorldName& name, Random random, bool may_be_huge) {
  const std::string plain = fmt::format("v{}", random.below(1000));
  const std::uint64_t kind = random.below(6);
  if (kind == 0) return "";
  if (name.size < kPlain) return plain;
  switch (kind) {
    case 1: return "\xc3\x28 no UTF-8, and a NUL" + std::string(1, '\0') + plain;
    case 2: return some_bytes(random, 16);
    case 3: return some_bytes(random, 10 * name.size);
    case 4:
      if (may_be_huge && name.size >= kLarge) return std::string(kHuge, '\xab') + plain;
      return plain;
    default: return plain;
  }
}

/// How many keys there are besides those of the clients.
std::size_t fillers(const WorldName& name) {
  Random random(derived(name.seed, {kFillers}));
  const bool hundreds = random.one_in(3);
  const std::uint64_t share = random.below(1000);
  const std::size_t most = name.size < kPlain                ? 0
                           : hundreds && name.size >= kLarge ? 400
                                                             : name.size / 4;
  return share * (most + 1) / 1000;
}

/// What a key is at the beginning.
struct Item {
  std::string key, held, other;
  bool is_held = false;     ///< by the source of truth
  bool is_garbage = false;  ///< the other store has it, as `other`
};

Item item_of(const WorldName& name, std::size_t index) {
  Random random(derived(name.seed, {kHeld, index}));
  Item item;
  item.key = key_of(name, index);
  item.is_held = !random.one_in(3);
  item.is_garbage = !random.one_in(3);
  item.held = value_from(name, Random(random.next()), index == 1);
  item.other = random.one_in(4)
                   ? item.held
                   : value_from(name, Random(derived(name.seed, {kOther, index})), false);
  return item;
}

/// Those at the beginning, and after them the clients' keys that are nowhere yet.
std::vector<Item> items_of(const WorldName& name) {
  std::vector<Item> items;
  const std::size_t known = std::min<std::size_t>(1 + name.size, kClientKeys) + fillers(name);
  for (std::size_t i = 0; i < std::max<std::size_t>(known, kClientKeys); ++i) {
    items.push_back(item_of(name, i));
    if (i >= known) items.back().is_held = items.back().is_garbage = false;
  }
  return items;
}

/// Two empty stores, and then some fault-free moves of the truth.
std::vector<Value> moved_before(const Parts& parts, const WorldName& name) {
  Random random(derived(name.seed, {kPast}));
  const unsigned drawn = random.one_of({0u, 0u, 1u, 1u, 2u, 3u});
  const unsigned moves = name.size == 0 ? 0 : drawn;
  StoreState stash, persist;
  stash.epoch = Epoch{random.one_of<std::uint64_t>({0, 1, 5})};
  persist.epoch = Epoch{random.one_of<std::uint64_t>({0, 2, 7})};
  if (random.one_in(16) && name.size >= kLarge) persist.epoch = Epoch{std::uint64_t{1} << 62};
  World world = make_world(parts, {.processes = 1, .starts = 3});
  world.beginnings = {{"past",
                       {crashsim::catalog::to_value(stash), crashsim::catalog::to_value(persist)},
                       initial_memory({}, stash.epoch, persist.epoch, Epoch{})}};
  crashsim::LiveWorld live(world, "past");
  for (unsigned i = 0; i < moves; ++i) {
    const std::string who = fmt::format("{}-{}", world.programs[i % 2].name, i / 2 + 1);
    live.take({who, crashsim::kStart, "ok"});
    while (const auto* step = live.pending(who)) live.take({who, step->label, "ok"});
    live.take({who, crashsim::kStop, "ok"});
  }
  return live.store_states();
}

std::optional<bool> tombstone_of(const Value& store) {
  const auto& config = store["config"];
  const auto at = config.find(kTombstone);
  if (at == config.end()) return std::nullopt;
  return *at != 0;
}

Contents truth_contents(const std::vector<Item>& items, Random& random) {
  Contents contents;
  if (random.one_in(6)) return contents;  // never initialised
  contents.format = random.one_of({kOldFormat, kCurrentFormat});
  for (const Item& item : items) {
    if (item.is_held)
      contents.entries[item.key] = encode_value(contents.format, item.key, item.held);
  }
  return contents;
}

/// A protocol that opens the store lazily does not care what is in it. One that brings it up can't
/// go on if the contents are none that it knows: of a newer format, or without one.
Contents garbage_contents(const std::vector<Item>& items, bool opens_lazily, Random& random) {
  constexpr std::uint32_t kNewer = 9;
  constexpr std::uint32_t kNone = Contents::kNeverInitialised;
  Contents contents;
  contents.format = random.one_of({kNone, kOldFormat, kCurrentFormat, kCurrentFormat, kNewer});
  if (!opens_lazily && contents.format == kNewer) contents.format = kOldFormat;
  const bool was_a_copy = !random.one_in(3);
  for (const Item& item : items) {
    if (!item.is_garbage || (!opens_lazily && contents.format == kNone)) continue;
    contents.entries[item.key] =
        was_a_copy ? encode_value(contents.format, item.key, item.other) : item.other;
  }
  return contents;
}

Value to_value(const Contents& contents) {
  StoreState state;
  state.contents = contents;
  return crashsim::catalog::to_value(state)["contents"];
}

Beginning beginning(const Parts& parts, const WorldName& name) {
  std::vector<Value> stores = moved_before(parts, name);
  const std::size_t truth = static_cast<std::size_t>(
      parts.truth(tombstone_of(stores[0]), tombstone_of(stores[1])).value_or(Which::stash));
  Random random(derived(name.seed, {kGarbage}));
  const std::vector<Item> items = items_of(name);
  const Contents held = truth_contents(items, random);
  stores[truth]["contents"] = to_value(held);
  if (!random.one_in(4)) {
    const bool lazy = parts.protocol.opens_lazily;
    stores[1 - truth]["contents"] = to_value(garbage_contents(items, lazy, random));
  }

  const Entries seen = decode(held);
  std::map<std::string, std::optional<std::string>> acknowledged;
  for (const Item& item : items) {
    const auto at = seen.find(item.key);
    acknowledged[item.key] = at == seen.end() ? std::nullopt : std::optional(at->second);
  }
  const Epoch stash{stores[0]["epoch"]}, persist{stores[1]["epoch"]};
  const Epoch served = truth == 0 ? stash : persist;
  return {"random", std::move(stores), initial_memory(acknowledged, stash, persist, served)};
}

/// What the clients ask for, in all: how often, by kind and key.
struct Script {
  explicit Script(const WorldName& name, const Bounds& bounds) {
    for (std::uint64_t i = 0; i < kWrites.of(bounds); ++i) {
      Random random(derived(name.seed, {kWrite, i}));
      ++times[random.one_in(3) ? 1 : 0][any_key(random)];
    }
    for (std::uint64_t i = 0; i < kReads.of(bounds); ++i) {
      Random random(derived(name.seed, {kRead, i}));
      ++times[2][any_key(random)];
    }
  }
  static std::size_t any_key(Random& random) { return random.one_of({0u, 0u, 0u, 1u, 1u, 2u, 3u}); }

  std::array<std::array<unsigned, kClientKeys>, 3> times{};
};

std::vector<crashsim::Input> inputs(const WorldName& name, const Bounds& bounds) {
  using Kind = ClientRequest::Kind;
  constexpr std::array<std::pair<Kind, const char*>, 3> kKinds = {
      {{Kind::put, "put"}, {Kind::erase, "delete"}, {Kind::get, "get"}}};
  const Script script(name, bounds);
  std::vector<crashsim::Input> all;
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
    for (std::size_t index = 0; index < kClientKeys; ++index) {
      const std::string key = key_of(name, index);
      const auto request = [name, key, index, is = kKinds[kind].first](unsigned issued) {
        ClientRequest made{is, key, ""};
        if (is == Kind::put) {
          made.value =
              value_from(name, Random(derived(name.seed, {kPut, index, issued})), issued == 3);
        }
        return crashsim::catalog::to_value(made, issued);
      };
      all.push_back({fmt::format("{} {}", kKinds[kind].second, printable(key)),
                     script.times[kind][index], request});
    }
  }
  return all;
}

std::string shortened(const std::string& bytes) {
  constexpr std::size_t kShown = 8;
  if (bytes.size() <= kShown) return bytes.empty() ? "" : printable(bytes);
  return fmt::format("{}...({})", printable(bytes.substr(0, kShown)), bytes.size());
}

/// Like describe(), for catalogs of any size and any bytes.
std::vector<std::pair<std::string, std::string>> describe_briefly(Truth truth, Stores stores) {
  constexpr std::size_t kShown = 4;
  std::vector<Value> brief;
  std::vector<std::string> more;
  for (const Value* store : stores) {
    StoreState state = crashsim::catalog::state_from(*store);
    const Entries seen = decode(state.contents);
    state.contents = Contents{};
    state.contents.format = kOldFormat;
    for (const auto& [key, value] : seen) {
      if (state.contents.entries.size() == kShown) break;
      state.contents.entries[shortened(key)] = shortened(value);
    }
    more.push_back(seen.size() > kShown ? fmt::format(" +{}", seen.size() - kShown) : "");
    brief.push_back(crashsim::catalog::to_value(state));
  }
  const std::array<const Value*, 2> shown = {&brief[0], &brief[1]};
  auto columns = describe(truth, shown);
  for (std::size_t i = 0; i < more.size(); ++i) columns[i].second += more[i];
  return columns;
}

World make_random_world(const Parts& parts, const Bounds& bounds, const WorldName& name) {
  World world = make_world(parts, bounds);
  world.beginnings = {beginning(parts, name)};
  world.inputs = inputs(name, bounds);
  world.describe = [truth = parts.truth](Stores stores) { return describe_briefly(truth, stores); };
  return world;
}

/// "put stash k" is a "put stash"; so with get and delete.
std::string kind_of_step(const std::string& step) {
  if (!step.starts_with("put ") && !step.starts_with("delete ") && !step.starts_with("get ")) {
    return step;
  }
  return step.substr(0, step.find(' ', step.find(' ') + 1));
}

}  // namespace

crashsim::RandomWorlds random_worlds(const Parts& parts) {
  return {[parts](const Bounds& bounds, const WorldName& name) {
            return make_random_world(parts, bounds, name);
          },
          kind_of_step,
          {kWrites, kReads}};
}

}  // namespace cutover::catalog
