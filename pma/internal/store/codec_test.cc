// SPDX-License-Identifier: Apache-2.0

#include "pma/internal/store/codec.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/store/column.h"
#include "pma/internal/store/key_order.h"
#include "pma/internal/store/segment.h"

namespace pma::internal {
namespace {

struct Pod3 {
  char bytes[3];
  bool operator==(const Pod3&) const = default;
};
struct Empty {};

template <class T>
T RoundTrip(const T& value) {
  Column<RealPlatform, InlineCodec<T>, 3, false> column;
  column.Store(1, InlineCodec<T>::Encode(value));
  return InlineCodec<T>::View(column.Load(1));
}

TEST(InlineCodec, KeepsEveryByte) {
  EXPECT_EQ(RoundTrip<uint8_t>(0xfe), 0xfe);
  EXPECT_EQ(RoundTrip<int16_t>(-2), -2);
  EXPECT_EQ(RoundTrip<int64_t>(std::numeric_limits<int64_t>::min()),
            std::numeric_limits<int64_t>::min());
  EXPECT_TRUE(std::signbit(RoundTrip(-0.0)));
  EXPECT_EQ(RoundTrip(Pod3{{'a', 0, 'c'}}), (Pod3{{'a', 0, 'c'}}));
  const std::array<uint64_t, 4> wide = {1, 2, 3, ~uint64_t{0}};
  EXPECT_EQ(RoundTrip(wide), wide);
}

TEST(InlineCodec, UsesTheSmallestUnitThatHoldsTheType) {
  EXPECT_EQ(sizeof(InlineCodec<uint8_t>::Bits), 1u);
  EXPECT_EQ(sizeof(InlineCodec<uint16_t>::Bits), 2u);
  EXPECT_EQ(sizeof(InlineCodec<float>::Bits), 4u);
  EXPECT_EQ(sizeof(InlineCodec<Pod3>::Bits), 8u);
  EXPECT_EQ((sizeof(InlineCodec<std::array<uint64_t, 4>>::Bits)), 32u);
  EXPECT_EQ(InlineCodec<Empty>::kUnits, 0u);
}

TEST(Codecs, AreChosenByWhatTheTypeAllows) {
  using Less = std::less<>;
  EXPECT_TRUE(
      (std::is_same_v<KeyCodecFor<uint64_t, Less>, InlineCodec<uint64_t>>));
  EXPECT_TRUE((kIsTextCodec<KeyCodecFor<std::string, Less>>));
  // Heads order by characters, which another comparator may not do.
  EXPECT_TRUE((std::is_same_v<KeyCodecFor<std::string, std::greater<>>,
                              BoxedCodec<std::string>>));
  EXPECT_TRUE((std::is_same_v<ValueCodecFor<std::unique_ptr<int>>,
                              BoxedCodec<std::unique_ptr<int>>>));
  using Wide = std::array<uint64_t, 2>;
  EXPECT_TRUE((std::is_same_v<SeparatorCodecFor<Wide, KeyCodecFor<Wide, Less>>,
                              BoxedCodec<Wide>>));
}

TEST(CellsPerSegment, FillsAboutAKibibyte) {
  EXPECT_EQ(CellsPerSegment(16, 64, 1024, 56), 56u);  // 8-byte keys and values
  EXPECT_EQ(CellsPerSegment(24, 64, 1024, 48), 40u);  // strings and words
  EXPECT_EQ(CellsPerSegment(64, 16, 1024, 63), 15u);  // 32-byte keys and values
  EXPECT_EQ(CellsPerSegment(8, 16, 1024, 63), 62u);   // in 512 bytes, not 576
  EXPECT_EQ(CellsPerSegment(2, 16, 1024, 63), 56u);   // in 128 bytes, not 192
  EXPECT_EQ(CellsPerSegment(16, 64, 1024, 4), 4u);    // as tests ask for
  EXPECT_EQ(CellsPerSegment(64, 16, 512, 63), 15u);   // rather than seven
}

}  // namespace
}  // namespace pma::internal
