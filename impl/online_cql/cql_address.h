// Which keyspace of Cassandra a command line names: "cql://HOST[:PORT][,HOST...]/KEYSPACE".
#pragma once

#include <string>
#include <vector>

#include "cql/host.h"

namespace cutover::online {

struct CqlAddress {
  std::vector<cql::Host> hosts;
  std::string keyspace;
  cql::Credentials credentials = {};

  /// As the command line has it.
  std::string text() const;
};

/// True if it begins as such an address does.
bool is_cql(const std::string& argument);

/// An address of IPv6 is in brackets. Throws UsageError.
CqlAddress cql_address(const std::string& argument);

}  // namespace cutover::online
