// SPDX-License-Identifier: Apache-2.0

// The clock on the racing threads: the time stamp counter where the processor
// says that it runs at one constant rate (about 8 ns a reading, against 25 ns
// for clock_gettime), std::chrono::steady_clock elsewhere.

#ifndef BENCH_MEASURE_TICK_CLOCK_H_
#define BENCH_MEASURE_TICK_CLOCK_H_

#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace pma::bench {

class TickClock {
 public:
  // Takes 20 ms: measures the length of a tick.
  TickClock() {
#if defined(__x86_64__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    constexpr unsigned kInvariantTsc = 1u << 8;
    use_tsc_ = __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 &&
               (d & kInvariantTsc) != 0;
#endif
    if (!use_tsc_) return;
    const int64_t start_ns = SteadyNanoseconds();
    const uint64_t start_ticks = Now();
    int64_t end_ns = start_ns;
    while (end_ns - start_ns < 20'000'000) end_ns = SteadyNanoseconds();
    nanoseconds_per_tick_ = static_cast<double>(end_ns - start_ns) /
                            static_cast<double>(Now() - start_ticks);
  }

  uint64_t Now() const {
#if defined(__x86_64__)
    if (use_tsc_) return __rdtsc();
#endif
    return static_cast<uint64_t>(SteadyNanoseconds());
  }

  double Nanoseconds(uint64_t ticks) const {
    return static_cast<double>(ticks) * nanoseconds_per_tick_;
  }

 private:
  static int64_t SteadyNanoseconds() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  bool use_tsc_ = false;
  double nanoseconds_per_tick_ = 1;
};

}  // namespace pma::bench

#endif  // BENCH_MEASURE_TICK_CLOCK_H_
