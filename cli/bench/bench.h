// `cutover bench`: how fast the searches are, and how they grow.
#pragma once

#include "engines/case.h"

namespace cutover::cli {

struct BenchOptions {
  std::string name;   ///< of a case; empty: the first
  bool full = false;  ///< also the bounds that give some 10^8 states; takes minutes and gigabytes
  bool tlc = false;   ///< TLC on the large configuration instead; takes minutes
  unsigned threads = 0;  ///< 0: as many as there are cores
};

/// Explores the case, its implementation and its model, at growing bounds and prints, for
/// each: time, states and transitions a second, states, bytes a state all told, and runs of
/// coroutines; then what comes of too little memory. A figure is the median of five searches, since
/// the first has to get its memory from the system; those that take a minute are run once. With
/// `tlc` compares the model with TLC on the large configuration. Returns the exit status: kDiffers
/// if they do not agree.
int run_bench(const Registry& cases, const BenchOptions& options);

}  // namespace cutover::cli
