// A migration by the real command takes little memory, however large the catalog: what
// `cutover bench --migrate` measures, at sizes that a test can afford.
#include <gtest/gtest.h>

#include "cli/catalog/bench_migrate.h"
#include "tests/run.h"

namespace cutover::cli {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

TEST(MigrateBench, MemoryDoesNotGrowWithTheCatalog) {
  const TemporaryFolder folder;
  // More than SQLite keeps of a store in memory, 16 MiB.
  const MigrationFigures small = measure_migration(CUTOVER_COMMAND, folder.path(), 200'000, 1);
  const MigrationFigures large = measure_migration(CUTOVER_COMMAND, folder.path(), 600'000, 1);
  EXPECT_GT(small.peak_bytes, kMiB) << "nothing was measured";
  EXPECT_LT(large.peak_bytes, 64 * kMiB);
  EXPECT_LT(large.peak_bytes, small.peak_bytes + 8 * kMiB);
  EXPECT_EQ(large.entries, 600'000u);
  EXPECT_GT(large.migration, 0);
  EXPECT_GT(large.floor, 0);
}

TEST(MigrateBench, AMigrationThatFailsIsNoFigure) {
  const TemporaryFolder folder;
  EXPECT_THROW(measure_migration("/bin/false", folder.path(), 10, 1), std::runtime_error);
  EXPECT_THROW(measure_migration(folder / "missing", folder.path(), 10, 1), std::runtime_error);
}

}  // namespace
}  // namespace cutover::cli
