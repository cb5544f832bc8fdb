// SPDX-License-Identifier: Apache-2.0

// Ranks are drawn as often as the law of Zipf says.

#include "bench/keys/zipf.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/keys/random.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

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

}  // namespace
}  // namespace pma::bench
