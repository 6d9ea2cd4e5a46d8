// The write times of the shadow's cases. The clocks of two clients differ by up to kSkew.
#pragma once

#include <string>

#include "impl/online/row.h"

namespace cutover::online {

inline constexpr WriteTime kLongAgo = 100, kLately = 2000;  ///< of what the source begins with
inline constexpr WriteTime kBackfill = 1000;  ///< and as many more as there are leases
inline constexpr WriteTime kStart = 3000, kSkew = 400;
inline constexpr WriteTime kRequest = 100;  ///< between two requests of a kind
inline constexpr WriteTime kInsert = 30;    ///< an insertion is that much later than a put
inline constexpr WriteTime kDeletion = 60;  ///< and a deletion
inline constexpr WriteTime kPresent =
    1'000'000;  ///< of whoever writes at the time at which it does

/// Of the nth request of a kind, from 1; each further attempt at it is 1 later.
constexpr WriteTime time_of_request(int number, WriteTime later) {
  return kStart - kSkew + kRequest * (number - 1) + later;
}

// Values. Of two with one write time the greater one wins: the old one.
inline constexpr const char* kOldValue = "old";  ///< what the source holds at the beginning
/// What a client's nth request writes.
inline std::string value_of_request(int number) { return "new " + std::to_string(number); }

}  // namespace cutover::online
