// SPDX-License-Identifier: Apache-2.0

// What a cursor shows of the keys around it, which it has copied.

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/storage_kinds.h"

namespace pma {
namespace {

template <class Kind>
class CursorPeekTest : public ::testing::Test {
 protected:
  using Key = typename Kind::Key;
  using Map = ConcurrentMap<Key, typename Kind::Value, std::less<>,
                            std::allocator<std::byte>, TinyTuning>;
};
TYPED_TEST_SUITE(CursorPeekTest, testing::StorageKinds);

TYPED_TEST(CursorPeekTest, ShowsTheKeysThatStepsGoTo) {
  constexpr std::ptrdiff_t kKeys = 60;
  typename TestFixture::Map map;
  for (size_t i = 0; i < kKeys; ++i) {
    map.insert(TypeParam::MakeKey(i), TypeParam::MakeValue(i));
  }
  size_t shown = 0;
  for (const bool forward : {true, false}) {
    auto cursor = map.cursor();
    std::ptrdiff_t at = 0;
    if (!forward) {
      cursor.seek_to_last();
      at = kKeys - 1;
    }
    for (; cursor.valid(); forward ? cursor.next() : cursor.prev()) {
      EXPECT_EQ(cursor.peek(0), &cursor.key());
      for (std::ptrdiff_t steps = -kKeys; steps <= kKeys; ++steps) {
        const auto* key = cursor.peek(steps);
        if (key == nullptr) continue;
        EXPECT_EQ(*key, TypeParam::MakeKey(static_cast<size_t>(at + steps)));
        ++shown;
      }
      at += forward ? 1 : -1;
    }
    EXPECT_EQ(at, forward ? kKeys : -1);
  }
  // More than each key by itself.
  EXPECT_GT(shown, size_t{3 * kKeys});
}

TYPED_TEST(CursorPeekTest, ShowsNothingElse) {
  typename TestFixture::Map map;
  EXPECT_EQ(map.cursor().peek(0), nullptr);
  map.insert(TypeParam::MakeKey(1), TypeParam::MakeValue(1));
  auto cursor = map.cursor();
  for (const std::ptrdiff_t steps :
       {std::numeric_limits<std::ptrdiff_t>::min(), std::ptrdiff_t{-1},
        std::ptrdiff_t{1}, std::numeric_limits<std::ptrdiff_t>::max()}) {
    EXPECT_EQ(cursor.peek(steps), nullptr);
  }
  cursor.next();
  EXPECT_EQ(cursor.peek(0), nullptr);
  EXPECT_EQ(cursor.peek(-1), nullptr);
}

}  // namespace
}  // namespace pma
