// SPDX-License-Identifier: Apache-2.0

// Every layout counts as std::upper_bound does.

#include "bench/micro/static_layouts.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/keys/random.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

template <class Layout>
class StaticLayoutTest : public ::testing::Test {};

using Layouts =
    ::testing::Types<SortedArray, Eytzinger, VanEmdeBoas, SixteenWide>;
TYPED_TEST_SUITE(StaticLayoutTest, Layouts);

template <class Layout>
void ExpectCountsLikeUpperBound(const std::vector<uint64_t>& sorted) {
  const Layout layout(sorted);
  std::vector<uint64_t> queries = {0, 1, ~uint64_t{0} - 1, ~uint64_t{0}};
  for (const uint64_t key : sorted) {
    queries.insert(queries.end(), {key - 1, key, key + 1});
  }
  for (const uint64_t query : queries) {
    const size_t expected =
        std::upper_bound(sorted.begin(), sorted.end(), query) - sorted.begin();
    ASSERT_EQ(layout.CountAtOrBefore(query), expected)
        << query << " among " << sorted.size();
  }
}

TYPED_TEST(StaticLayoutTest, CountsLikeUpperBoundAtEverySmallSize) {
  for (size_t size = 1; size <= 600; ++size) {
    std::vector<uint64_t> sorted;
    for (uint64_t i = 0; i < size; ++i) sorted.push_back(10 * i + 5);
    ExpectCountsLikeUpperBound<TypeParam>(sorted);
  }
}

TYPED_TEST(StaticLayoutTest, CountsLikeUpperBoundOnRandomKeys) {
  Random random(1);
  for (const size_t size : {4095, 4096, 4097, 65'536, 100'000}) {
    std::vector<uint64_t> sorted;
    for (size_t i = 0; i < size; ++i) sorted.push_back(random.Next());
    std::sort(sorted.begin(), sorted.end());
    ExpectCountsLikeUpperBound<TypeParam>(sorted);
  }
}

TYPED_TEST(StaticLayoutTest, CountsTheExtremeKeys) {
  ExpectCountsLikeUpperBound<TypeParam>({0});
  ExpectCountsLikeUpperBound<TypeParam>({~uint64_t{0}});
  ExpectCountsLikeUpperBound<TypeParam>({0, ~uint64_t{0}});
  std::vector<uint64_t> sorted;
  for (uint64_t i = 0; i < 40; ++i) sorted.push_back(~uint64_t{0} - 39 + i);
  ExpectCountsLikeUpperBound<TypeParam>(sorted);
}

}  // namespace
}  // namespace pma::bench
