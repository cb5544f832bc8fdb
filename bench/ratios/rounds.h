// SPDX-License-Identifier: Apache-2.0

// Rounds: the contestants take turns in short slices, so that whatever else the
// machine does hits all of them alike; medians over the rounds, and the median
// of each round's quotient, are what counts.

#ifndef BENCH_RATIOS_ROUNDS_H_
#define BENCH_RATIOS_ROUNDS_H_

#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <thread>
#include <vector>

#include "bench/ratios/processors.h"

namespace pma::bench {

// [contestant][round]: what a slice cost, by any one unit.
using Samples = std::vector<std::vector<double>>;

inline double MedianOf(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

// The median over the rounds of numerator / denominator.
inline double MedianQuotient(const std::vector<double>& numerator,
                             const std::vector<double>& denominator) {
  std::vector<double> quotients;
  for (size_t r = 0; r < numerator.size(); ++r) {
    quotients.push_back(numerator[r] / denominator[r]);
  }
  return MedianOf(quotients);
}

inline double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

// Nanoseconds of processor time that `work` takes on this thread: what others
// took of the processor meanwhile does not count. For work that never waits.
template <class Work>
double Nanoseconds(Work work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 +
           static_cast<double>(time.tv_nsec);
  };
  const double start = now();
  work();
  return now() - start;
}

// cost(contestant, round) once for every contestant in each of `count` rounds.
// Another one goes first each time.
template <class Cost>
Samples PlayRounds(size_t contestants, size_t count, Cost cost) {
  Samples samples(contestants, std::vector<double>(count));
  for (size_t round = 0; round < count; ++round) {
    for (size_t i = 0; i < contestants; ++i) {
      const size_t c = (i + round) % contestants;
      samples[c][round] = cost(c, round);
    }
  }
  return samples;
}

// Plays for about `seconds`, but at least five rounds, after one that does not
// count.
template <class Cost>
Samples PlayFor(size_t contestants, double seconds, Cost cost) {
  constexpr size_t kLeastRounds = 5;
  for (size_t c = 0; c < contestants; ++c) cost(c, 0);
  Samples samples(contestants);
  const auto start = std::chrono::steady_clock::now();
  for (size_t round = 0; round < kLeastRounds || SecondsSince(start) < seconds;
       ++round) {
    for (size_t i = 0; i < contestants; ++i) {
      const size_t c = (i + round) % contestants;
      samples[c].push_back(cost(c, round));
    }
  }
  return samples;
}

// Runs job(0) ... job(count - 1) at the same time, each on a thread of its own
// and, if processors are named, on the next of these; returns the nanoseconds
// of real time from the start of all to the end of the last.
template <class Job>
double NanosecondsOnThreads(size_t count, Job job,
                            const std::vector<int>& processors = {}) {
  std::atomic<size_t> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      std::optional<OnProcessor> pinned;
      if (!processors.empty()) {
        pinned.emplace(processors[t % processors.size()]);
      }
      ready.fetch_add(1);
      while (!go.load()) std::this_thread::yield();
      job(t);
    });
  }
  while (ready.load() < count) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  go.store(true);
  for (std::thread& thread : threads) thread.join();
  return SecondsSince(start) * 1e9;
}

}  // namespace pma::bench

#endif  // BENCH_RATIOS_ROUNDS_H_
