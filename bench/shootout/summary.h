// SPDX-License-Identifier: Apache-2.0

// Turns trials into the measurements that are shown.

#ifndef BENCH_SHOOTOUT_SUMMARY_H_
#define BENCH_SHOOTOUT_SUMMARY_H_

#include <string>
#include <string_view>
#include <vector>

#include "bench/measure/tick_clock.h"
#include "bench/shootout/result.h"

namespace pma::bench {

// Joins the trials of the same map, mix and thread count, in order of first
// appearance, and compares the maps.
std::vector<Measurement> Summarize(const std::vector<Trial>& trials,
                                   const TickClock& clock);

// The measurement of `map` on `mix`, or null.
const Measurement* FindMeasurement(const Results& results, std::string_view map,
                                   std::string_view mix, size_t thread_count);

// How one map did against the best other one over all mixes.
struct Standing {
  double mean_ratio = 0;  // geometric mean; 0 if there is nothing to compare
  size_t win_count = 0;
  size_t mix_count = 0;
};
Standing StandingOf(const Results& results, std::string_view map,
                    size_t thread_count);

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_SUMMARY_H_
