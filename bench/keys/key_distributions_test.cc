// SPDX-License-Identifier: Apache-2.0

// Every distribution: as many distinct keys as asked for, the same for the same
// seed, and that by which it differs from the others.

#include "bench/keys/key_distributions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace pma::bench {
namespace {

constexpr size_t kCount = 20'000;

std::vector<uint64_t> Sorted(std::vector<uint64_t> keys) {
  std::sort(keys.begin(), keys.end());
  return keys;
}

// How many keys are larger than the one that arrived before.
size_t Ascents(const std::vector<uint64_t>& keys) {
  size_t ascents = 0;
  for (size_t i = 1; i < keys.size(); ++i) ascents += keys[i] > keys[i - 1];
  return ascents;
}

// How many of 2^16 equal parts of the range up to 2^62 hold keys.
size_t PartsInUse(const std::vector<uint64_t>& keys) {
  std::vector<uint64_t> parts = Sorted(keys);
  for (uint64_t& key : parts) key >>= 46;
  return std::unique(parts.begin(), parts.end()) - parts.begin();
}

TEST(KeyDistributions, EachMakesAsManyDistinctKeysAsAskedFor) {
  for (const KeyDistribution& distribution : KeyDistributions()) {
    for (const size_t count : {size_t{1}, size_t{2}, size_t{1000}, kCount}) {
      const std::vector<uint64_t> keys =
          Sorted(distribution.make(count, /*seed=*/1));
      EXPECT_EQ(keys.size(), count) << distribution.name;
      EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end())
          << distribution.name << ", " << count;
    }
  }
}

TEST(KeyDistributions, TheSeedDecides) {
  for (const KeyDistribution& distribution : KeyDistributions()) {
    EXPECT_EQ(distribution.make(1000, 1), distribution.make(1000, 1))
        << distribution.name;
    EXPECT_NE(distribution.make(1000, 1), distribution.make(1000, 2))
        << distribution.name;
  }
}

TEST(KeyDistributions, OnlyTimestampsArriveInNearlyAscendingOrder) {
  for (const KeyDistribution& distribution : KeyDistributions()) {
    const std::vector<uint64_t> keys = distribution.make(kCount, 1);
    const std::vector<uint64_t> sorted = Sorted(keys);
    size_t furthest = 0;
    for (size_t i = 0; i < kCount; ++i) {
      const size_t place =
          std::lower_bound(sorted.begin(), sorted.end(), keys[i]) -
          sorted.begin();
      furthest = std::max(furthest, place > i ? place - i : i - place);
    }
    if (distribution.make == &TimestampKeys) {
      EXPECT_LE(furthest, kJitterEvents);
      EXPECT_GT(furthest, kJitterEvents / 4);
    } else {
      EXPECT_GT(furthest, kCount / 2) << distribution.name;
    }
    // Neighbours are in no order anywhere.
    EXPECT_NEAR(static_cast<double>(Ascents(keys)) / kCount, 0.5, 0.05)
        << distribution.name;
  }
}

TEST(KeyDistributions, DenseKeysLeaveNoGap) {
  EXPECT_EQ(Sorted(DenseKeys(kCount, 1)).back(), kCount - 1);
}

TEST(KeyDistributions, PlacesCrowdInFewPartsOfTheMap) {
  std::vector<uint64_t> uniform = UniformKeys(kCount, 1);
  for (uint64_t& key : uniform) key >>= 2;
  EXPECT_GT(PartsInUse(uniform), kCount * 4 / 5);
  EXPECT_LT(PartsInUse(ClusteredKeys(kCount, 1)), kCount / 50);
  // Most are far closer to the next one than if they were spread evenly.
  const std::vector<uint64_t> places = Sorted(ClusteredKeys(kCount, 1));
  std::vector<uint64_t> gaps;
  for (size_t i = 1; i < kCount; ++i) gaps.push_back(places[i] - places[i - 1]);
  EXPECT_LT(Sorted(gaps)[kCount / 2], (uint64_t{1} << 62) / kCount / 1000);
}

TEST(KeyDistributions, LognormalKeysHaveTheirMedianAndALongTail) {
  const std::vector<uint64_t> keys = Sorted(LognormalKeys(kCount, 1));
  const auto quantile = [&](double part) {
    return static_cast<double>(keys[static_cast<size_t>(part * kCount)]);
  };
  EXPECT_NEAR(quantile(0.5) / 1e9, 1, 0.1);
  // One deviation is a factor of exp(2).
  EXPECT_NEAR(quantile(0.8413) / 1e9, 7.39, 0.75);
  EXPECT_NEAR(1e9 / quantile(0.1587), 7.39, 0.75);
  EXPECT_GT(quantile(0.999) / 1e9, 200);
}

TEST(KeyDistributions, OutliersAreFewAndFar) {
  for (const size_t count : {size_t{1000}, kCount}) {
    const std::vector<uint64_t> keys = Sorted(OutlierKeys(count, 1));
    const auto above = [&](uint64_t limit) {
      return static_cast<size_t>(
          keys.end() - std::lower_bound(keys.begin(), keys.end(), limit));
    };
    EXPECT_EQ(above(uint64_t{1} << 60), std::min(count / 100, kMostOutliers));
    EXPECT_EQ(above(uint64_t{1} << 41), above(uint64_t{1} << 60));
    EXPECT_LT(keys.front(), (uint64_t{1} << 40) / 100);
  }
}

}  // namespace
}  // namespace pma::bench
