#include "impl/online_cql/cql_address.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "system/usage_error.h"

namespace cutover::online {
namespace {

constexpr std::string_view kPrefix = "cql://";

[[noreturn]] void refuse(const std::string& argument, const std::string& why) {
  throw UsageError(
      fmt::format("store '{}': {}; expected cql://HOST[:PORT][,HOST...]/KEYSPACE", argument, why));
}

cql::Host host_of(const std::string& text, const std::string& argument) {
  const bool is_bracketed = text.starts_with('[');
  const auto bracket = text.find(']');
  if (is_bracketed && bracket == text.npos) refuse(argument, "a bracket is not closed");
  const auto colon = text.find(':', is_bracketed ? bracket : 0);
  cql::Host host;
  host.name = is_bracketed ? text.substr(1, bracket - 1) : text.substr(0, colon);
  if (host.name.empty()) refuse(argument, "a host is empty");
  if (is_bracketed && bracket + 1 != std::min(colon, text.size())) {
    refuse(argument, "after a bracket comes ':' and a port");
  }
  if (colon == text.npos) return host;
  const char* const first = text.data() + colon + 1;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(first, last, host.port);
  if (error != std::errc() || end != last || host.port == 0) {
    refuse(argument, fmt::format("'{}' is no port", std::string(first, last)));
  }
  return host;
}

}  // namespace

std::string CqlAddress::text() const {
  std::string text;
  for (const cql::Host& host : hosts) {
    const bool has_colon = host.name.find(':') != host.name.npos;
    text += fmt::format("{}{}{}", text.empty() ? kPrefix : ",",
                        has_colon ? "[" + host.name + "]" : host.name,
                        host.port == cql::Host().port ? "" : ":" + std::to_string(host.port));
  }
  return text + "/" + keyspace;
}

bool is_cql(const std::string& argument) { return argument.starts_with(kPrefix); }

CqlAddress cql_address(const std::string& argument) {
  if (!is_cql(argument)) refuse(argument, "it does not begin with cql://");
  const std::string rest = argument.substr(kPrefix.size());
  const auto slash = rest.find('/');
  CqlAddress address;
  if (slash != rest.npos) address.keyspace = rest.substr(slash + 1);
  if (address.keyspace.empty()) refuse(argument, "no keyspace is named");
  if (address.keyspace.find('/') != rest.npos) refuse(argument, "a keyspace has no '/' in it");
  if (rest.find('@') < slash) {
    refuse(argument,
           "a user is named in CUTOVER_CQL_USER, and its password in CUTOVER_CQL_PASSWORD");
  }
  std::string hosts = rest.substr(0, slash), host;
  if (hosts.ends_with(',')) refuse(argument, "a host is empty");
  std::istringstream all(hosts);
  while (std::getline(all, host, ',')) address.hosts.push_back(host_of(host, argument));
  if (address.hosts.empty()) refuse(argument, "no host is named");
  return address;
}

}  // namespace cutover::online
