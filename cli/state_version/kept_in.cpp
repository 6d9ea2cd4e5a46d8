#include "cli/state_version/kept_in.h"

#include <fmt/format.h>

#include "cli/stores/store_argument.h"
#include "system/usage_error.h"

namespace cutover::cli {

KeptIn parse_kept_in(const std::string& argument) {
  const std::string of_file = "file:", of_znode = "zookeeper:";
  if (argument.starts_with(of_file) && argument.size() > of_file.size()) {
    return {KeptIn::Kind::file, argument.substr(of_file.size())};
  }
  if (argument.starts_with("sqlite:")) return {KeptIn::Kind::table, store_file(argument).string()};
  if (argument.starts_with(of_znode)) {
    return {KeptIn::Kind::znode, argument.substr(of_znode.size())};
  }
  throw UsageError(fmt::format(
      "store '{}': expected file:PATH, sqlite:PATH or zookeeper:HOST:PORT,.../PATH", argument));
}

}  // namespace cutover::cli
