// SPDX-License-Identifier: Apache-2.0

// What //bench:ratios found out: plain data between measuring and its outputs.

#ifndef BENCH_RATIOS_RATIO_RESULT_H_
#define BENCH_RATIOS_RATIO_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/measure/environment.h"

namespace pma::bench {

enum class Goal { kNone, kAtLeast, kAtMost };

struct MapFigure {
  std::string map;
  double value = 0;
};

struct RatioRow {
  std::string group = {};  // "look-ups"
  std::string what = {};   // "hit, uniform"
  std::string unit = {};   // of the figures: "ns"
  double ours = 0;
  std::string against =
      {};  // what `theirs` belongs to: a map, "one thread", ...
  double theirs = 0;
  // Of the two, so that `goal` and `target` apply to it: the median over the
  // rounds of the quotient in each round. NaN: could not be measured.
  double ratio = 0;
  Goal goal = Goal::kNone;
  double target = 0;
  std::vector<MapFigure> figures = {};  // of every map measured

  bool available() const { return ratio == ratio; }
  bool met() const {
    return goal == Goal::kAtLeast ? ratio >= target : ratio <= target;
  }
};

struct RatioResults {
  Environment environment;
  size_t key_count = 0;
  size_t thread_count = 1;
  double wall_seconds = 0;
  double other_work_share = 0;  // see machine_load.h
  std::vector<RatioRow> rows;
};

}  // namespace pma::bench

#endif  // BENCH_RATIOS_RATIO_RESULT_H_
