// Where a partition is on the ring of a cluster with Murmur3Partitioner, Cassandra's default:
// org.apache.cassandra.utils.MurmurHash, of which it takes the first half.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cutover::cql {

/// The key as the server puts it together: alone, its only column's bytes as they are; of several
/// columns, for each its length (2 bytes), its bytes, and a zero byte. Throws std::length_error for
/// a column over 65,535 bytes.
std::string partition_key(const std::vector<std::string>& columns);

/// The server's `token()` of it. MurmurHash3 x64 128, but with the bytes of its tail taken as
/// signed. No key but the empty one has the smallest number.
std::int64_t murmur3_token(std::string_view partition_key);

/// The tokens t with after < t and t <= to: "token(k) > ? AND token(k) <= ?".
struct TokenRange {
  std::int64_t after = 0;
  std::int64_t to = 0;
  bool operator==(const TokenRange&) const = default;
};

/// The whole ring, cut into so many ranges of the same size, in order.
std::vector<TokenRange> token_ranges(std::uint32_t count);

}  // namespace cutover::cql
