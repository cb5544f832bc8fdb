// How full windows may be, and how entries are laid out over segments.
//
// Pure arithmetic without a single atomic, tested exhaustively. "Window" is a
// run of neighbouring segments; its level is log2 of its size. Thresholds fall
// from 0.95 for two segments to 0.92 for a whole extent (the calibrator tree
// of Itai, Konheim, Rodeh 1981, with the thresholds measured for this layout).

#ifndef PMA_INTERNAL_DENSITY_H_
#define PMA_INTERNAL_DENSITY_H_

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>

namespace pma::internal {

struct Window {
  size_t begin = 0;  // first segment
  size_t end = 0;    // one past the last
  size_t size() const { return end - begin; }
  friend bool operator==(const Window&, const Window&) = default;
};

// The window of `1 << level` segments around `segment`, aligned to its size and
// clipped to the extent.
inline Window WindowAround(size_t segment, size_t level, size_t segment_count) {
  const size_t size = size_t{1} << level;
  const size_t begin = segment & ~(size - 1);
  return {begin, std::min(begin + size, segment_count)};
}

// The most entries with which a window may be spread evenly: below the density
// threshold of its size, and leaving a gap in every segment.
inline size_t MaxEntries(size_t window_segments, size_t cells_per_segment) {
  // Thresholds in 1/1024: 973 (0.95) at 2 segments, 942 (0.92) at 512.
  const size_t level = std::bit_width(window_segments) - 1;
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
// larger one of as few slabs as leave it no more than 84 % full.
//
// Extents of a map that grows at random fill in step, so the emptiest they ever
// are is what the map takes: with slabs of a sixteenth of the largest extent,
// they are never less than 78 % full.
inline size_t SegmentsForEntries(size_t entries, size_t cells_per_segment,
                                 size_t slab_segments) {
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
  return WholeSlabs(std::max({least, needed(84), cut_segments + 1}),
                    slab_segments);
}

// Whether `entries` go into one fresh extent of at most `max_segments`, or
// into two: the largest extent may be fuller, or its halves would be emptier
// than anything else.
inline bool FitOneExtent(size_t entries, size_t cells_per_segment,
                         size_t max_segments) {
  return entries * 100 <= max_segments * cells_per_segment * 88 &&
         entries <= max_segments * (cells_per_segment - 1);
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

inline size_t SegmentsFilledBy(size_t entries, size_t cells_per_segment) {
  return (entries + cells_per_segment - 1) / cells_per_segment;
}

// How many entries each segment of a window receives.
//
//   even   |##  |##  |##  |#   |        random insertion
//   gap    |####|#   |    |    |###|####|   a run of insertions after the
//           `left` entries packed          `left`-th entry: all room goes there
class Spread {
 public:
  static Spread Even(size_t entries, size_t segments, size_t cells) {
    assert(entries <= segments * cells);
    return Spread(entries, segments, cells, 0, false);
  }
  // Needs `FitsGap`.
  static Spread Gap(size_t entries, size_t left, size_t segments,
                    size_t cells) {
    assert(FitsGap(entries, left, segments, cells));
    return Spread(entries, segments, cells, left, true);
  }
  // The first segment keeps `left`, the second takes the rest.
  static Spread SplitAt(size_t entries, size_t left, size_t cells) {
    Spread spread(entries, 2, cells, left, true);
    return spread;
  }

  // True if packing around the gap leaves at least an eighth of the window,
  // and at least one whole segment, empty.
  static bool FitsGap(size_t entries, size_t left, size_t segments,
                      size_t cells) {
    const size_t packed =
        SegmentsFilledBy(left, cells) + SegmentsFilledBy(entries - left, cells);
    return packed + std::max<size_t>(1, segments / 8) <= segments;
  }

  size_t segments() const { return segments_; }
  size_t entries() const { return entries_; }

  size_t CountOf(size_t segment) const {
    assert(segment < segments_);
    if (!gap_) {
      return entries_ / segments_ + (segment < entries_ % segments_ ? 1 : 0);
    }
    const size_t left_segments = SegmentsFilledBy(left_, cells_);
    if (segment < left_segments) {
      return std::min(cells_, left_ - segment * cells_);
    }
    const size_t right = entries_ - left_;
    const size_t right_segments = SegmentsFilledBy(right, cells_);
    const size_t first_right = segments_ - right_segments;
    if (segment < first_right) return 0;
    // The first of the right-hand segments holds the remainder: it borders on
    // the gap, where the next insertions come.
    const size_t behind = segments_ - segment - 1;
    return std::min(cells_, right - behind * cells_);
  }

 private:
  Spread(size_t entries, size_t segments, size_t cells, size_t left, bool gap)
      : entries_(entries),
        segments_(segments),
        cells_(cells),
        left_(left),
        gap_(gap) {}

  size_t entries_;
  size_t segments_;
  size_t cells_;
  size_t left_;
  bool gap_;
};

// The insertion history of one segment, kept beside its cells, by which runs
// (ascending or descending keys) are told from random insertion. Adaptive
// rebalancing after Bender and Hu, "An adaptive packed-memory array" (2007):
// without it an ascending load moves 215 cells per insertion, with it none.
//
//   63       16 15     8 7      0
//  +-----------+--------+--------+
//  |  unused   | run    | rank   |   run: signed length, > 0 ascending
//  +-----------+--------+--------+   rank: where the last cell was inserted
//                                    (0xff: before the first)
class RunHint {
 public:
  constexpr RunHint() = default;
  constexpr explicit RunHint(uint64_t bits) : bits_(bits) {}
  static constexpr RunHint Of(int run, size_t rank) {
    return RunHint((uint64_t{static_cast<uint8_t>(run)} << 8) | (rank & 0xff));
  }

  constexpr uint64_t bits() const { return bits_; }
  constexpr size_t rank() const { return bits_ & 0xff; }
  constexpr int run() const { return static_cast<int8_t>(bits_ >> 8); }

  constexpr RunHint AfterInsert(size_t rank) const {
    int run = this->run();
    if (rank == ((this->rank() + 1) & 0xff)) {
      run = run < 0 ? 1 : std::min(run + 1, 100);
    } else if (rank == this->rank()) {
      run = run > 0 ? -1 : std::max(run - 1, -100);
    } else {
      run = 0;
    }
    return Of(run, rank);
  }
  constexpr RunHint AfterErase(size_t rank) const {
    return rank <= this->rank() && this->rank() > 0
               ? Of(run(), this->rank() - 1)
               : *this;
  }

  constexpr bool ascending(size_t cells) const {
    return run() >= MinRun(cells);
  }
  constexpr bool descending(size_t cells) const {
    return run() <= -MinRun(cells);
  }
  static constexpr int MinRun(size_t cells) {
    return static_cast<int>(std::max<size_t>(2, cells / 4));
  }

 private:
  uint64_t bits_ = 0;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_DENSITY_H_
