// Clocks that run fast: how a program is caught that looks at one.
//
// A program that reads the time of day does the same again within the same second. While a
// FastClock lives, time(), gettimeofday() and clock_gettime(), and with them std::chrono's clocks,
// are about a second further at each look, for the thread that made it.
//
// Not covered: programs that read the processor's time stamps themselves; builds with sanitizers,
// whose own wrappers of these functions stay in place.
#pragma once

namespace cutover::crashsim {

class FastClock {
 public:
  FastClock();
  ~FastClock();
  FastClock(const FastClock&) = delete;
  FastClock& operator=(const FastClock&) = delete;
};

/// False where the clocks can't be made to run fast.
bool has_fast_clock();

}  // namespace cutover::crashsim
