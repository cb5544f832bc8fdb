// SPDX-License-Identifier: Apache-2.0

// Columns in vector registers against columns in vectors.

#include "pma/internal/machine/segment_registers.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "gtest/gtest.h"
#include "pma/testing/this_processor.h"

namespace pma::internal {
namespace {

#if defined(PMA_WIDE)
constexpr size_t kWords = ColumnPair::kWords;
constexpr uint64_t kFiller = 7777;

struct alignas(64) Memory {
  std::array<uint64_t, 8> before{};
  std::array<uint64_t, kWords> first{};
  std::array<uint64_t, kWords> second{};

  friend bool operator==(const Memory&, const Memory&) = default;
};

Memory Sample() {
  Memory memory;
  for (size_t i = 0; i < kWords; ++i) {
    memory.first[i] = 1000 + i;
    memory.second[i] = 2000 + i;
  }
  return memory;
}

class ColumnPairTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kWideRegisters) GTEST_SKIP() << "this processor has no AVX-512";
  }
};

TEST_F(ColumnPairTest, CopiesBothAndLastWordsOfLinesBeforeThem) {
  Memory copied{};
  copied.before = {5, 6, 1, 1, 1, 1, 1, 1};
  Memory expected = Sample();
  CopyWithLastWords(&expected.first, &copied.first);
  expected.before = {5, 6, 1007, 1015, 1023, 1031, 1039, 1047};
  EXPECT_EQ(copied, expected);
}

TEST_F(ColumnPairTest, MovesBackFromEveryPlaceOn) {
  const Memory source = Sample();
  for (size_t at = 0; at < kWords; ++at) {
    Memory expected = source;
    for (size_t i = at + 1; i < kWords; ++i) {
      expected.first[i] = source.first[i - 1];
      expected.second[i] = source.second[i - 1];
    }
    Memory moved{};
    CopyMovedBack(&source.first, &moved.first, at);
    ASSERT_EQ(moved, expected) << at;
  }
}

TEST_F(ColumnPairTest, MovesForwardOverEveryPlace) {
  const Memory source = Sample();
  for (size_t at = 0; at < kWords; ++at) {
    Memory expected = source;
    for (size_t i = at; i + 1 < kWords; ++i) {
      expected.first[i] = source.first[i + 1];
      expected.second[i] = source.second[i + 1];
    }
    expected.first[kWords - 1] = kFiller;
    Memory moved{};
    CopyMovedForward(&source.first, &moved.first, at, kFiller);
    expected.second[kWords - 1] = moved.second[kWords - 1];  // anything
    ASSERT_EQ(moved, expected) << at;
  }
}
#else
TEST(ColumnPairTest, IsNoPartOfThisBuild) {
  GTEST_SKIP() << "built for processors without AVX-512";
}
#endif

}  // namespace
}  // namespace pma::internal
