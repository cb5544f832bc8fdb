// SPDX-License-Identifier: Apache-2.0

// The longest of many short steps, each timed by itself.

#ifndef BENCH_MEASURE_WORST_STEPS_H_
#define BENCH_MEASURE_WORST_STEPS_H_

#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "bench/measure/tick_clock.h"

namespace pma::bench {

// What the kernel did to the calling thread so far.
struct ThreadEvents {
  int64_t page_faults = 0;
  int64_t context_switches = 0;

  static ThreadEvents Now() {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return {usage.ru_minflt + usage.ru_majflt,
            usage.ru_nvcsw + usage.ru_nivcsw};
  }
};

// The longest steps, in ticks, by what happened meanwhile.
struct WorstSteps {
  uint64_t undisturbed = 0;  // neither of the two below
  uint64_t page_fault = 0;   // the kernel provided fresh memory
  uint64_t descheduled = 0;  // another thread had the processor
};

// Times step(0) ... step(count - 1).
template <class Step>
WorstSteps TimeSteps(size_t count, const TickClock& clock, Step step) {
  WorstSteps worst;
  ThreadEvents before = ThreadEvents::Now();
  for (size_t i = 0; i < count; ++i) {
    const uint64_t start = clock.Now();
    step(i);
    const uint64_t ticks = clock.Now() - start;
    // A system call for each step, off the clock: nothing else tells the step's
    // own pauses from the kernel's.
    const ThreadEvents after = ThreadEvents::Now();
    uint64_t& kind =
        after.context_switches != before.context_switches ? worst.descheduled
        : after.page_faults != before.page_faults         ? worst.page_fault
                                                          : worst.undisturbed;
    kind = std::max(kind, ticks);
    before = after;
  }
  return worst;
}

}  // namespace pma::bench

#endif  // BENCH_MEASURE_WORST_STEPS_H_
