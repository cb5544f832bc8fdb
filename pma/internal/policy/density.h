// SPDX-License-Identifier: Apache-2.0

// How full windows may be, and how large extents are.
//
// Pure arithmetic without a single atomic, tested exhaustively. "Window" is a
// run of neighbouring segments; its level is log2 of its size. Upper thresholds
// fall from 0.95 for two segments to 0.92 for a whole extent, lower ones rise
// from 0.30 to 0.50 (the calibrator tree of Itai, Konheim, Rodeh 1981, with the
// thresholds measured for this layout).

#ifndef PMA_INTERNAL_POLICY_DENSITY_H_
#define PMA_INTERNAL_POLICY_DENSITY_H_

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>

#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

struct Window {
  size_t begin = 0;  // first segment
  size_t end = 0;    // one past the last
  size_t size() const { return end - begin; }
  friend bool operator==(const Window&, const Window&) = default;
};

// The window of `1 << level` segments around `segment`, aligned to its size and
// clipped to the extent.
inline Window WindowAround(size_t segment, size_t level, size_t segment_count) {
  assert(segment < segment_count);
  const size_t size = size_t{1} << level;
  const size_t begin = segment & ~(size - 1);
  return {begin, std::min(begin + size, segment_count)};
}

// The most entries with which a window may be spread evenly: below the density
// threshold of its size, and leaving a gap in every segment.
inline size_t MaxEntries(size_t window_segments, size_t cells_per_segment) {
  assert(window_segments > 0);
  // Thresholds in 1/1024: 973 (0.95) at 2 segments, 945 (0.92) at 256.
  const size_t level = static_cast<size_t>(std::bit_width(window_segments)) - 1;
  const size_t threshold = 977 - 4 * std::min<size_t>(level, 9);
  const size_t cells = window_segments * cells_per_segment;
  return std::min(cells * threshold / 1024,
                  window_segments * (cells_per_segment - 1));
}

// Extents of up to this many slabs are cut to measure; larger ones take whole
// slabs, for which there is a pool.
inline constexpr size_t kCutSlabs = 4;

// The segments of an extent that needs at least `segments`.
inline size_t WholeSlabs(size_t segments, size_t slab_segments) {
  if (segments <= kCutSlabs * slab_segments) return segments;
  return (segments + slab_segments - 1) / slab_segments * slab_segments;
}

// Segments for `entries` in a fresh extent: a small one four fifths full, a
// larger one of as few slabs as leave it no more than 86 % full.
//
// Extents of a map that grows at random fill in step, so the emptiest they ever
// are is what the map takes: with slabs of a sixteenth of the largest extent,
// they are never less than 79 % full.
inline size_t SegmentsForEntries(size_t entries, size_t cells_per_segment,
                                 size_t slab_segments) {
  assert(cells_per_segment > 1 && slab_segments > 0);
  const auto needed = [&](size_t percent) {
    return (entries * 100 + percent * cells_per_segment - 1) /
           (percent * cells_per_segment);
  };
  // A gap in every segment, however few cells it has.
  const size_t least = std::max<size_t>(
      1, (entries + cells_per_segment - 2) / (cells_per_segment - 1));
  const size_t small = std::max(least, needed(80));
  const size_t cut_segments = kCutSlabs * slab_segments;
  if (small <= cut_segments) return small;
  return WholeSlabs(std::max({least, needed(86), cut_segments + 1}),
                    slab_segments);
}

// Segments for `entries` among which next to no insertions are expected.
inline size_t PackedSegments(size_t entries, size_t cells_per_segment,
                             size_t slab_segments) {
  const size_t filled =
      (entries * 100 + 97 * cells_per_segment - 1) / (97 * cells_per_segment);
  return WholeSlabs(std::max<size_t>(1, filled), slab_segments);
}

// Cells in use of each segment that is packed though insertions are expected
// all over it: nine tenths, so that the next few find room in their segment,
// and some more by a spread of a small window.
constexpr size_t PackedCells(size_t cells_per_segment) {
  return std::min((cells_per_segment * 9 + 9) / 10, cells_per_segment - 1);
}

// Of a full segment at the end of keys that come nearly in order, what stays
// when the others begin the next one: of keys that come up to 64 places early
// or late, so many are still to come before these that they just find room.
constexpr size_t KeptAtEnd(size_t entries) { return entries * 13 / 16; }

// Whether an extent of so many entries may get all its room behind them: if it
// would be dense enough with that, too.
inline bool MayGrowBehind(size_t entries, size_t segments,
                          size_t cells_per_segment) {
  return entries * 4 >= segments * cells_per_segment * 3;
}
// The segments that it then has: the entries would fill five eighths of them,
// or a little less if that makes it one of `max_segments`.
inline size_t SegmentsGrownBehind(size_t entries, size_t segments,
                                  size_t cells_per_segment,
                                  size_t slab_segments, size_t max_segments) {
  const size_t grown =
      WholeSlabs(std::max(segments + 2, entries * 8 / (5 * cells_per_segment)),
                 slab_segments);
  return grown * 8 <= max_segments * 7 ? grown : max_segments;
}

// Whether `entries` go into one fresh extent of at most `max_segments`, or
// into two: the largest extent may be fuller, or its halves would be emptier
// than anything else.
inline bool FitOneExtent(size_t entries, size_t cells_per_segment,
                         size_t max_segments) {
  return entries * 100 <= max_segments * cells_per_segment * 88 &&
         entries <= max_segments * (cells_per_segment - 1);
}

// The fewest entries of a window that are spread evenly over a segment of it
// that has been emptied; if they are fewer, a larger window is taken, or the
// extent. From 30 % of its cells for two segments to 46 % for 32, towards what
// an extent must have: so a window that has just been spread can lose some
// before the one around it is next. And no segment stays empty.
inline size_t FewestEntries(size_t window_segments, size_t cells_per_segment) {
  const size_t level = static_cast<size_t>(std::bit_width(window_segments)) - 1;
  assert(window_segments > 0);
  const size_t percent = 26 + 4 * std::min<size_t>(level, 5);
  return std::max(window_segments,
                  window_segments * cells_per_segment * percent / 100);
}

// An extent below this many entries is rebuilt smaller or merged.
inline size_t MinEntries(size_t segments, size_t cells_per_segment) {
  return segments * cells_per_segment / 2;
}

// True if a segment whose count falls to `count` is worth telling its extent
// about: the extent looks at its density after a quarter of its segments have.
inline bool IsLowWatermark(size_t count, size_t cells_per_segment) {
  return count == 0 || count == cells_per_segment / 5 ||
         count == cells_per_segment * 2 / 5;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_POLICY_DENSITY_H_
