#include "impl/catalog/protocol.h"

namespace cutover::catalog {

awaitable<std::optional<bool>> tombstone(Session& session) {
  const std::optional<std::uint64_t> number = co_await session.config(kTombstone);
  if (!number) co_return std::nullopt;
  co_return *number != 0;
}

awaitable<void> set_tombstone(Session& session, bool value) {
  co_await session.set_config(kTombstone, value ? 1 : 0);
}

}  // namespace cutover::catalog
