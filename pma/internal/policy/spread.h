// SPDX-License-Identifier: Apache-2.0

// How the entries of a window or an extent are laid out over segments.
//
// Pure arithmetic without a single atomic, tested exhaustively.
//
//   even      |##  |##  |##  |#   |           random insertion
//   gap       |####|#   |    |    |###|####|  one run: all room where it goes
//   on by heat   |####|#   |    |### |# #|# # |  several runs, busy places:
//   room
//                                             where insertions came lately

#ifndef PMA_INTERNAL_POLICY_SPREAD_H_
#define PMA_INTERNAL_POLICY_SPREAD_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pma/internal/machine/list.h"
#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

inline size_t SegmentsFilledBy(size_t entries, size_t cells_per_segment) {
  return (entries + cells_per_segment - 1) / cells_per_segment;
}

// What one segment brings to a spread.
struct SpreadSource {
  static constexpr size_t kWithin = ~size_t{0};

  size_t entries = 0;
  size_t heat = 0;
  // The room for its heat goes before this entry, or in between all of them.
  size_t gap_at = kWithin;
};

// How many entries each segment receives.
class Spread {
 public:
  [[gnu::noinline]] static Spread Even(size_t entries, size_t segments,
                                       [[maybe_unused]] size_t cells) {
    assert(entries <= segments * cells);
    Spread spread(entries, segments);
    for (size_t i = 0; i < segments; ++i) {
      spread.counts_[i] = static_cast<uint8_t>(
          entries / segments + (i < entries % segments ? 1 : 0));
    }
    assert(spread.AddsUp(cells));
    return spread;
  }

