// What a search may use.
#pragma once

#include "engines/engines.h"

namespace cutover {

/// Of a search: the threads and the time, the memory that is free, progress as it is told.
checker::Limits limits_of(const EngineOptions& options);

inline constexpr unsigned kMostThreads = 1024;

/// As many as there are cores for 0.
unsigned threads_or_all(unsigned threads);

/// Bytes that a search's visited set may take: most of what is free now.
std::size_t memory_limit();

}  // namespace cutover
