// A client of a Cassandra cluster: one connection at a time, to any of its hosts that answers, and
// a new one when that is lost.
//
//   Session session({.hosts = {{"127.0.0.1", 9042}}});
//   const Statement write = session.prepare("INSERT INTO shop.items (id, name) VALUES (?, ?)");
//   auto first = session.send(write, {encode_bigint(1), std::string("one")});
//   auto second = session.send(write, {encode_bigint(2), std::string("two")});
//   first.get();   // throws as cql/error.h says
//   second.get();
//
// Requests that are under way together may be carried out in any order. A request is retried only
// if its options say that it is idempotent, which nothing else decides: that a second run of it
// does no harm, also later than others' writes. A write is that only with a write time of its own
// (USING TIMESTAMP, or timestamp_us), and never if it is conditional, a counter's, or appends to a
// list.
//
// The connection is not encrypted. No USE: names of tables come with their keyspace.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cql/error.h"
#include "cql/host.h"
#include "cql/message.h"
#include "cql/value.h"

namespace cutover::cql {

struct SessionOptions {
  std::vector<Host> hosts;
  Credentials credentials = {};
  std::chrono::milliseconds connect_timeout{5'000};  ///< for each host
  std::size_t most_in_flight = 1024;                 ///< requests; further ones wait here
};

/// Of a request.
struct Options {
  Consistency consistency = Consistency::local_quorum;
  std::optional<Consistency> serial_consistency = {};  ///< of a condition: serial or local_serial
  std::optional<std::int64_t> timestamp_us = {};       ///< write time, where the text gives none
  std::int32_t page_size = 1000;                       ///< rows in one answer
  std::optional<std::string> paging_state = {};        ///< Rows::paging_state of the page before
  std::chrono::milliseconds timeout{12'000};  ///< of each try; the server's own are shorter
  bool idempotent = false;                    ///< up to 3 tries
};

struct Statement {
  std::string text;
  std::shared_ptr<const Prepared> prepared = {};  ///< nothing: sent as text

  Statement(std::string text) : text(std::move(text)) {}
  Statement(const char* text) : text(text) {}
  Statement(std::string text, Prepared prepared)
      : text(std::move(text)), prepared(std::make_shared<Prepared>(std::move(prepared))) {}
};

struct Bound {
  Statement statement;
  std::vector<Value> values = {};
};

/// The answer to come. It may outlive the session.
class Pending {
 public:
  struct State;
  explicit Pending(std::shared_ptr<State> state) : state_(std::move(state)) {}

  bool is_ready() const;
  /// Waits for it. To be called once. Throws RequestFailed, also where the host sends something
  /// else than the protocol, which is a lost connection; and std::length_error for a request that
  /// is too large for the protocol, and was not sent.
  Result get();

 private:
  std::shared_ptr<State> state_;
};

/// A table as system_schema has it.
struct TableColumn {
  enum class Kind { partition_key, clustering, static_, regular };
  std::string name;
  Kind kind = Kind::regular;
  std::int64_t position = -1;  ///< in the partition key, or among the clustering columns; else -1
  bool is_descending = false;  ///< a clustering column
  std::string type;            ///< as CQL writes it
  bool operator==(const TableColumn&) const = default;
};

struct Table {
  std::string keyspace;
  std::string name;
  /// The partition key, then the clustering columns, each in its order; then the others by name.
  std::vector<TableColumn> columns;
  bool is_counter = false;
  std::int64_t default_ttl_s = 0;

  /// "keyspace"."name", for a statement.
  std::string text() const;
};

/// A name as CQL takes it, whatever its letters: in double quotes.
std::string quoted(const std::string& name);

/// Thread-safe.
class Session {
 public:
  /// Waits until a host answers. Throws RequestFailed, NoHost mostly, and UsageError if a user and
  /// a password are asked for and those given are not right.
  explicit Session(SessionOptions options);
  /// Requests under way throw ConnectionLost.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Waits for it. If a host has forgotten it later, it is prepared there again.
  Statement prepare(const std::string& text);

  /// Does not wait: what is too much to be under way at once waits in memory.
  Pending send(const Statement& statement, std::vector<Value> values = {},
               const Options& options = {});
  Pending send_batch(BatchType type, const std::vector<Bound>& statements,
                     const Options& options = {});

  /// The same, and waits.
  Result run(const Statement& statement, std::vector<Value> values = {},
             const Options& options = {});
  Result run_batch(BatchType type, const std::vector<Bound>& statements,
                   const Options& options = {});
  /// All rows, page by page; each page is asked for once the one before was taken.
  void each_page(const Statement& statement, const std::vector<Value>& values, Options options,
                 const std::function<void(const Rows&)>& take);

  /// Throws UsageError that names the keyspaces or tables that are there, if it is not.
  Table table(const std::string& keyspace, const std::string& name);

 private:
  class Client;
  std::unique_ptr<Client> client_;
};

}  // namespace cutover::cql
