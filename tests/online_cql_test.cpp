// What online migrations over Cassandra need without a server: addresses, keys, elements, types.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "cql/token.h"
#include "impl/online_cql/cql_address.h"
#include "impl/online_cql/cql_cluster.h"
#include "impl/online_cql/cql_shape.h"
#include "system/usage_error.h"

namespace cutover::online {
namespace {

using nlohmann::json;

constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

std::string refusal(const std::string& argument) {
  try {
    cql_address(argument);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

TEST(CqlAddress, NamesHostsAndAKeyspace) {
  const CqlAddress one = cql_address("cql://db1/shop");
  ASSERT_EQ(one.hosts.size(), 1U);
  EXPECT_EQ(one.hosts[0].name, "db1");
  EXPECT_EQ(one.hosts[0].port, 9042);
  EXPECT_EQ(one.keyspace, "shop");
  const std::string text = "cql://10.0.0.1:19042,db2,[::1]:9043,[fe80::2]/Shop";
  const CqlAddress several = cql_address(text);
  ASSERT_EQ(several.hosts.size(), 4U);
  EXPECT_EQ(several.hosts[0].port, 19042);
  EXPECT_EQ(several.hosts[1].name, "db2");
  EXPECT_EQ(several.hosts[2].name, "::1");
  EXPECT_EQ(several.hosts[2].port, 9043);
  EXPECT_EQ(several.hosts[3].name, "fe80::2");
  EXPECT_EQ(several.text(), text);
  EXPECT_EQ(cql_address("cql://db1:9042/shop").text(), "cql://db1/shop");
  EXPECT_TRUE(is_cql("cql://"));
  EXPECT_FALSE(is_cql("sqlite:cql://"));
}

TEST(CqlAddress, RefusesWhatIsNone) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"sqlite:a", "does not begin with cql://"},
      {"cql://", "no keyspace"},
      {"cql://db1", "no keyspace"},
      {"cql://db1/", "no keyspace"},
      {"cql:///shop", "no host"},
      {"cql://,db1/shop", "a host is empty"},
      {"cql://db1,/shop", "a host is empty"},
      {"cql://db1:/shop", "'' is no port"},
      {"cql://db1:0/shop", "'0' is no port"},
      {"cql://db1:70000/shop", "'70000' is no port"},
      {"cql://db1:9x/shop", "'9x' is no port"},
      {"cql://:9042/shop", "a host is empty"},
      {"cql://[::1/shop", "a bracket is not closed"},
      {"cql://[::1]9042/shop", "after a bracket"},
      {"cql://db1/shop/users", "has no '/'"},
      {"cql://ann:secret@db1/shop", "CUTOVER_CQL_USER"}};
  for (const auto& [argument, why] : bad) {
    EXPECT_NE(refusal(argument).find(why), std::string::npos) << refusal(argument);
  }
}

RC_GTEST_PROP(CqlKey, BordersAreOrderedAsTokensAre, (std::int64_t one, std::int64_t other)) {
  RC_ASSERT((border_of(one) < border_of(other)) == (one < other));
  RC_ASSERT(token_of(border_of(one)) == one);
  RC_ASSERT(token_of(border_of(one) + "[\"ann\"]") == one);
  // A border is not after any key of its token, and is before all of the next one.
  RC_ASSERT(border_of(one) <= border_of(one) + "[]");
  RC_ASSERT(one == kMost || border_of(one) + "[\"\xff\"]" < border_of(one + 1));
}

/// With one node none of it makes a difference, so it is not seen elsewhere.
TEST(CqlConsistency, OfDataIsOfOneDataCentreAndOfConditionsOfAll) {
  using cql::Consistency;
  EXPECT_EQ(of_data().consistency, Consistency::local_quorum);
  EXPECT_EQ(conditional().consistency, Consistency::quorum);
  EXPECT_EQ(conditional().serial_consistency, Consistency::serial);
  EXPECT_EQ(serial().consistency, Consistency::serial);
  EXPECT_EQ(committed().consistency, Consistency::quorum);
  // What is retried by itself does no harm when it is done twice.
  EXPECT_TRUE(of_data().idempotent && serial().idempotent && committed().idempotent);
  EXPECT_FALSE(conditional().idempotent);
}

TEST(CqlKey, ARangeIsASpanOfTokens) {
  EXPECT_EQ(border_of(kLeast), "0000000000000000");
  EXPECT_EQ(border_of(0), "8000000000000000");
  EXPECT_EQ(border_of(kMost), "ffffffffffffffff");
  const TokenSpan all = span_of("", "");
  EXPECT_EQ(all.first, kLeast);
  EXPECT_EQ(all.last, kMost);
  const TokenSpan some = span_of(border_of(-5), border_of(7));
  EXPECT_EQ(some.first, -5);
  EXPECT_EQ(some.last, 6);
  const TokenSpan none = span_of("", border_of(kLeast));
  EXPECT_LT(none.last, none.first);
  EXPECT_THROW(token_of("80"), std::invalid_argument);
  EXPECT_THROW(token_of("no hexadecimals!"), std::invalid_argument);
}

RC_GTEST_PROP(CqlKey, APlanHasEveryTokenOnce, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 300);
  const std::vector<Range> plan = plan_of_ring(count);
  RC_ASSERT(plan.size() == count);
  RC_ASSERT(plan.front().first.empty() && plan.back().end.empty());
  std::int64_t next = kLeast;
  for (const Range& range : plan) {
    const TokenSpan span = span_of(range.first, range.end);
    RC_ASSERT(span.first == next && span.last >= span.first);
    if (span.last != kMost) next = span.last + 1;
  }
  RC_ASSERT(span_of(plan.back().first, plan.back().end).last == kMost);
}

