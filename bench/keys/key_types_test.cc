// SPDX-License-Identifier: Apache-2.0

// Images keep the order of the keys and lead back to them; keys drawn are
// distinct.

#include "bench/keys/key_types.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace pma::bench {
namespace {

template <class KeyType, class OrderType = std::less<>>
struct Kind {
  using Key = KeyType;
  using Order = OrderType;
};
using Kinds =
    ::testing::Types<Kind<uint64_t>, Kind<uint64_t, std::greater<>>, Kind<Uuid>,
                     Kind<Composite>, Kind<TenantTime>, Kind<TimePoint>>;

template <class KindType>
class KeyTypes : public ::testing::Test {
 public:
  using Key = typename KindType::Key;
  using Order = typename KindType::Order;
  using Image = KeyImage<Key, Order>;

  static std::vector<Key> Drawn() {
    std::vector<Key> keys;
    for (uint32_t i = 0; i < 3000; ++i) keys.push_back(TypedKeyOf<Key>(i));
    return keys;
  }
};
TYPED_TEST_SUITE(KeyTypes, Kinds);

TYPED_TEST(KeyTypes, DrawnKeysAreDistinctAndInNoOrder) {
  auto keys = TestFixture::Drawn();
  EXPECT_FALSE(std::ranges::is_sorted(keys));
  std::ranges::sort(keys);
  EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

TYPED_TEST(KeyTypes, ImagesHaveTheOrderOfTheKeys) {
  using Image = typename TestFixture::Image;
  const typename TestFixture::Order before;
  const auto keys = TestFixture::Drawn();
  for (size_t i = 1; i < keys.size(); ++i) {
    EXPECT_EQ(Image::KeyOf(Image::Of(keys[i])), keys[i]);
    EXPECT_EQ(before(keys[i - 1], keys[i]),
              Image::Of(keys[i - 1]) < Image::Of(keys[i]));
  }
  // From the least key to the greatest.
  using Number = typename Image::Number;
  Number last = 0;
  for (Number number = 1; number != 0; number *= 2) {
    for (const Number n : {Number(number - 1), number, Image::kGreatest}) {
      EXPECT_TRUE(Image::Of(Image::KeyOf(n)) == n);
      EXPECT_EQ(before(Image::KeyOf(last), Image::KeyOf(n)), last < n);
      last = n;
    }
  }
}

TEST(KeyTypes, TimesAreOrderedAcrossTheEpoch) {
  using Image = KeyImage<TimePoint, std::less<>>;
  const std::chrono::nanoseconds second = std::chrono::seconds(1);
  EXPECT_LT(Image::Of(TimePoint(-second)), Image::Of(TimePoint(second)));
  EXPECT_EQ(Image::Of(TimePoint::min()), 0u);
  EXPECT_EQ(Image::Of(TimePoint::max()), Image::kGreatest);
}

}  // namespace
}  // namespace pma::bench
