// The CQL client with Cassandra 5.0.9 itself, one node on loopback.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "cql/session.h"
#include "cql/token.h"
#include "system/usage_error.h"
#include "tests/cassandra_node.h"

namespace cutover::cql {
namespace {

using nlohmann::json;

Options one(std::optional<std::int64_t> timestamp_us = {}) {
  Options options;
  options.consistency = Consistency::one;
  options.timeout = kToAnswer;
  options.timestamp_us = timestamp_us;
  return options;
}

std::string text(std::string_view bytes) { return std::string(bytes); }

/// Few tests, as each is run with a node of its own.
class Cassandra : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = class_path();
    CUTOVER_NEEDS_CASSANDRA(path, "That the client works with it");
    node_ = std::make_unique<CassandraNode>(path, CassandraNode::Asks::password);
    node_->wait_until_serving();
    session_ = std::make_unique<Session>(node_->options());
    run("CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', "
        "'replication_factor': 1}");
  }

  Result run(const Statement& statement, std::vector<Value> values = {},
             const Options& options = one()) {
    return session_->run(statement, std::move(values), options);
  }
  /// The rows of all pages, as JSON.
  json rows(const Statement& statement, const std::vector<Value>& values = {},
            Options options = one()) {
    json all = json::array();
    session_->each_page(statement, values, options, [&](const Rows& page) {
      for (const auto& row : page.rows) {
        all.emplace_back(json::array());
        for (std::size_t i = 0; i < row.size(); ++i)
          all.back().push_back(json_of(page.columns[i].type, row[i]));
      }
    });
    return all;
  }
  json row(const Statement& statement, const std::vector<Value>& values = {}) {
    const json all = rows(statement, values);
    EXPECT_EQ(all.size(), 1u) << all;
    return all.empty() ? json() : all[0];
  }
  template <class Failure>
  std::string refusal(const std::string& statement) {
    try {
      run(statement);
    } catch (const Failure& failure) {
      EXPECT_FALSE(failure.may_have_taken_effect);
      return failure.what();
    }
    return "none";
  }

  std::unique_ptr<CassandraNode> node_;
  std::unique_ptr<Session> session_;
};

