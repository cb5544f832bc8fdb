// SPDX-License-Identifier: Apache-2.0

// Trials of one map become one measurement, compared with the other maps.

#include "bench/shootout/summary.h"

#include <string_view>

#include "bench/measure/tick_clock.h"
#include "bench/shootout/result.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

TEST(Summary, MedianRateAndRatioToBestOther) {
  const auto trial = [](std::string_view map, double rate) {
    Trial t;
    t.map = map;
    t.mix = "ycsb_c";
    t.thread_count = 2;
    t.rate = rate;
    t.seconds = 1;
    t.size = 10;
    t.allocated_bytes = 200;
    t.resident_bytes = 600;
    t.loaded_size = 20;
    return t;
  };
  Trial unavailable = trial("tbb", 0);
  unavailable.available = false;
  const TickClock clock;
  Results results;
  results.measurements = Summarize(
      {trial("pma", 6e6), trial("std", 2e6), unavailable, trial("pma", 9e6),
       trial("std", 2e6), trial("pma", 8e6), trial("std", 4e6)},
      clock);
  ASSERT_EQ(results.measurements.size(), 3u);
  const Measurement* pma = FindMeasurement(results, "pma", "ycsb_c", 2);
  ASSERT_NE(pma, nullptr);
  EXPECT_DOUBLE_EQ(pma->rate, 8);
  EXPECT_DOUBLE_EQ(pma->rate_min, 6);
  EXPECT_DOUBLE_EQ(pma->rate_max, 9);
  EXPECT_DOUBLE_EQ(pma->ratio_to_best_other, 4);
  EXPECT_DOUBLE_EQ(pma->bytes_per_entry, 20);
  EXPECT_DOUBLE_EQ(pma->resident_bytes_per_entry, 30);
  EXPECT_FALSE(FindMeasurement(results, "tbb", "ycsb_c", 2)->available);
  EXPECT_EQ(StandingOf(results, "pma", 2).win_count, 1u);
  EXPECT_DOUBLE_EQ(StandingOf(results, "pma", 2).mean_ratio, 4);
}

}  // namespace
}  // namespace pma::bench
