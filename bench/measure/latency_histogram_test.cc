// SPDX-License-Identifier: Apache-2.0

// The histogram keeps every duration where its quantiles need it.

#include "bench/measure/latency_histogram.h"

#include <cstddef>
#include <cstdint>

#include "bench/keys/random.h"
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
      const auto middle =
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

}  // namespace
}  // namespace pma::bench