  // `left` entries packed, a gap, the others packed. Needs `FitsGap`.
  [[gnu::noinline]] static Spread Gap(size_t entries, size_t left,
                                      size_t segments, size_t cells) {
    assert(FitsGap(entries, left, segments, cells));
    Spread spread(entries, segments);
    size_t rest = left;
    for (size_t i = 0; rest > 0; ++i) rest -= spread.Pack(i, rest, cells);
    // The first of the right-hand segments holds the remainder: it borders on
    // the gap, where the next insertions come.
    rest = entries - left;
    for (size_t i = segments; rest > 0; --i) {
      rest -= spread.Pack(i - 1, rest, cells);
    }
    assert(spread.AddsUp(cells));
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

  // Each segment as it is: `count_of(segment)`.
  template <class CountOf>
  static Spread AsIs(size_t segments, CountOf count_of) {
    Spread spread(0, segments);
    for (size_t i = 0; i < segments; ++i) {
      spread.counts_[i] = static_cast<uint8_t>(count_of(i));
      spread.entries_ += count_of(i);
    }
    return spread;
  }

  // The first segment keeps `left`, the second takes the rest.
  static Spread SplitAt(size_t entries, size_t left) {
    assert(left <= entries);
    Spread spread(entries, 2);
    spread.counts_ = {static_cast<uint8_t>(left),
                      static_cast<uint8_t>(entries - left)};
    return spread;
  }

  // Seven eighths of the room in proportion to heat, one eighth evenly.
  static Spread ByHeat(std::span<const SpreadSource> sources, size_t segments,
                       size_t cells);

  size_t segments() const { return counts_.size(); }
  size_t entries() const { return entries_; }
  size_t CountOf(size_t segment) const {
    assert(segment < counts_.size());
    return counts_[segment];
  }

  // Where the entry before which `left` others lie has its predecessor, and so
  // where a key between the two belongs.
  size_t SegmentAfter(size_t left) const {
    assert(left <= entries_);
    size_t segment = 0;
    size_t last_used = 0;
    for (; left > 0; ++segment) {
      if (counts_[segment] > 0) last_used = segment;
      left -= std::min<size_t>(left, counts_[segment]);
    }
    return last_used;
  }
  // Whether a key after `left` entries finds a free cell, or an empty segment
  // beside its own.
  bool HasRoomAfter(size_t left, size_t cells) const {
    const size_t segment = SegmentAfter(left);
    return counts_[segment] < cells ||
           (segment + 1 < segments() && counts_[segment + 1] == 0);
  }

 private:
  Spread(size_t entries, size_t segments)
      : entries_(entries), counts_(segments) {}

  // Whether all entries have a place, and no segment more than its cells.
  [[maybe_unused]] bool AddsUp(size_t cells) const {
    size_t sum = 0;
    for (const size_t count : counts_) {
      if (count > cells) return false;
      sum += count;
    }
    return sum == entries_;
  }

  size_t Pack(size_t segment, size_t entries, size_t cells) {
    assert(segment < counts_.size());
    const size_t count = std::min(entries, cells);
    counts_[segment] = static_cast<uint8_t>(count);
    return count;
  }

  size_t entries_;
  List<uint8_t> counts_;
};

inline Spread Spread::ByHeat(std::span<const SpreadSource> sources,
                             size_t segments, size_t cells) {
  size_t entries = 0;
  uint64_t heat = 0;
  for (const SpreadSource& source : sources) {
    entries += source.entries;
    heat += source.heat;
  }
  assert(entries <= segments * cells);
  Spread spread(entries, segments);
  if (entries == 0) return spread;

  // Entries are put on a line, in units of 2^-20 cells: each is as wide as its
  // cell and the room that follows it, and lies where it begins.
  constexpr int kUnit = 20;
  const uint64_t room = uint64_t{segments * cells - entries} << kUnit;
  const uint64_t by_heat = heat == 0 ? 0 : room - room / 8;
  const uint64_t width = (uint64_t{1} << kUnit) + (room - by_heat) / entries;
  const uint64_t segment_width = uint64_t{cells} << kUnit;
  uint64_t at = 0;
  const auto put = [&](size_t count, uint64_t entry_width) {
    while (count > 0) {
      const size_t segment = at / segment_width;
      assert(segment < segments);
      const uint64_t left = (segment + 1) * segment_width - at;
      const size_t run =
          std::min<size_t>(count, (left + entry_width - 1) / entry_width);
      spread.counts_[segment] += static_cast<uint8_t>(run);
      at += run * entry_width;
      count -= run;
    }
  };
  for (const SpreadSource& source : sources) {
    const uint64_t share = source.heat == 0 ? 0 : by_heat / heat * source.heat;
    if (source.gap_at != SpreadSource::kWithin) {
      const size_t left = std::min(source.gap_at, source.entries);
      put(left, width);
      at += share;
      put(source.entries - left, width);
    } else if (source.entries > 0) {
      put(source.entries, width + share / source.entries);
    }
  }
  assert(spread.AddsUp(cells));
  return spread;
}

// Whether insertions came to few of the segments, rather than to all at random:
// then the sum of the squares is about what it is for chance (Poisson).
inline bool HeatIsConcentrated(std::span<const SpreadSource> sources) {
  uint64_t heat = 0;
  uint64_t squares = 0;
  for (const SpreadSource& source : sources) {
    heat += source.heat;
    squares += source.heat * source.heat;
  }
  return squares > 3 * (heat + heat * heat / sources.size());
}

// Tells set(segment, heat) where half of the heat of the sources goes in a
// spread of their entries from the `first` on; room that was for one place
// leaves no trail. Called any number of times for each segment.
template <class Set>
void CarryHeat(std::span<const SpreadSource> sources, size_t first,
               const Spread& spread, Set set) {
  size_t position = 0;  // of the source's first entry
  size_t segment = 0;
  size_t segment_end = first + spread.CountOf(0);
  const size_t end = first + spread.entries();
  for (const SpreadSource& source : sources) {
    const size_t begin = position;
    position += source.entries;
    if (source.heat == 0) continue;
    if (source.gap_at != SpreadSource::kWithin) {
      const size_t gap = begin + std::min(source.gap_at, source.entries);
      if (gap >= first && gap <= end) {
        set(spread.SegmentAfter(gap - first), source.heat / 2);
      }
      continue;
    }
    size_t at = std::max(begin, first);
    while (at < std::min(position, end)) {
      while (segment_end <= at) segment_end += spread.CountOf(++segment);
      const size_t run = std::min({position, end, segment_end}) - at;
      set(segment, source.heat * run / (2 * source.entries));
      at += run;
    }
  }
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_POLICY_SPREAD_H_
