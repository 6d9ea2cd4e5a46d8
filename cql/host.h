// Where a node of Cassandra listens, and who asks it.
#pragma once

#include <string>

namespace cutover::cql {

struct Host {
  std::string name;  ///< or address
  unsigned short port = 9042;
  std::string text() const { return name + ":" + std::to_string(port); }
};

struct Credentials {
  std::string user;  ///< empty: none are given
  std::string password;
};

}  // namespace cutover::cql