TEST_F(Cassandra, KeepsWhatIsWrittenWithItsTimes) {
  run("CREATE TYPE shop.size (width int, unit text)");
  run("CREATE TABLE shop.all (id int PRIMARY KEY, a ascii, b bigint, c blob, d boolean, e double, "
      "f float, g smallint, h tinyint, i timestamp, j uuid, k timeuuid, l varint, m inet, n date, "
      "o time, p decimal, q list<int>, r set<text>, s map<text, int>, t tuple<int, text>, "
      "u frozen<size>, v list<frozen<map<int, text>>>)");
  const Statement write = session_->prepare(
      "INSERT INTO shop.all (id, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const json values = {
      1,
      "ascii",
      9223372036854775807,
      "0x00ff",
      true,
      0.1,
      -0.5,
      -32768,
      -128,
      -1,
      "00112233-4455-4677-8899-aabbccddeeff",
      "13814000-1dd2-11b2-8080-808080808080",
      "0xff7f",
      "0x7f000001",
      -719162,
      86399999999999,
      "0x0000000201",
      {3, 1, 2},
      {"a", "b"},
      json::array({json::array({"x", 1}), json::array({"y", 2})}),
      {7, nullptr},
      {{"width", 3}, {"unit", "\u00b5m"}},
      json::array({json::array({json::array({1, "one"})}), json::array()}),
  };
  std::vector<Value> bound;
  ASSERT_EQ(write.prepared->markers.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    bound.push_back(cell_of(write.prepared->markers[i].type, values[i]));
  run(write, bound);
  EXPECT_EQ(row("SELECT id, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v "
                "FROM shop.all"),
            values);
  // As the server itself shows what was written: the encodings are the ones it means.
  EXPECT_EQ(
      row("SELECT toJson(l), toJson(m), toJson(n), toJson(o), toJson(p), toJson(i), toJson(f) "
          "FROM shop.all"),
      json::array({"-129", "\"127.0.0.1\"", "\"0001-01-01\"", "\"23:59:59.999999999\"", "0.01",
                   "\"1969-12-31 23:59:59.999Z\"", "-0.5"}));

  // Write times, and times to live.
  run("CREATE TABLE shop.items (id int PRIMARY KEY, name text, n int, tags map<text, text>)");
  const Statement insert = session_->prepare(
      "INSERT INTO shop.items (id, name, n) VALUES (?, ?, ?) USING TIMESTAMP ? AND TTL ?");
  run(insert, {encode_int(1), text("one"), Value::null(), encode_bigint(1'000), encode_int(5'000)});
  run("UPDATE shop.items SET n = 5 WHERE id = 1", {}, one(2'000));
  const json times =
      row("SELECT name, WRITETIME(name), TTL(name), n, WRITETIME(n), TTL(n) FROM shop.items");
  EXPECT_EQ(times[0], "one");
  EXPECT_EQ(times[1], 1'000);
  EXPECT_GT(times[2], 4'000);
  EXPECT_LE(times[2], 5'000);
  EXPECT_EQ(times[3], 5);
  EXPECT_EQ(times[4], 2'000);
  EXPECT_EQ(times[5], nullptr);

  // What is unset is left alone, and null deletes.
  run(insert, {encode_int(1), Value::unset(), Value::null(), encode_bigint(3'000), encode_int(0)});
  EXPECT_EQ(row("SELECT name, WRITETIME(name), n FROM shop.items"),
            json::array({"one", 1'000, nullptr}));

  // Each element of a collection has its own.
  const Statement tag = session_->prepare(
      "UPDATE shop.items USING TIMESTAMP ? AND TTL ? SET tags[?] = ? WHERE id = ?");
  run(tag, {encode_bigint(10), encode_int(0), text("a"), text("x"), encode_int(1)});
  run(tag, {encode_bigint(20), encode_int(9'000), text("b"), text("y"), encode_int(1)});
  const json tags = row("SELECT WRITETIME(tags), TTL(tags), WRITETIME(tags['b']) FROM shop.items");
  EXPECT_EQ(tags[0], json::array({10, 20}));
  EXPECT_EQ(tags[1][0], nullptr);
  EXPECT_GT(tags[1][1], 8'000);
  EXPECT_EQ(tags[2], 20);

  // At the same time a deletion wins, whichever comes first; of two writes the greater value.
  run("DELETE FROM shop.items USING TIMESTAMP 100 WHERE id = 2");
  run("INSERT INTO shop.items (id, name) VALUES (2, 'late')", {}, one(100));
  EXPECT_EQ(rows("SELECT name FROM shop.items WHERE id = 2"), json::array());
  run("INSERT INTO shop.items (id, name) VALUES (3, 'early')", {}, one(100));
  run("DELETE FROM shop.items WHERE id = 3", {}, one(100));
  EXPECT_EQ(rows("SELECT name FROM shop.items WHERE id = 3"), json::array());
  run("INSERT INTO shop.items (id, name) VALUES (4, 'z')", {}, one(100));
  run("INSERT INTO shop.items (id, name) VALUES (4, 'a')", {}, one(100));
  EXPECT_EQ(rows("SELECT name FROM shop.items WHERE id = 4"), json::array({{"z"}}));
  run("INSERT INTO shop.items (id, name) VALUES (4, 'b')", {}, one(99));
  EXPECT_EQ(rows("SELECT name FROM shop.items WHERE id = 4"), json::array({{"z"}}));

  // A batch has one write time for all; what it says itself goes before.
  run("TRUNCATE shop.items");
  session_->run_batch(
      BatchType::unlogged,
      {{"INSERT INTO shop.items (id, name) VALUES (1, 'one')", {}},
       {insert, {encode_int(2), text("two"), Value::unset(), encode_bigint(7), encode_int(0)}}},
      one(50));
  EXPECT_EQ(row("SELECT WRITETIME(name) FROM shop.items WHERE id = 1"), json::array({50}));
  EXPECT_EQ(row("SELECT WRITETIME(name) FROM shop.items WHERE id = 2"), json::array({7}));
}

TEST_F(Cassandra, GivesAllRowsByPagesAndByTokens) {
  run("CREATE TABLE shop.rows (id bigint, part text, n int, PRIMARY KEY ((id, part), n))");
  const Statement write = session_->prepare("INSERT INTO shop.rows (id, part, n) VALUES (?, ?, ?)");
  constexpr std::int64_t kRows = 5'000;
  std::vector<Pending> all;
  for (std::int64_t i = 0; i < kRows; ++i)
    all.push_back(session_->send(
        write, {encode_bigint(i / 5), text("p"), encode_int(static_cast<std::int32_t>(i % 5))},
        one()));
  for (Pending& pending : all) pending.get();

  // By pages: each row once, and no page larger than asked for.
  std::set<std::pair<std::int64_t, std::int64_t>> found;
  std::size_t pages = 0, count = 0;
  Options by_hundred = one();
  by_hundred.page_size = 100;
  session_->each_page("SELECT id, n FROM shop.rows", {}, by_hundred, [&](const Rows& page) {
    ++pages;
    EXPECT_LE(page.rows.size(), 100u);
    count += page.rows.size();
    for (std::size_t i = 0; i < page.rows.size(); ++i)
      found.emplace(page.integer(i, "id"), page.integer(i, "n"));
  });
  EXPECT_EQ(count, 5'000u);
  EXPECT_EQ(found.size(), 5'000u);
  EXPECT_GE(pages, 50u);

  // By ranges of tokens, of a prepared statement that is paged too.
  const Statement read = session_->prepare(
      "SELECT id, part, n, token(id, part) AS t FROM shop.rows "
      "WHERE token(id, part) > ? AND token(id, part) <= ?");
  found.clear();
  count = 0;
  std::size_t filled = 0;
  for (const TokenRange& range : token_ranges(16)) {
    const std::size_t before = count;
    session_->each_page(
        read, {encode_bigint(range.after), encode_bigint(range.to)}, by_hundred,
        [&](const Rows& page) {
          count += page.rows.size();
          for (std::size_t i = 0; i < page.rows.size(); ++i) {
            found.emplace(page.integer(i, "id"), page.integer(i, "n"));
            const std::int64_t token = page.integer(i, "t");
            EXPECT_TRUE(range.after < token && token <= range.to);
            EXPECT_EQ(token,
                      murmur3_token(partition_key({page.text(i, "id"), page.text(i, "part")})));
          }
        });
    filled += count > before;
  }
  EXPECT_EQ(count, 5'000u);
  EXPECT_EQ(found.size(), 5'000u);
  EXPECT_EQ(filled, 16u);

  // Tokens of keys of any bytes and lengths, those over 127 too.
  run("CREATE TABLE shop.keys (k blob PRIMARY KEY)");
  const Statement insert = session_->prepare("INSERT INTO shop.keys (k) VALUES (?)");
  std::mt19937 random(20);
  all.clear();
  for (std::size_t i = 0; i < 200; ++i) {
    std::string key(1 + i % 50, '\0');
    for (char& byte : key) byte = static_cast<char>(random());
    all.push_back(session_->send(insert, {key}, one()));
  }
  for (Pending& pending : all) pending.get();
  std::size_t compared = 0;
  session_->each_page("SELECT k, token(k) AS t FROM shop.keys", {}, one(), [&](const Rows& page) {
    for (std::size_t i = 0; i < page.rows.size(); ++i, ++compared)
      EXPECT_EQ(murmur3_token(page.text(i, "k")), page.integer(i, "t"))
          << hexadecimal(page.text(i, "k"));
  });
  EXPECT_GT(compared, 190u);
}

TEST_F(Cassandra, DoesWhatIsConditionalCountedAndPrepared) {
  run("CREATE TABLE shop.items (id int PRIMARY KEY, name text, n int)");
  Options serial = one();
  serial.serial_consistency = Consistency::serial;
  const Statement create =
      session_->prepare("INSERT INTO shop.items (id, name, n) VALUES (?, ?, 1) IF NOT EXISTS");
  EXPECT_TRUE(run(create, {encode_int(1), text("one")}, serial).was_applied());
  const Result again = run(create, {encode_int(1), text("two")}, serial);
  EXPECT_FALSE(again.was_applied());
  EXPECT_EQ(again.rows.text(0, "name"), "one");
  const Statement change = session_->prepare("UPDATE shop.items SET n = ? WHERE id = 1 IF n = ?");
  EXPECT_TRUE(run(change, {encode_int(2), encode_int(1)}, serial).was_applied());
  EXPECT_FALSE(run(change, {encode_int(3), encode_int(1)}, serial).was_applied());
  EXPECT_FALSE(
      session_
          ->run_batch(BatchType::logged,
                      {{change, {encode_int(4), encode_int(2)}},
                       {"UPDATE shop.items SET name = 'x' WHERE id = 1 IF name = 'no'", {}}},
                      serial)
          .was_applied());
  Options read_serial = one();
  read_serial.consistency = Consistency::serial;
  EXPECT_EQ(run("SELECT n FROM shop.items WHERE id = 1", {}, read_serial).rows.integer(0, "n"), 2);
  EXPECT_NE(refusal<Invalid>("INSERT INTO shop.items (id) VALUES (9) IF NOT EXISTS "
                             "USING TIMESTAMP 5"),
            "none");

  // Counters.
  run("CREATE TABLE shop.views (id int PRIMARY KEY, seen counter)");
  const Statement count = session_->prepare("UPDATE shop.views SET seen = seen + ? WHERE id = ?");
  std::vector<Pending> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(session_->send(count, {encode_bigint(3), encode_int(1)}, one()));
  for (Pending& pending : all) pending.get();
  session_->run_batch(BatchType::counter, {{count, {encode_bigint(-10), encode_int(1)}}}, one());
  EXPECT_EQ(row("SELECT seen FROM shop.views"), json::array({50}));

  // A prepared statement goes on after its table has changed, and shows the new column.
  const Statement read = session_->prepare("SELECT * FROM shop.items WHERE id = ?");
  EXPECT_EQ(row(read, {encode_int(1)}), json::array({1, 2, "one"}));
  run("ALTER TABLE shop.items ADD extra text");
  run("UPDATE shop.items SET extra = 'more' WHERE id = 1");
  EXPECT_EQ(row(read, {encode_int(1)}), json::array({1, "more", 2, "one"}));
  run("DROP TABLE shop.items");
  run("CREATE TABLE shop.items (id int PRIMARY KEY, name text)");
  EXPECT_EQ(rows(read, {encode_int(1)}), json::array());
  EXPECT_THROW(run(change, {encode_int(1), encode_int(1)}), Invalid);

  // Another connection knows what the node has prepared.
  Session other(node_->options());
  EXPECT_EQ(other.run(count, {encode_bigint(1), encode_int(1)}, one()).kind, Result::Kind::done);
  EXPECT_EQ(row("SELECT seen FROM shop.views"), json::array({51}));
}

TEST_F(Cassandra, TellsWhatIsThereAndWhatIsWrong) {
  run("CREATE TABLE shop.\"Items\" (\"Shop\" text, \"a\"\"b\" int, day date, n int, "
      "owner text STATIC, name text, PRIMARY KEY ((\"Shop\", \"a\"\"b\"), day, n)) "
      "WITH CLUSTERING ORDER BY (day DESC, n ASC) AND default_time_to_live = 60");
  run("CREATE TABLE shop.views (id int PRIMARY KEY, seen counter)");
  const Table table = session_->table("shop", "Items");
  using Of = TableColumn::Kind;
  const std::vector<TableColumn> expected = {
      {"Shop", Of::partition_key, 0, false, "text"}, {"a\"b", Of::partition_key, 1, false, "int"},
      {"day", Of::clustering, 0, true, "date"},      {"n", Of::clustering, 1, false, "int"},
      {"name", Of::regular, -1, false, "text"},      {"owner", Of::static_, -1, false, "text"}};
  EXPECT_EQ(table.columns, expected);
  EXPECT_FALSE(table.is_counter);
  EXPECT_EQ(table.default_ttl_s, 60);
  EXPECT_EQ(session_->table("shop", "views").columns.size(), 2u);
  EXPECT_TRUE(session_->table("shop", "views").is_counter);
  EXPECT_EQ(session_->table("shop", "views").default_ttl_s, 0);
  run(fmt::format("INSERT INTO {} ({}, {}, day, n) VALUES ('s', 1, '2020-01-01', 1)", table.text(),
                  quoted("Shop"), quoted("a\"b")));
  EXPECT_EQ(row(fmt::format("SELECT {} FROM {}", quoted("a\"b"), table.text())), json::array({1}));

  const auto missing = [&](const std::string& keyspace, const std::string& name) -> std::string {
    try {
      session_->table(keyspace, name);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(missing("shop", "items"),
            "Cassandra's keyspace 'shop' has no table 'items'; it has: Items, views");
  EXPECT_EQ(missing("shops", "views").substr(0, 49),
            "Cassandra has no keyspace 'shops'; it has: shop, ");

  const std::string where = node_->address();
  EXPECT_EQ(refusal<Invalid>("SELECT * FROM shop.nothing"),
            where + ": table nothing does not exist");
  EXPECT_EQ(refusal<Invalid>("SELECT * FROM nowhere.nothing"),
            where + ": keyspace nowhere does not exist");
  EXPECT_EQ(refusal<Syntax>("SELEC 1").substr(0, where.size() + 2), where + ": ");
  try {
    run("CREATE TABLE shop.views (id int PRIMARY KEY)");
    ADD_FAILURE() << "it was made twice";
  } catch (const AlreadyExists& failure) {
    EXPECT_EQ(failure.keyspace + "." + failure.table, "shop.views");
    EXPECT_FALSE(failure.may_have_taken_effect);
  }
  Options three = one();
  three.consistency = Consistency::three;
  try {
    run("UPDATE shop.views SET seen = seen + 1 WHERE id = 1", {}, three);
    ADD_FAILURE() << "one node is three";
  } catch (const Unavailable& failure) {
    EXPECT_EQ(failure.replicas.consistency, Consistency::three);
    EXPECT_EQ(failure.replicas.required, 3);
    EXPECT_EQ(failure.replicas.answered, 1);
    EXPECT_FALSE(failure.may_have_taken_effect);
  }
  EXPECT_EQ(rows("SELECT * FROM shop.views"), json::array());

  SessionOptions stranger = node_->options();
  stranger.credentials = {"cassandra", "wrong"};
  EXPECT_THROW(Session{stranger}, UsageError);
  stranger.credentials = {};
  EXPECT_THROW(Session{stranger}, UsageError);
  stranger = node_->options();
  stranger.hosts.insert(stranger.hosts.begin(), {"127.0.0.1", 1});
  EXPECT_EQ(Session(stranger).table("shop", "views").columns.size(), 2u);

  // The node is killed: no request is answered, and what may have come of it is said.
  Pending under_way = session_->send("UPDATE shop.views SET seen = seen + 1 WHERE id = 1");
  node_.reset();
  try {
    under_way.get();
  } catch (const RequestFailed& failure) {
    EXPECT_TRUE(failure.may_have_taken_effect) << failure.what();
  }
  EXPECT_THROW(run("SELECT * FROM shop.views"), RequestFailed);
  EXPECT_THROW(run("SELECT * FROM shop.views"), NoHost);
}

}  // namespace
}  // namespace cutover::cql
