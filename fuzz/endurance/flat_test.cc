// SPDX-License-Identifier: Apache-2.0

#include "fuzz/endurance/flat.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "pma/testing/random.h"

namespace pma::endurance {
namespace {

constexpr double kMiB = 1024 * 1024;

// What a healthy run looks like: it fills up, then goes in waves of a third,
// met at any place.
std::vector<double> Healthy(std::size_t count, std::uint64_t seed) {
  testing::Random random(seed);
  std::vector<double> bytes;
  for (std::size_t i = 0; i < count; ++i) {
    const double filled = 1 - std::exp(-20.0 * static_cast<double>(i) /
                                       static_cast<double>(count));
    const double wave = static_cast<double>(random.Below(1000)) / 3000;
    bytes.push_back(10 * kMiB * filled * (1 - wave));
  }
  return bytes;
}

TEST(FlatTest, WavesOfAFilledMapAreFlat) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Trend trend = JudgeSecondHalf(Healthy(1800, seed), Allowance());
    EXPECT_TRUE(trend.judged);
    EXPECT_TRUE(trend.flat()) << trend.growth << " of " << trend.median;
  }
}

TEST(FlatTest, ALeakBehindWavesIsGrowth) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::vector<double> bytes = Healthy(1800, seed);
    // In half an hour a fifth of the map, a kilobyte a second.
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] += 2 * kMiB * static_cast<double>(i) / 1800;
    }
    EXPECT_FALSE(JudgeSecondHalf(bytes, Allowance()).flat()) << seed;
  }
}

// A line through few measurements of high waves rises or falls by chance.
TEST(FlatTest, ShortRunsAreSeldomBlamedForChance) {
  int blamed = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    if (!JudgeSecondHalf(Healthy(60, seed), Allowance()).flat()) ++blamed;
  }
  EXPECT_LE(blamed, 10);
}

TEST(FlatTest, GrowthIsOfTheWholeSecondHalf) {
  std::vector<double> bytes;
  for (int i = 0; i <= 2000; ++i) bytes.push_back(1000 + i);
  const Trend trend = JudgeSecondHalf(bytes, {.part = 0.1, .bytes = 5});
  EXPECT_NEAR(trend.growth, 1000, 5);
  EXPECT_NEAR(trend.median, 2500, 5);
  EXPECT_NEAR(trend.at_middle, 2000, 5);
  EXPECT_NEAR(trend.allowed, 255, 1);
  EXPECT_FALSE(trend.flat());
}

TEST(FlatTest, GrowthThatEndsBeforeTheMiddleIsTheWorkingSet) {
  std::vector<double> bytes;
  for (int i = 0; i < 100; ++i) bytes.push_back(i < 50 ? i * kMiB : 50 * kMiB);
  EXPECT_TRUE(JudgeSecondHalf(bytes, Allowance()).flat());
}

TEST(FlatTest, AFewWildMeasurementsAreNotGrowth) {
  std::vector<double> bytes(100, 10 * kMiB);
  for (std::size_t i = 90; i < 95; ++i) bytes[i] = 1000 * kMiB;
  EXPECT_TRUE(JudgeSecondHalf(bytes, Allowance()).flat());
}

TEST(FlatTest, FewMeasurementsAreNotJudged) {
  std::vector<double> bytes;
  for (int i = 0; i < 29; ++i) bytes.push_back(i * kMiB);
  EXPECT_TRUE(JudgeSecondHalf(bytes, Allowance()).judged);
  bytes.pop_back();
  EXPECT_FALSE(JudgeSecondHalf(bytes, Allowance()).judged);
  EXPECT_FALSE(JudgeSecondHalf({}, Allowance()).judged);
}

TEST(FlatTest, MedianIsAMiddleValue) {
  EXPECT_EQ(Median({}), 0);
  EXPECT_EQ(Median({3}), 3);
  EXPECT_EQ(Median({9, 1, 4}), 4);
}

}  // namespace
}  // namespace pma::endurance
