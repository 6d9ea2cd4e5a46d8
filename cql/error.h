// How a request fails. Each failure says whether the request may nevertheless have taken effect, or
// may yet: only where it certainly has not is that false.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace cutover::cql {

/// CQL BINARY PROTOCOL v4, section 3, [consistency].
enum class Consistency : std::uint16_t {
  any = 0x0000,
  one = 0x0001,
  two = 0x0002,
  three = 0x0003,
  quorum = 0x0004,
  all = 0x0005,
  local_quorum = 0x0006,
  each_quorum = 0x0007,
  serial = 0x0008,
  local_serial = 0x0009,
  local_one = 0x000A,
};

/// "LOCAL_QUORUM".
std::string to_string(Consistency consistency);

/// Section 9.
enum class ErrorCode : std::int32_t {
  server_error = 0x0000,
  protocol_error = 0x000A,
  authentication = 0x0100,
  unavailable = 0x1000,
  overloaded = 0x1001,
  is_bootstrapping = 0x1002,
  truncate_error = 0x1003,
  write_timeout = 0x1100,
  read_timeout = 0x1200,
  read_failure = 0x1300,
  function_failure = 0x1400,
  write_failure = 0x1500,
  syntax_error = 0x2000,
  unauthorized = 0x2100,
  invalid = 0x2200,
  config_error = 0x2300,
  already_exists = 0x2400,
  unprepared = 0x2500,
};

/// What a request does, as far as that decides what its failure leaves in doubt.
enum class Effect {
  none,    ///< it only reads or prepares
  single,  ///< one statement without a condition
  several  ///< a batch, or a conditional statement: the server does it in several steps
};

class RequestFailed : public std::runtime_error {
 public:
  RequestFailed(const std::string& what, bool may_have_taken_effect)
      : std::runtime_error(what), may_have_taken_effect(may_have_taken_effect) {}

  bool may_have_taken_effect;
};

/// None of the hosts could be connected to. The text says why, for each.
class NoHost : public RequestFailed {
 public:
  explicit NoHost(const std::string& what) : RequestFailed(what, false) {}
};

/// A host asks for a user and a password, and was given none, or others. Not tried again.
class AuthenticationFailed : public RequestFailed {
 public:
  explicit AuthenticationFailed(const std::string& what) : RequestFailed(what, false) {}
};

/// The connection ended, or the session did, before the answer.
class ConnectionLost : public RequestFailed {
 public:
  using RequestFailed::RequestFailed;
};

/// No answer within the request's time.
class TimedOut : public RequestFailed {
 public:
  using RequestFailed::RequestFailed;
};

/// The server answered with an error. Codes that have no class of their own here are this one.
class ServerError : public RequestFailed {
 public:
  ServerError(ErrorCode code, const std::string& what, bool may_have_taken_effect)
      : RequestFailed(what, may_have_taken_effect), code(code) {}

  const ErrorCode code;
};

/// How many replicas answered, of those that it takes.
struct Replicas {
  Consistency consistency = Consistency::one;
  std::int32_t answered = 0;  ///< of Unavailable: alive
  std::int32_t required = 0;
};

class Unavailable : public ServerError {
 public:
  Unavailable(const ServerError& error, const Replicas& replicas)
      : ServerError(error), replicas(replicas) {}

  const Replicas replicas;
};

/// `write_type` as section 9 has it: "SIMPLE", "BATCH", "UNLOGGED_BATCH", "COUNTER", "BATCH_LOG";
/// and "CAS", a condition's, and "VIEW", "CDC", which it does not name.
class WriteTimeout : public ServerError {
 public:
  WriteTimeout(const ServerError& error, const Replicas& replicas, std::string type)
      : ServerError(error), replicas(replicas), write_type(std::move(type)) {}

  const Replicas replicas;
  const std::string write_type;
};

class WriteFailure : public WriteTimeout {
 public:
  using WriteTimeout::WriteTimeout;
};

class ReadTimeout : public ServerError {
 public:
  ReadTimeout(const ServerError& error, const Replicas& replicas, bool data_present)
      : ServerError(error), replicas(replicas), data_present(data_present) {}

  const Replicas replicas;
  const bool data_present;
};

class ReadFailure : public ReadTimeout {
 public:
  using ReadTimeout::ReadTimeout;
};

class AlreadyExists : public ServerError {
 public:
  AlreadyExists(const ServerError& error, std::string keyspace, std::string table)
      : ServerError(error), keyspace(std::move(keyspace)), table(std::move(table)) {}

  const std::string keyspace;
  const std::string table;  ///< empty: the keyspace exists
};

/// The host does not know a prepared statement. A session prepares it again, and throws this only
/// if that does not help.
class Unprepared : public ServerError {
 public:
  Unprepared(const ServerError& error, std::string id) : ServerError(error), id(std::move(id)) {}

  const std::string id;
};

// These add nothing to the text.
class Overloaded : public ServerError {
 public:
  explicit Overloaded(const ServerError& error) : ServerError(error) {}
};
class IsBootstrapping : public ServerError {
 public:
  explicit IsBootstrapping(const ServerError& error) : ServerError(error) {}
};
class Syntax : public ServerError {
 public:
  explicit Syntax(const ServerError& error) : ServerError(error) {}
};
class Unauthorized : public ServerError {
 public:
  explicit Unauthorized(const ServerError& error) : ServerError(error) {}
};
class Invalid : public ServerError {
 public:
  explicit Invalid(const ServerError& error) : ServerError(error) {}
};

}  // namespace cutover::cql
