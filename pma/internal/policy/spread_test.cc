// SPDX-License-Identifier: Apache-2.0

#include "pma/internal/policy/spread.h"

#include <array>
#include <cstddef>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace pma::internal {
namespace {

size_t Sum(const Spread& spread) {
  size_t sum = 0;
  for (size_t i = 0; i < spread.segments(); ++i) sum += spread.CountOf(i);
  return sum;
}

TEST(Spread, EvenGivesEverySegmentTheSameOrOneMore) {
  for (size_t segments = 1; segments <= 9; ++segments) {
    for (size_t entries = 0; entries <= segments * 7; ++entries) {
      const Spread spread = Spread::Even(entries, segments, 7);
      size_t sum = 0;
      for (size_t i = 0; i < segments; ++i) {
        const size_t count = spread.CountOf(i);
        ASSERT_GE(count, entries / segments);
        ASSERT_LE(count, entries / segments + 1);
        sum += count;
      }
      ASSERT_EQ(sum, entries);
    }
  }
}

// Every gap spread of small windows: nothing lost, nothing over, all entries on
// their side of the gap, at least one whole segment empty right after the left
// part.
TEST(Spread, GapPacksBothSidesAndLeavesTheRoomBetween) {
  constexpr size_t kCells = 5;
  for (size_t segments = 1; segments <= 10; ++segments) {
    for (size_t entries = 0; entries <= segments * kCells; ++entries) {
      for (size_t left = 0; left <= entries; ++left) {
        if (!Spread::FitsGap(entries, left, segments, kCells)) continue;
        const Spread spread = Spread::Gap(entries, left, segments, kCells);
        size_t before_gap = 0;
        size_t i = 0;
        for (; i < segments && spread.CountOf(i) > 0; ++i) {
          if (before_gap == left) break;
          before_gap += spread.CountOf(i);
          ASSERT_LE(spread.CountOf(i), kCells);
        }
        ASSERT_EQ(before_gap, left);
        size_t empty = 0;
        for (; i < segments && spread.CountOf(i) == 0; ++i) ++empty;
        ASSERT_GE(empty, 1u);
        ASSERT_GE(empty, segments / 8);
        size_t after_gap = 0;
        for (; i < segments; ++i) {
          ASSERT_GT(spread.CountOf(i), 0u);
          ASSERT_LE(spread.CountOf(i), kCells);
          after_gap += spread.CountOf(i);
        }
        ASSERT_EQ(after_gap, entries - left);
      }
    }
  }
}

TEST(Spread, SplitAtGivesTheFirstSegmentWhatIsLeft) {
  for (size_t entries = 0; entries <= 5; ++entries) {
    for (size_t left = 0; left <= entries; ++left) {
      const Spread spread = Spread::SplitAt(entries, left);
      EXPECT_EQ(spread.CountOf(0), left);
      EXPECT_EQ(spread.CountOf(1), entries - left);
    }
  }
}

TEST(Spread, SegmentAfterIsThatOfThePrecedingEntry) {
  const Spread spread = Spread::Gap(14, 7, 6, 5);  // 5 2 0 0 2 5
  constexpr std::array<size_t, 15> kExpected = {0, 0, 0, 0, 0, 0, 1, 1,
                                                4, 4, 5, 5, 5, 5, 5};
  for (size_t left = 0; left <= 14; ++left) {
    EXPECT_EQ(spread.SegmentAfter(left), kExpected[left]) << left;
  }
}

TEST(Spread, HasRoomAfterLooksAtTheSegmentAndItsRightHandNeighbour) {
  const Spread spread = Spread::Gap(15, 5, 5, 5);  // 5 0 0 5 5
  EXPECT_TRUE(spread.HasRoomAfter(5, 5));          // the neighbour is empty
  EXPECT_FALSE(spread.HasRoomAfter(8, 5));
  EXPECT_FALSE(spread.HasRoomAfter(15, 5));
  EXPECT_TRUE(Spread::Even(14, 3, 5).HasRoomAfter(14, 5));
}

// Random sources, hot and cold, with gaps within and between: nothing lost, no
// segment over its cells.
TEST(SpreadByHeat, GivesOutEveryEntryAndOverfillsNoSegment) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20000; ++round) {
    const size_t cells = 4 + random() % 60;
    const size_t segments = 1 + random() % 40;
    std::vector<SpreadSource> sources(segments);
    size_t entries = 0;
    for (SpreadSource& source : sources) {
      source.entries = random() % (cells + 1);
      source.heat = random() % 3 == 0 ? random() % 300 : 0;
      if (random() % 4 == 0) source.gap_at = random() % (cells + 3);
      entries += source.entries;
    }
    const Spread spread = Spread::ByHeat(sources, segments, cells);
    ASSERT_EQ(spread.entries(), entries);
    ASSERT_EQ(spread.segments(), segments);
    ASSERT_EQ(Sum(spread), entries);
    for (size_t i = 0; i < segments; ++i) ASSERT_LE(spread.CountOf(i), cells);
  }
}

