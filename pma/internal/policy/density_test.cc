// SPDX-License-Identifier: Apache-2.0

#include "pma/internal/policy/density.h"

#include <algorithm>
#include <cstddef>
#include <set>

#include "gtest/gtest.h"

namespace pma::internal {
namespace {

TEST(WindowAround, IsAlignedHoldsTheSegmentAndEndsWithTheExtent) {
  for (size_t segments = 1; segments <= 70; ++segments) {
    for (size_t segment = 0; segment < segments; ++segment) {
      for (size_t level = 0; level <= 7; ++level) {
        const Window window = WindowAround(segment, level, segments);
        ASSERT_LE(window.begin, segment);
        ASSERT_GT(window.end, segment);
        ASSERT_LE(window.end, segments);
        ASSERT_EQ(window.begin % (size_t{1} << level), 0u);
        ASSERT_LE(window.size(), size_t{1} << level);
      }
    }
  }
}

TEST(WindowAround, NestsInTheNextLevel) {
  for (size_t segment = 0; segment < 70; ++segment) {
    for (size_t level = 0; level < 7; ++level) {
      const Window inner = WindowAround(segment, level, 70);
      const Window outer = WindowAround(segment, level + 1, 70);
      ASSERT_LE(outer.begin, inner.begin);
      ASSERT_GE(outer.end, inner.end);
    }
  }
}

TEST(SegmentsGrownBehind, IsMoreButNotTooSparse) {
  struct Shape {
    size_t cells, slab, most;
  };
  for (const Shape& shape : {Shape{56, 16, 256}, {4, 2, 8}, {15, 4, 64}}) {
    for (size_t segments = 5; segments <= shape.most; ++segments) {
      const size_t cells = segments * shape.cells;
      for (size_t entries = 0; entries <= cells; entries += 1 + cells / 64) {
        if (!MayGrowBehind(entries, segments, shape.cells)) continue;
        const size_t grown = SegmentsGrownBehind(entries, segments, shape.cells,
                                                 shape.slab, shape.most);
        ASSERT_LE(grown, shape.most);
        if (segments < shape.most) {
          ASSERT_GT(grown, segments);
        }
        ASSERT_GE(entries, MinEntries(grown, shape.cells))
            << segments << " -> " << grown;
      }
      ASSERT_FALSE(MayGrowBehind(cells / 2, segments, shape.cells));
    }
  }
  EXPECT_EQ(KeptAtEnd(56), 45u);
}

TEST(MaxEntries, LeavesAGapInEverySegmentAndFallsWithSize) {
  for (size_t cells = 2; cells <= 63; ++cells) {
    for (size_t segments = 1; segments <= 512; ++segments) {
      ASSERT_LE(MaxEntries(segments, cells), segments * (cells - 1));
    }
  }
  // The thresholds themselves, where a gap in each segment is not the limit.
  EXPECT_EQ(MaxEntries(2, 63), 119u);      // 0.95 of 126
  EXPECT_EQ(MaxEntries(256, 63), 14883u);  // 0.92 of 16128
}

TEST(FewestEntries, FillEverySegmentAndRiseWithSize) {
  for (size_t cells = 4; cells <= 63; ++cells) {
    for (size_t segments = 2; segments <= 32; ++segments) {
      const size_t fewest = FewestEntries(segments, cells);
      // Spread evenly, no segment is empty, and all have room.
      ASSERT_GE(fewest, segments);
      ASSERT_LT(fewest, MaxEntries(segments, cells));
      // An extent that has so many is not sparse as a whole.
      ASSERT_LE(fewest, std::max(segments, MinEntries(segments, cells)));
      // Two windows that have enough make one that may not have.
      ASSERT_GE(FewestEntries(2 * segments, cells), 2 * fewest);
      ASSERT_GE(FewestEntries(segments + 1, cells), fewest);
    }
  }
}

TEST(SegmentsForEntries, LeavesRoomInEverySegment) {
  for (const size_t slab : {1, 2, 16, 32}) {
    for (size_t cells = 4; cells <= 63; ++cells) {
      for (size_t entries = 0; entries < 20000; entries += 1 + entries / 50) {
        const size_t segments = SegmentsForEntries(entries, cells, slab);
        ASSERT_GE(segments, 1u);
        // No segment of an even spread is full, and a sixth of the extent is
        // free.
        ASSERT_LT((entries + segments - 1) / segments, cells) << entries;
        ASSERT_LE(entries * 100, segments * cells * 86) << entries;
      }
    }
  }
}

TEST(SegmentsForEntries, GrowsWithTheEntries) {
  size_t before = 0;
  for (size_t entries = 0; entries < 20000; ++entries) {
    const size_t segments = SegmentsForEntries(entries, 63, 16);
    ASSERT_GE(segments, before) << entries;
    before = segments;
  }
}

// What bounds the memory of a map that grows at random: the density right after
// an extent of 8-byte keys and values has been rebuilt, larger or as two
// halves.
TEST(SegmentsForEntries, LeavesFullExtentsDense) {
  constexpr size_t kCells = 63;
  constexpr size_t kSlab = 16;
  constexpr size_t kMax = 16 * kSlab;
  std::set<size_t> sizes;
  size_t slabs = 9;
  while (sizes.insert(slabs).second) {
    const size_t entries = MaxEntries(slabs * kSlab, kCells);
    const bool one = FitOneExtent(entries + 1, kCells, kMax);
    const size_t kept = one ? entries : entries / 2;
    const size_t segments =
        std::min(kMax, SegmentsForEntries(kept + 1, kCells, kSlab));
    EXPECT_GE(kept * 1000, segments * kCells * 790) << slabs;
    if (one) {
      EXPECT_GT(segments, slabs * kSlab);
    }
    slabs = segments / kSlab;
  }
  // Back at a size it has had, by way of the largest.
  EXPECT_TRUE(sizes.contains(16));
}

TEST(FitOneExtent, LeavesAGapInEverySegment) {
  for (size_t cells = 4; cells <= 63; ++cells) {
    for (const size_t segments : {1, 8, 512}) {
      EXPECT_TRUE(FitOneExtent(0, cells, segments));
      EXPECT_FALSE(FitOneExtent(segments * cells, cells, segments));
      for (size_t entries = 0; entries <= segments * cells; ++entries) {
        if (!FitOneExtent(entries, cells, segments)) break;
        ASSERT_LE(entries, segments * (cells - 1));
      }
    }
  }
}

TEST(WholeSlabs, CutsOnlySmallExtentsToMeasure) {
  for (size_t segments = 1; segments <= 600; ++segments) {
    const size_t whole = WholeSlabs(segments, 16);
    ASSERT_GE(whole, segments);
    ASSERT_LT(whole, segments + 16);
    if (segments <= 64) {
      ASSERT_EQ(whole, segments);
    } else {
      ASSERT_EQ(whole % 16, 0u);
    }
  }
}

TEST(PackedSegments, HoldsTheEntriesWithLittleToSpare) {
  for (size_t cells = 4; cells <= 63; ++cells) {
    for (size_t entries = 0; entries < 20000; entries += 1 + entries / 50) {
      const size_t segments = PackedSegments(entries, cells, 16);
      ASSERT_LE(entries, segments * cells);
      ASSERT_LE(segments, SegmentsForEntries(entries, cells, 16));
    }
  }
}

}  // namespace
}  // namespace pma::internal
