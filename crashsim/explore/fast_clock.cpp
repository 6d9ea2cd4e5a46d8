#include "crashsim/explore/fast_clock.h"

#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CUTOVER_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CUTOVER_SANITIZED
#endif

namespace cutover::crashsim {

#ifndef CUTOVER_SANITIZED

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
/// Odd in seconds, milliseconds, microseconds and nanoseconds.
constexpr std::int64_t kJump = 1'001'001'001;

thread_local int fast = 0;
thread_local std::int64_t ahead = 0;

/// What is to be added to the time now.
std::int64_t nanoseconds_ahead() { return fast == 0 ? 0 : ahead += kJump; }

template <class Function>
Function of_library(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

FastClock::FastClock() { ++fast; }
FastClock::~FastClock() { --fast; }
bool has_fast_clock() { return true; }

// The linker takes these in place of the C library's, for its own calls as well.
extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const auto original = of_library<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int status = original(clock, now);
  const std::int64_t more = nanoseconds_ahead();
  if (status != 0 || more == 0) return status;
  const std::int64_t nanoseconds = now->tv_nsec + more % kSecond;
  now->tv_sec += static_cast<time_t>(more / kSecond + nanoseconds / kSecond);
  now->tv_nsec = static_cast<long>(nanoseconds % kSecond);
  return status;
}

int gettimeofday(timeval* now, void*) noexcept {
  timespec precise{};
  const int status = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return status;
}

time_t time(time_t* now) noexcept {
  timespec precise{};
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now != nullptr) *now = precise.tv_sec;
  return precise.tv_sec;
}

}  // extern "C"

#else

FastClock::FastClock() = default;
FastClock::~FastClock() = default;
bool has_fast_clock() { return false; }

#endif

}  // namespace cutover::crashsim
