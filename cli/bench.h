// `cutover bench`: how fast the search is, and how it grows.
#pragma once

#include "properties/case.h"

namespace cutover::cli {

struct BenchOptions {
  bool full = false;  ///< also the bounds that give some 10^8 states; takes minutes and gigabytes
  unsigned threads = 0;  ///< 0: as many as there are cores
};

/// Explores the family's first case at growing bounds and prints, for each: time, states and
/// transitions a second, states, bytes a state all told, and runs of coroutines. One run each, by
/// Google Benchmark. Returns the exit status.
int run_bench(const Registry& cases, const BenchOptions& options);

}  // namespace cutover::cli
