// Columns in registers against columns in vectors. Built with AVX-512 only.

#include "pma/internal/column_pair.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "gtest/gtest.h"
#include "pma/testing/this_processor.h"

namespace pma::internal {
namespace {

#if defined(PMA_COLUMN_PAIR)
constexpr size_t kWords = ColumnPair::kWords;
constexpr uint64_t kFiller = 7777;

struct alignas(64) Memory {
  std::array<uint64_t, kWords> first;
  std::array<uint64_t, kWords> second;

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

TEST(ColumnPair, StoresWhatItLoaded) {
  const Memory source = Sample();
  const ColumnPair words(&source);
  Memory all{};
  words.StoreTo(&all);
  EXPECT_EQ(all, source);
  Memory behind_first{};
  behind_first.first[0] = 5;
  words.StoreBehindFirst(&behind_first);
  EXPECT_EQ(behind_first.first[0], 5);
  behind_first.first[0] = source.first[0];
  EXPECT_EQ(behind_first, source);
}

TEST(ColumnPair, MovesBackFromEveryPlaceOn) {
  const Memory source = Sample();
  for (size_t at = 1; at < kWords; ++at) {
    Memory expected = source;
    for (size_t i = at + 1; i < kWords; ++i) {
      expected.first[i] = source.first[i - 1];
      expected.second[i] = source.second[i - 1];
    }
    ColumnPair words(&source);
    words.MoveBack(at);
    Memory moved{};
    words.StoreTo(&moved);
    ASSERT_EQ(moved, expected) << at;
  }
}

TEST(ColumnPair, MovesForwardOverEveryPlace) {
  const Memory source = Sample();
  for (size_t at = 1; at < kWords; ++at) {
    Memory expected = source;
    for (size_t i = at; i + 1 < kWords; ++i) {
      expected.first[i] = source.first[i + 1];
      expected.second[i] = source.second[i + 1];
    }
    expected.first[kWords - 1] = kFiller;
    ColumnPair words(&source);
    words.MoveForward(at, kFiller);
    Memory moved{};
    words.StoreTo(&moved);
    expected.second[kWords - 1] = moved.second[kWords - 1];  // anything
    ASSERT_EQ(moved, expected) << at;
  }
}
#else
#error "This test is for builds with AVX-512."
#endif

}  // namespace
}  // namespace pma::internal
