// SPDX-License-Identifier: Apache-2.0

// What a race found out: plain data between the race and its outputs.

#ifndef BENCH_SHOOTOUT_RESULT_H_
#define BENCH_SHOOTOUT_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/keys/key_set.h"
#include "bench/measure/environment.h"
#include "bench/measure/latency_histogram.h"

namespace pma::bench {

// One map on one mix, once.
struct Trial {
  std::string_view map;
  std::string_view mix;
  size_t thread_count = 0;
  bool available = true;  // false: the map cannot do this
  double seconds = 0;
  uint64_t op_count = 0;
  uint64_t entry_count = 0;
  double rate = 0;  // operations (or entries, by the mix) per second
  LatencyHistogram latency;
  uint64_t size = 0;             // entries held afterwards
  uint64_t allocated_bytes = 0;  // held by the map afterwards
  // What the loaded map takes from the system; 0 if not measured.
  uint64_t resident_bytes = 0;
  uint64_t loaded_size = 0;
};

// One map on one mix: all its trials together.
struct Measurement {
  std::string map;
  std::string mix;
  size_t thread_count = 0;
  bool available = true;
  uint64_t op_count = 0;
  double seconds = 0;
  // Millions per second: the median of the trials, and their range.
  double rate = 0;
  double rate_min = 0;
  double rate_max = 0;
  // Nanoseconds, over the samples of all trials.
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
  double bytes_per_entry = 0;           // as the map counts
  double resident_bytes_per_entry = 0;  // as the system does, once loaded
  // This rate divided by the best rate of any other map; 0 if there is none.
  double ratio_to_best_other = 0;
};

struct MapInfo {
  std::string name;
  std::string description;
};

struct MixInfo {
  std::string name;
  std::string description;
  std::string unit;  // of the rate: "Mops/s" or "M entries/s"
};

struct Results {
  Environment environment;
  KeySetInfo key_set;
  std::vector<MapInfo> maps;
  std::vector<MixInfo> mixes;
  std::vector<size_t> thread_counts;
  double seconds_per_mix = 0;  // over all repeats
  size_t repeats = 1;
  size_t value_bytes = 0;
  double wall_seconds = 0;
  double other_work_share = 0;  // see machine_load.h
  std::vector<Measurement> measurements;
};

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_RESULT_H_
