// SPDX-License-Identifier: Apache-2.0

#include "pma/internal/policy/run_hint.h"

#include <algorithm>
#include <cstddef>

#include "gtest/gtest.h"

namespace pma::internal {
namespace {

TEST(RunHint, TellsRunsFromRandomInsertion) {
  RunHint hint;
  for (size_t rank = 1; rank < 9; ++rank) hint = hint.AfterInsert(rank);
  EXPECT_TRUE(hint.ascending(31));
  EXPECT_FALSE(hint.descending(31));

  hint = RunHint::Of(0, 3, 0);
  for (int i = 0; i < 8; ++i) hint = hint.AfterInsert(3);
  EXPECT_TRUE(hint.descending(31));
  EXPECT_FALSE(hint.ascending(31));

  hint = hint.AfterInsert(20);
  EXPECT_FALSE(hint.descending(31));
  EXPECT_EQ(hint.run(), 0);
}

TEST(RunHint, GoesOnBeforeTheFirstCell) {
  // Placed before an empty segment's first cell, an ascending run goes on
  // there.
  RunHint hint = RunHint::Of(10, 0xff, 10);
  hint = hint.AfterInsert(0);
  EXPECT_EQ(hint.run(), 11);
  EXPECT_EQ(hint.rank(), 0u);
}

TEST(RunHint, LengthIsBounded) {
  RunHint up;
  RunHint down;
  for (size_t i = 1; i < 1000; ++i) {
    up = up.AfterInsert(i & 0xff);
    down = down.AfterInsert(0);
  }
  EXPECT_EQ(up.run(), 64);
  EXPECT_EQ(up.beside(), 64u);
  EXPECT_EQ(down.run(), -64);
  EXPECT_EQ(down.beside(), 64u);
}

TEST(RunHint, AnEraseBelowKeepsTheRun) {
  RunHint hint = RunHint::Of(9, 5, 9);
  hint = hint.AfterErase(0);
  EXPECT_EQ(hint.run(), 9);
  EXPECT_EQ(hint.rank(), 4u);
  EXPECT_EQ(hint.AfterErase(20).rank(), 4u);
}

TEST(RunHint, KeysFromBothSidesOfAPointArePredictableButNoRun) {
  RunHint hint = RunHint::Of(0, 3, 0);
  size_t rank = 3;
  for (int i = 0; i < 8; ++i) {
    hint = hint.AfterInsert(rank);    // the high side
    hint = hint.AfterInsert(++rank);  // the low side
  }
  EXPECT_TRUE(hint.predictable(31));
  EXPECT_FALSE(hint.ascending(31));
  EXPECT_FALSE(hint.descending(31));
  EXPECT_FALSE(hint.AfterInsert(rank + 2).predictable(31));
}

TEST(RunHint, HeatCountsInsertionsAndCoolsWithTheRebalances) {
  RunHint hint = RunHint().WithHeat(4, 1000);
  for (size_t i = 0; i < 12; ++i) hint = hint.AfterInsert(i * 7 % 30);
  EXPECT_EQ(hint.HeatAt(1000), 16u);
  EXPECT_EQ(hint.HeatAt(1007), 16u);
  EXPECT_EQ(hint.HeatAt(1008), 8u);
  EXPECT_EQ(hint.HeatAt(1016), 4u);
  EXPECT_EQ(hint.HeatAt(5000), 0u);
  // The stamp is 16 bits wide.
  EXPECT_EQ(RunHint().WithHeat(8, 0xffff).HeatAt(0x10001), 8u);
}

TEST(RunHint, HeatIsBounded) {
  RunHint hint = RunHint().WithHeat(1000, 0);
  for (size_t i = 0; i < 1000; ++i) hint = hint.AfterInsert(i * 7 % 30);
  EXPECT_EQ(hint.HeatAt(0), 128u);
}

TEST(RunHint, APlaceElsewhereKeepsTheRunAndItsHeat) {
  const RunHint hint = RunHint::Of(-20, 5, 21).WithHeat(33, 7);
  const RunHint moved = hint.At(0xff);
  EXPECT_EQ(moved.rank(), 0xffu);
  EXPECT_EQ(moved.run(), -20);
  EXPECT_EQ(moved.beside(), 21u);
  EXPECT_EQ(moved.HeatAt(7), 33u);
}

// The step of an ascending run is computed on all fields at once.
TEST(RunHint, AllFieldsCountOnWithoutDisturbingEachOther) {
  for (const int run : {-64, -1, 0, 1, 63, 64}) {
    for (const size_t beside : {0, 1, 63, 64}) {
      for (const size_t heat : {0, 1, 127, 128}) {
        for (size_t rank = 0; rank < 63; ++rank) {
          const RunHint hint =
              RunHint::Of(run, rank, beside).WithHeat(heat, 0xffff);
          const RunHint next = hint.AfterInsert(rank + 1);
          EXPECT_EQ(next.rank(), rank + 1);
          EXPECT_EQ(next.run(), run < 0 ? 1 : std::min(run + 1, 64));
          EXPECT_EQ(next.beside(), std::min<size_t>(beside + 1, 64));
          EXPECT_EQ(next.HeatAt(0xffff), std::min<size_t>(heat + 1, 128));
          EXPECT_EQ(next.bits() >> 32, hint.bits() >> 32);
        }
      }
    }
  }
}

}  // namespace
}  // namespace pma::internal
