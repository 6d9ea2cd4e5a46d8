#include "properties/online/random_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "properties/online/clocks.h"

namespace cutover::online {
namespace {

using crashsim::derived;
using crashsim::Random;
using crashsim::WorldName;
using nlohmann::json;

/// What is drawn from a seed, each from numbers of its own.
enum Use : std::uint64_t { kKey, kRow, kRows, kPlan, kPage, kRequestKey };

constexpr unsigned kPlain = 10;  // smaller worlds have keys and values that read well
constexpr unsigned kLarge = 60;  // these may have hundreds of rows
constexpr unsigned kAskedFor = 4;
constexpr std::size_t kFew = 10, kHundreds = 250;

std::string key_of(const WorldName& name, std::size_t index) {
  const std::string plain =
      index < 26 ? std::string(1, static_cast<char>('a' + index)) : fmt::format("k{}", index);
  Random random(derived(name.seed, {kKey, index}));
  if (name.size < kPlain) return plain;
  // The plain name at the end keeps different keys different.
  switch (random.below(5)) {
    case 0: return std::string(1, '\0') + plain;
    case 1: return "\xc3\xa9\xe2\x82\xac " + plain;
    case 2: return std::string(random.below(100), '~') + plain;
    default: return plain;
  }
}

json value_from(Random& random, const WorldName& name) {
  const std::string plain = fmt::format("old {}", random.below(100));
  const std::uint64_t kind = random.below(8);
  if (name.size < kPlain) return plain;
  switch (kind) {
    case 0: return "";
    case 1: return random.below(1000);
    case 2: return random.one_in(2);
    case 3: return -0.5;
    case 4: return std::string(random.below(300), '~') + plain;
    case 5: return json::array({plain, 1});
    default: return plain;
  }
}

/// Draws a row. Most of many are older than a copy, so that not all are repaired one by one.
class RowDrawer {
 public:
  RowDrawer(const WorldName& name, std::size_t index)
      : name_(name),
        random_(derived(name.seed, {kRow, index})),
        is_late_(random_.one_in(index < kFew ? 2 : 50)) {}

  Row draw() {
    Row row;
    if (!random_.one_in(8)) row.columns["v"].elements[""] = cell();
    if (random_.one_in(2)) row.columns["w"].elements[""] = cell();
    for (const char* collection : {"tags", "likes"}) {
      if (random_.one_in(2)) continue;
      Column& column = row.columns[collection];
      if (random_.one_in(4)) column.deleted = time();
      for (const char* element : {"", "one", "two"}) {
        if (random_.one_in(2)) column.elements[element] = cell();
      }
    }
    if (random_.one_in(6)) row.deleted = time();
    return merged(row, row);
  }

 private:
  Cell cell() {
    if (random_.one_in(6)) return {nullptr, time()};
    Cell cell{value_from(random_, name_), time()};
    cell.expires = random_.one_in(3) ? random_.one_of<std::int64_t>({500, 501, 9'000'000'000}) : 0;
    return cell;
  }
  WriteTime time() {
    const bool is_late = is_late_ && random_.one_in(2);
    return is_late ? random_.one_of({kLately, kLately + 1}) : kLongAgo + random_.between(0, 50);
  }

  const WorldName& name_;
  Random random_;
  bool is_late_;
};

std::size_t count_of(const WorldName& name) {
  Random random(derived(name.seed, {kRows}));
  const bool hundreds = random.one_in(24);
  const std::uint64_t share = random.below(1000);
  const std::size_t most = hundreds && name.size >= kLarge ? kHundreds : name.size / 5;
  return 1 + share * most / 1000;
}

std::vector<Range> plan_of(const WorldName& name, const Rows& rows) {
  Random random(derived(name.seed, {kPlan}));
  const auto most = std::min<std::uint64_t>(rows.size(), random.one_of({1, 2, 2, 5}));
  std::vector<Range> plan = {{"", ""}};
  auto at = rows.begin();
  for (std::uint64_t i = 1; i < most; ++i) {
    std::advance(at, rows.size() / most);
    plan.back().end = at->first;
    plan.push_back({at->first, ""});
  }
  return plan;
}

}  // namespace

RandomTable random_table(const WorldName& name) {
  RandomTable table;
  for (std::size_t i = 0; i < count_of(name); ++i) {
    table.rows[key_of(name, i)] = RowDrawer(name, i).draw();
  }
  table.plan = plan_of(name, table.rows);
  Random random(derived(name.seed, {kPage}));
  const unsigned least = static_cast<unsigned>(table.rows.size() / 8);
  if (name.size >= kPlain) table.rows_of_page = std::max(least, random.one_of({1u, 1u, 2u, 5u}));
  return table;
}

std::string random_key(const WorldName& name, const std::string& kind, int number) {
  const bool is_new = kind == "insert";
  Random random(derived(name.seed, {kRequestKey, static_cast<std::uint64_t>(kind[0]),
                                    static_cast<std::uint64_t>(number)}));
  const std::uint64_t any = std::min(random.below(kAskedFor), random.below(kAskedFor));
  return is_new ? kNewKeys + std::to_string(any) : key_of(name, any);
}

}  // namespace cutover::online
