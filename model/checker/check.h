// The always-on check of our own invariants. A failed one is a bug of Cutover, never of its input:
// it prints the place and aborts.
#pragma once

#include <cstdio>
#include <cstdlib>

#define CUTOVER_CHECK(condition)                                                                  \
  do {                                                                                            \
    if (!(condition)) [[unlikely]] {                                                              \
      std::fprintf(stderr, "%s:%d: internal check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                               \
    }                                                                                             \
  } while (false)
