// SPDX-License-Identifier: Apache-2.0

// The instruments: histogram, Zipf generator, prepared operations, summary.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "bench/key_set.h"
#include "bench/latency_histogram.h"
#include "bench/mix.h"
#include "bench/random.h"
#include "bench/result.h"
#include "bench/summary.h"
#include "bench/tick_clock.h"
#include "bench/workload.h"
#include "bench/zipf.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

TEST(LatencyHistogram, BucketsCoverEveryValueInOrder) {
  size_t last = 0;
  for (int power = 0; power < 64; ++power) {
    for (const uint64_t offset : {0, 1, 3}) {
      const uint64_t value = (uint64_t{1} << power) + offset;
      const size_t bucket = LatencyHistogram::BucketOf(value);
      ASSERT_LT(bucket, LatencyHistogram::kBucketCount);
      if (power > 4) {
        ASSERT_GE(bucket, last);
      }
      last = bucket;
      const double middle =
          static_cast<double>(LatencyHistogram::MiddleOf(bucket));
      ASSERT_NEAR(middle, static_cast<double>(value),
                  0.017 * static_cast<double>(value) + 0.5);
    }
  }
  EXPECT_EQ(LatencyHistogram::BucketOf(~uint64_t{0}),
            LatencyHistogram::kBucketCount - 1);
}

TEST(LatencyHistogram, QuantilesAreThoseOfTheValues) {
  LatencyHistogram histogram;
  for (uint64_t value = 1; value <= 100'000; ++value) histogram.Add(value);
  EXPECT_NEAR(static_cast<double>(histogram.ValueAt(0.5)), 50'000, 850);
  EXPECT_NEAR(static_cast<double>(histogram.ValueAt(0.99)), 99'000, 1700);
  EXPECT_EQ(histogram.max(), 100'000u);
  EXPECT_LE(histogram.ValueAt(1), histogram.max());
  EXPECT_EQ(histogram.total_count(), 100'000u);
}

TEST(LatencyHistogram, MergeEqualsOneHistogramOfAll) {
  LatencyHistogram a;
  LatencyHistogram b;
  LatencyHistogram all;
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t value = random.Below(1 << 20);
    (i % 2 == 0 ? a : b).Add(value);
    all.Add(value);
  }
  b.RaiseMax(5'000'000);
  a.Merge(b);
  for (const double quantile : {0.0, 0.1, 0.5, 0.9, 0.999}) {
    EXPECT_EQ(a.ValueAt(quantile), all.ValueAt(quantile));
  }
  EXPECT_EQ(a.max(), 5'000'000u);
  EXPECT_EQ(LatencyHistogram().ValueAt(0.5), 0u);
}

// Every rank's frequency is within five standard deviations of theory.
TEST(Zipf, FrequenciesFollowTheLaw) {
  constexpr size_t kRanks = 1000;
  constexpr size_t kDraws = 1'000'000;
  double norm = 0;
  for (size_t r = 1; r <= kRanks; ++r) {
    norm += std::pow(static_cast<double>(r), -kYcsbTheta);
  }
  std::vector<double> counts(kRanks);
  const Zipf zipf(kRanks);
  Random random(7);
  for (size_t i = 0; i < kDraws; ++i) {
    const uint64_t rank = zipf(random);
    ASSERT_LT(rank, kRanks);
    ++counts[rank];
  }
  for (size_t r = 0; r < kRanks; ++r) {
    const double expected =
        kDraws * std::pow(static_cast<double>(r + 1), -kYcsbTheta) / norm;
    EXPECT_NEAR(counts[r], expected, 5 * std::sqrt(expected)) << "rank " << r;
  }
}

TEST(Zipf, WorksForAnyCount) {
  Random random(3);
  for (const uint64_t count : {uint64_t{1}, uint64_t{2}, uint64_t{1} << 40}) {
    const Zipf zipf(count);
    for (int i = 0; i < 1000; ++i) ASSERT_LT(zipf(random), count);
  }
}

KeySet<uint64_t> SomeIntegers(size_t count, uint64_t step) {
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < count; ++i) keys.push_back(i * step);
  return MakeKeySet<uint64_t>({}, std::move(keys), 1);
}

TEST(Workload, LoadHoldsEveryKeyOnce) {
  const KeySet<uint64_t> set = SomeIntegers(1000, 3);
  for (const size_t threads : {1, 2, 3, 7}) {
    std::set<uint64_t> loaded;
    for (const auto& stream : LoadStreams(set, threads)) {
      for (const auto& op : stream) loaded.insert(op.key);
    }
    EXPECT_EQ(loaded.size(), set.size());
  }
}

TEST(Workload, InsertedKeysAreNewAndDistinctEvenAmongDenseKeys) {
  const auto check = [](const auto& set, auto inserted) {
    for (const auto& stream :
         MixStreams(set, *FindMix("ycsb_d"), 2, 10'000, 1)) {
      for (const auto& op : stream) {
        if (op.kind != OpKind::kInsert) continue;
        EXPECT_FALSE(set.Contains(op.key));
        EXPECT_TRUE(inserted.insert(op.key).second);
      }
    }
    EXPECT_GT(inserted.size(), 900u);
  };
  check(SomeIntegers(1000, 1), std::set<uint64_t>());
  check(SomeIntegers(1, 1), std::set<uint64_t>());
  check(SomeIntegers(1000, 1'000'000), std::set<uint64_t>());
  check(MakeKeySet<std::string>({}, {"", "a", "b"}, 1),
        std::set<std::string>());
}

TEST(Workload, SharesAreThoseOfTheMix) {
  const KeySet<uint64_t> set = SomeIntegers(1000, 3);
  for (const Mix& mix : AllMixes()) {
    if (mix.is_load()) continue;
    constexpr size_t kLength = 20'000;
    const auto stream = MixStreams(set, mix, 1, kLength, 1).front();
    ASSERT_EQ(stream.size(), kLength);
    const auto count = [&](OpKind kind) {
      return 100.0 / kLength *
             static_cast<double>(std::count_if(
                 stream.begin(), stream.end(),
                 [kind](const auto& op) { return op.kind == kind; }));
    };
    EXPECT_NEAR(count(OpKind::kRead), mix.read_percent, 1.5) << mix.name;
    EXPECT_NEAR(count(OpKind::kUpdate), mix.update_percent, 1.5) << mix.name;
    EXPECT_NEAR(count(OpKind::kInsert), mix.insert_percent, 1.5) << mix.name;
    EXPECT_NEAR(count(OpKind::kScan), mix.scan_percent, 1.5) << mix.name;
    EXPECT_NEAR(count(OpKind::kFloor), mix.floor_percent, 1.5) << mix.name;
  }
}

TEST(Workload, SameSeedGivesSameStream) {
  const KeySet<uint64_t> set = SomeIntegers(1000, 3);
  const auto keys = [&](uint64_t seed) {
    std::vector<uint64_t> result;
    const auto streams = MixStreams(set, *FindMix("ycsb_a"), 1, 1000, seed);
    for (const auto& op : streams.front()) {
      result.push_back(op.key);
    }
    return result;
  };
  EXPECT_EQ(keys(1), keys(1));
  EXPECT_NE(keys(1), keys(2));
}

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
  EXPECT_FALSE(FindMeasurement(results, "tbb", "ycsb_c", 2)->available);
  EXPECT_EQ(StandingOf(results, "pma", 2).win_count, 1u);
  EXPECT_DOUBLE_EQ(StandingOf(results, "pma", 2).mean_ratio, 4);
}

}  // namespace
}  // namespace pma::bench