CqlShape shape_of(const std::vector<cql::TableColumn>& columns) {
  return {{"shop", "t", columns}, "cql://db1/shop"};
}

constexpr auto kPartition = cql::TableColumn::Kind::partition_key;
constexpr auto kClustering = cql::TableColumn::Kind::clustering;
constexpr auto kRegular = cql::TableColumn::Kind::regular;

TEST(CqlKey, HasItsPartitionsTokenAndItsValues) {
  const CqlShape shape = shape_of({{"id", kPartition, 0, false, "text"},
                                   {"part", kPartition, 1, false, "int"},
                                   {"day", kClustering, 0, true, "bigint"},
                                   {"v", kRegular, -1, false, "text"}});
  const std::vector<cql::Type> types = {{cql::Kind::text}, {cql::Kind::int_}, {cql::Kind::bigint}};
  const std::vector<cql::Cell> values = {"ann", cql::encode_int(3), cql::encode_bigint(-9)};
  const std::string key = key_of(shape, types, values);
  const std::int64_t token = cql::murmur3_token(cql::partition_key({"ann", cql::encode_int(3)}));
  EXPECT_EQ(key, border_of(token) + "[\"ann\",3,-9]");
  EXPECT_EQ(values_in(key), json::array({"ann", 3, -9}));
  const auto bound = values_of(types, values_in(key));
  ASSERT_EQ(bound.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(bound[i], cql::Value(values[i]));
  EXPECT_THROW(values_of(types, json::array({"ann", 3})), std::invalid_argument);
  EXPECT_THROW(values_of(types, json::array({"ann", "3", 1})), std::invalid_argument);
  EXPECT_THROW(values_in("8000000000000000{"), std::invalid_argument);
  // As people write it.
  EXPECT_EQ(shown_key(types, json::array({"ann", 3, -9})), "[\"ann\",3,-9]");
  EXPECT_EQ(values_of_shown(types, "[\"ann\", 3, -9]"), json::array({"ann", 3, -9}));
  EXPECT_THROW(values_of_shown(types, "ann"), UsageError);
  const std::vector<cql::Type> text = {{cql::Kind::text}};
  EXPECT_EQ(shown_key(text, json::array({"ann"})), "ann");
  EXPECT_EQ(values_of_shown(text, "[1]"), json::array({"[1]"}));
}

RC_GTEST_PROP(CqlValue, DigitsAreOrderedAsBytesAre, (std::string one, std::string other)) {
  RC_ASSERT((digits_of(one) < digits_of(other)) == (one < other));
  RC_ASSERT(bytes_of(digits_of(one)) == one);
}

RC_GTEST_PROP(CqlValue, ACollectionIsItsElements,
              (std::vector<std::pair<std::string, std::string>> given)) {
  std::vector<Element> elements;
  for (const auto& [name, value] : given) elements.push_back({name, value});
  const std::string map = collection_of(elements, true), set = collection_of(elements, false);
  const auto of_map = elements_of(map, true), of_set = elements_of(set, false);
  RC_ASSERT(of_map.size() == given.size() && of_set.size() == given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    RC_ASSERT(of_map[i].name == given[i].first && of_map[i].value == given[i].second);
    RC_ASSERT(of_set[i].name == given[i].first && of_set[i].value.empty());
  }
}

TEST(CqlValue, ACollectionThatIsCutOffIsNone) {
  const std::string map = collection_of({{"a", "b"}}, true);
  for (std::size_t size = 0; size < map.size(); ++size) {
    EXPECT_THROW(elements_of(map.substr(0, size), true), std::runtime_error) << size;
  }
}

TEST(CqlShape, KnowsWhatCanBeMoved) {
  EXPECT_EQ(holds("text"), Holds::value);
  EXPECT_EQ(holds("frozen<list<int>>"), Holds::value);
  EXPECT_EQ(holds("frozen<size>"), Holds::value);
  EXPECT_EQ(holds("vector<float, 3>"), Holds::value);
  EXPECT_EQ(holds("map<text, int>"), Holds::map);
  EXPECT_EQ(holds("set<text>"), Holds::set);
  EXPECT_THROW(holds("list<int>"), UsageError);
  EXPECT_THROW(holds("size"), UsageError);
  const auto refused = [](const cql::TableColumn& column) -> std::string {
    try {
      shape_of({{"id", kPartition, 0, false, "text"}, column});
    } catch (const UsageError& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(refused({"l", kRegular, -1, false, "list<int>"}).substr(0, 66),
            "cql://db1/shop: the table 't' can't be moved: 'l' is a list that i");
  EXPECT_NE(refused({"s", cql::TableColumn::Kind::static_, -1, false, "int"}).find("a static col"),
            std::string::npos);
}

TEST(CqlShape, SaysWhatStatementsAndPeopleCallIt) {
  const CqlShape shape = shape_of({{"Id", kPartition, 0, false, "text"},
                                   {"p\"q", kPartition, 1, false, "int"},
                                   {"day", kClustering, 0, true, "date"},
                                   {"tags", kRegular, -1, false, "set<text>"}});
  EXPECT_EQ(shape.table, "\"shop\".\"t\"");
  EXPECT_EQ(shape.key_names(), "\"Id\", \"p\"\"q\", \"day\"");
  EXPECT_EQ(shape.token(), "token(\"Id\", \"p\"\"q\")");
  EXPECT_EQ(shape.where_key(), "\"Id\" = ? AND \"p\"\"q\" = ? AND \"day\" = ?");
  EXPECT_EQ(shape.index("tags"), 0U);
  EXPECT_THROW(shape.index("Tags"), UsageError);
  const Schema schema = shape.schema();
  EXPECT_EQ(schema.key, "Id text, p\"q int, day date clustering");
  EXPECT_EQ(schema.columns, (std::map<std::string, std::string>{{"tags", "set<text>"}}));
}

}  // namespace
}  // namespace cutover::online