TEST(SpreadByHeat, WithoutHeatIsEvenToWithinOne) {
  for (size_t entries = 1; entries <= 70; ++entries) {
    std::vector<SpreadSource> sources(1);
    sources[0].entries = entries;
    const Spread spread = Spread::ByHeat(sources, 7, 10);
    for (size_t i = 0; i < 7; ++i) {
      ASSERT_LE(spread.CountOf(i), entries / 7 + 1);
      ASSERT_GE(spread.CountOf(i) + 1, entries / 7);
    }
  }
}

TEST(SpreadByHeat, RoomGoesToTheHotSource) {
  // Eight full segments of ten, two of them empty: all 20 cells of room.
  std::vector<SpreadSource> sources(10);
  for (size_t i = 0; i < 8; ++i) sources[i].entries = 10;
  sources[5].heat = 30;
  const Spread spread = Spread::ByHeat(sources, 10, 10);
  size_t before_hot = 0;
  size_t i = 0;
  for (; before_hot < 40; ++i) before_hot += spread.CountOf(i);
  EXPECT_LE(i, 5u);  // 40 of the 50 cold entries need little more than 4
  size_t after_hot = 0;
  size_t j = 10;
  for (; after_hot < 20; --j) after_hot += spread.CountOf(j - 1);
  EXPECT_GE(j, 7u);
  EXPECT_EQ(Sum(spread), 80u);
}

TEST(SpreadByHeat, RunsShareTheRoomAtTheirPlaces) {
  // Two runs at the ends of the second and the sixth of eight segments.
  std::vector<SpreadSource> sources(14);
  for (size_t i = 0; i < 8; ++i) sources[i].entries = 10;
  for (const size_t run : {1, 5}) {
    sources[run].heat = 10;
    sources[run].gap_at = 10;
  }
  const Spread spread = Spread::ByHeat(sources, 14, 10);
  for (const size_t left : {20, 60}) {
    EXPECT_TRUE(spread.HasRoomAfter(left, 10)) << left;
    // A whole segment of it.
    EXPECT_EQ(spread.CountOf(spread.SegmentAfter(left) + 1), 0u) << left;
  }
}

TEST(HeatIsConcentrated, TellsBusyPlacesFromChance) {
  std::mt19937_64 random(11);
  for (const size_t segments : {8, 64, 512}) {
    for (const size_t insertions : {1, 10, 100, 1000, 10000}) {
      std::vector<SpreadSource> at_random(segments);
      std::vector<SpreadSource> at_few(segments);
      for (size_t i = 0; i < insertions; ++i) {
        ++at_random[random() % segments].heat;
        ++at_few[random() % (1 + segments / 20)].heat;
      }
      EXPECT_FALSE(HeatIsConcentrated(at_random)) << segments;
      if (insertions >= 100) {
        EXPECT_TRUE(HeatIsConcentrated(at_few)) << segments;
      }
    }
  }
}

TEST(CarryHeat, HalfOfItGoesWithTheEntries) {
  // Heat 40 on ten entries that come to lie in two segments.
  std::vector<SpreadSource> sources(4);
  for (SpreadSource& source : sources) source.entries = 10;
  sources[1].heat = 40;
  const Spread spread = Spread::Even(40, 8, 10);
  std::vector<size_t> heat(8);
  CarryHeat(sources, 0, spread,
            [&](size_t segment, size_t more) { heat[segment] += more; });
  EXPECT_EQ(heat, (std::vector<size_t>{0, 0, 10, 10, 0, 0, 0, 0}));
}

TEST(CarryHeat, ThatOfARunGoesWhereTheRunGoesOn) {
  std::vector<SpreadSource> sources(4);
  for (SpreadSource& source : sources) source.entries = 10;
  sources[1].heat = 40;
  sources[1].gap_at = 10;
  const Spread spread = Spread::Even(40, 8, 10);
  std::vector<size_t> heat(8);
  CarryHeat(sources, 0, spread,
            [&](size_t segment, size_t more) { heat[segment] += more; });
  EXPECT_EQ(heat, (std::vector<size_t>{0, 0, 0, 20, 0, 0, 0, 0}));
}

TEST(CarryHeat, APartGetsItsShare) {
  std::vector<SpreadSource> sources(2);
  for (SpreadSource& source : sources) {
    source.entries = 10;
    source.heat = 20;
  }
  const Spread right = Spread::Even(5, 2, 10);  // entries 15 to 19
  size_t sum = 0;
  CarryHeat(sources, 15, right, [&](size_t, size_t more) { sum += more; });
  EXPECT_EQ(sum, 5u);
}

}  // namespace
}  // namespace pma::internal
