// SPDX-License-Identifier: Apache-2.0

// A segment: a sorted array with gaps, of which packed memory arrays are made.
//
//   +------+------+-----------+------------------+--------------------+
//   | word | hint | pivots    | keys[0..kCells)  | values[0..kCells)  |
//   +------+------+-----------+------------------+--------------------+
//
// Keys that are strings have heads before them (heads.h), which take the place
// of natural keys in all that follows; so do words of keys that are
// numbers of several words, which lie in a row each: the first one in which
// keys of the segment may differ.
//
// keys[0, count) are strictly ascending. Beyond `count`, natural keys
// (search.h) hold the filler, so that a search may look at all cells;
// everything else is stale there and never looked at.
//
// Natural keys lie in groups of one cache line. The pivots are copies of the
// last key of each group but the last, and fill the first cache line. So a
// search reads that line, one of keys and one of values, however large the
// segment is. Lomet, "The evolution of effective B-tree: page organization and
// techniques" (2001), calls it a micro-index.
// With 8-byte keys and values there are 56 cells in seven groups, and a segment
// fills fifteen lines, 960 bytes: so that what leads to segments is small
// enough for the caches, and scans seldom leave one.
//
// INV-11 pivots are equal to what they are copies of while the segment is Idle
//        or under an even marker: whoever writes keys writes them, too, under
//        the same marker.
//
// The same type serves as the after-image a writer publishes in its thread
// record. The pivots of an image are not looked at.

#ifndef PMA_INTERNAL_STORE_SEGMENT_H_
#define PMA_INTERNAL_STORE_SEGMENT_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pma/internal/policy/density.h"
#include "pma/internal/policy/run_hint.h"
#include "pma/internal/store/codec.h"
#include "pma/internal/store/column.h"
#include "pma/internal/store/heads.h"
#include "pma/internal/store/key_order.h"
#include "pma/internal/store/search.h"
#include "pma/internal/store/word.h"

namespace pma::inline PMA_VARIANT::internal {

// Cells that fill a segment of about `segment_bytes`, at least four, and at
// least fifteen if that takes no more than twice the bytes. Some fewer if their
// last cache line would be nearly empty.
constexpr size_t CellsPerSegment(size_t cell_bytes, size_t header_bytes,
                                 size_t segment_bytes, size_t max_cells) {
  if (cell_bytes == 0) cell_bytes = 1;
  const size_t wanted = std::max(
      (segment_bytes - header_bytes) / cell_bytes,
      std::min<size_t>(15, (2 * segment_bytes - header_bytes) / cell_bytes));
  const size_t cells =
      std::min({std::max<size_t>(wanted, 4), max_cells, Word::kMaxCount});
  const size_t lines = (header_bytes + cells * cell_bytes + 63) / 64;
  if (lines == 1) return cells;
  const size_t fewer = ((lines - 1) * 64 - header_bytes) / cell_bytes;
  return fewer >= 4 && (lines - 1) * cells < lines * fewer ? fewer : cells;
}

template <class Types>
struct alignas(64) Segment {
  using Platform = typename Types::Platform;
  using KeyCodec = typename Types::KeyCodec;
  using ValueCodec = typename Types::ValueCodec;
  using KeyBits = typename KeyCodec::Bits;
  using ValueBits = typename ValueCodec::Bits;
  using Head = typename Types::Head;
  using Natural = NaturalCells<Platform, Head>;
  using HeadCodec = InlineCodec<uint64_t>;
  using PivotCodec =
      std::conditional_t<Types::kHeadedKeys, HeadCodec, KeyCodec>;
  static constexpr bool kLong = Types::kLongKeys;
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;

  static constexpr bool kHeaded = Types::kTextKeys;
  struct NoSkip {};
  struct NoHeads {};
  // Whether a search may look at all cells.
  static constexpr bool kSearched = Types::kNaturalKeys || kHeaded || kLong;
  // The word and the hint (and the skip), and the pivots that then fill the
  // line.
  static constexpr size_t kHeaderBytes = kSearched ? 64 : 16;
  // What is searched in a line, and before the pivots in the header's line.
  static constexpr size_t kLineKeys =
      64 / (kLong ? sizeof(uint64_t) : std::max<size_t>(1, sizeof(KeyBits)));
  static constexpr size_t kBeforePivots = kHeaded || kLong ? 3 : kLineKeys / 4;

  static constexpr size_t kCells = CellsPerSegment(
      sizeof(KeyBits) * (KeyCodec::kUnits > 0) * (kHeaded ? 2 : 1) +
          sizeof(ValueBits) * (ValueCodec::kUnits > 0),
      kHeaderBytes, Types::Tuning::kSegmentBytes,
      kSearched ? std::min(Types::Tuning::kMaxCells,
                           kLineKeys*(kLineKeys - kBeforePivots + 1))
                : Types::Tuning::kMaxCells);

  // A segment of few cells has two groups. The last may overlap the one before.
  static constexpr size_t kGroupCells = std::min(kLineKeys, (kCells + 1) / 2);
  static constexpr size_t kPivots = kSearched ? (kCells - 1) / kGroupCells : 0;
  static_assert(kPivots + kBeforePivots <= kLineKeys || kPivots == 0);

  Segment() {
    SetSkip(0);
    ClearCells(0);
    SetPivots();
  }

  Atomic<uint64_t> word;
  // A RunHint; written by the holder of the marker, read by writers as advice.
  Atomic<uint64_t> hint;
  // Characters that all keys begin with, before their heads.
  [[no_unique_address]] std::conditional_t<kHeaded || kLong, Atomic<uint64_t>,
                                           NoSkip> skipped;
  [[no_unique_address]] Column<Platform, PivotCodec, kPivots, false> pivots;
  [[no_unique_address]] alignas(kHeaded ? 64 : 1) std::conditional_t<
      kHeaded, Column<Platform, HeadCodec, kCells, false>, NoHeads> heads;
  alignas(kPivots > 0 && !kHeaded ? 64 : alignof(Atomic<uint64_t>)) std::
      conditional_t<kLong, PlanedColumn<Platform, KeyCodec, kCells>,
                    Column<Platform, KeyCodec, kCells, KeyCodec::kBoxed>> keys;
  // Ordered if values are replaced in place.
  Column<Platform, ValueCodec, kCells, ValueCodec::kUnits == 1> values;

  // Fetches the whole segment at once, for who reads or moves many cells: they
  // would meet its cache lines one after the other, waiting for each.
  PMA_ALWAYS_INLINE void PrefetchAll() const {
    for (size_t offset = 0; offset < sizeof(Segment); offset += 64) {
      __builtin_prefetch(reinterpret_cast<const std::byte*>(this) + offset);
    }
  }
  // Fetches all heads beside the header: one line after the other takes longer.
  PMA_ALWAYS_INLINE void PrefetchHeads() const {
    for (size_t i = 0; i < kCells; i += kLineKeys) {
      __builtin_prefetch(searched() + i);
    }
  }
  // Fetches what a search reads first.
  PMA_ALWAYS_INLINE void PrefetchHeader() const { __builtin_prefetch(this); }

  Word LoadWord() const { return Word(word.LoadAcquire()); }

  // What is searched: natural keys, or heads.
  const auto* searched() const {
    if constexpr (kHeaded) {
      return heads.units();
    } else if constexpr (kLong) {
      return keys.units(skip());
    } else {
      return keys.units();
    }
  }

  // The first cell of the group in which a search for `key` ends; not for the
  // filler. Fetches the values there.
  template <bool kWide>
  PMA_ALWAYS_INLINE size_t GroupOf(Head key) const {
    size_t group = kGroupCells *
                   Natural::template CountInLine<kBeforePivots, kPivots, kWide>(
                       pivots.units(), key);
    if constexpr (kCells % kGroupCells != 0) {
      group = std::min(group, kCells - kGroupCells);
    }
    if constexpr (ValueCodec::kUnits > 0) {
      __builtin_prefetch(values.units() + group * ValueCodec::kUnits);
    }
    if constexpr (kHeaded) __builtin_prefetch(keys.units() + group);
    return group;
  }
  // Fetches what a search for `key` reads last.
  template <bool kWide>
  PMA_ALWAYS_INLINE void PrefetchGroup(Head key) const {
    __builtin_prefetch(searched() + GroupOf<kWide>(key));
  }
  // How many keys are before `key`, whose group that is.
  template <bool kWide>
  PMA_ALWAYS_INLINE size_t CountBefore(Head key, size_t group) const {
    const auto* const cells = searched() + group;
    if constexpr (kGroupCells == kLineKeys) {
      return group +
             Natural::template CountInLine<0, kGroupCells, kWide>(cells, key);
    } else {
      return group +
             Natural::template ScalarCountBefore<kGroupCells>(cells, key);
    }
  }

  // Copies cells [from, to) of `source`, another segment, to this one, the
  // first of them to cell `at`. Only the marker's holder may write. The order
  // is relaxed: the marker is what publishes cells.
  [[gnu::noinline]] void CopyCells(const Segment& source, size_t from,
                                   size_t to, size_t at) {
    CopyCellsInline(source, from, to, at);
  }
  // CopyCells() where few are copied as a rule.
  PMA_ALWAYS_INLINE void CopyCellsInline(const Segment& source, size_t from,
                                         size_t to, size_t at) {
    assert(this != &source);
    assert(from <= to && to <= kCells && at + (to - from) <= kCells);
    if constexpr (kHeaded) {
      heads.CopyFrom(source.heads, from, to, at);
    }
    if constexpr (KeyCodec::kUnits == 1 && ValueCodec::kUnits == 1) {
      CopyWords(to - from, keys.CopyOf(source.keys, from, at),
                values.CopyOf(source.values, from, at));
    } else {
      keys.CopyFrom(source.keys, from, to, at);
      values.CopyFrom(source.values, from, to, at);
    }
  }
  void StoreCell(size_t cell, const KeyBits& key, const ValueBits& value) {
    keys.Store(cell, key);
    values.Store(cell, value);
  }
  // What is searched in cells that are not in use.
  static constexpr typename PivotCodec::Bits FillerBits() {
    return {std::bit_cast<typename PivotCodec::Unit>(Natural::kFiller)};
  }
  // Takes a cell out of use, or all from `first` on.
  void ClearCell(size_t cell) {
    if constexpr (kHeaded) {
      heads.Store(cell, FillerBits());
    } else if constexpr (kLong) {
      keys.FillWords(cell, cell + 1, FillerBits()[0]);
    } else if constexpr (kSearched) {
      keys.Store(cell, FillerBits());
    }
  }
  void ClearCells(size_t first) {
    if constexpr (kHeaded) {
      heads.Fill(first, FillerBits());
    } else if constexpr (kLong) {
      keys.FillWords(first, kCells, FillerBits()[0]);
    } else if constexpr (kSearched) {
      keys.Fill(first, FillerBits());
    }
  }

  // INV-12. Nothing where keys have no heads.
  size_t skip() const {
    if constexpr (kHeaded || kLong) return skipped.LoadRelaxed();
    return 0;
  }
  void SetSkip(size_t skip) {
    if constexpr (kHeaded || kLong) skipped.StoreRelaxed(skip);
  }
  // Writes the head of cell `cell`, which holds `key`, for a segment of that
  // skip.
  PMA_ALWAYS_INLINE void SetHead(size_t cell, const KeyBits& key, size_t skip) {
    if constexpr (kHeaded) {
      heads.Store(cell, {HeadOf(KeyCodec::Text(key), skip)});
    }
  }
  // Writes the skip and the heads of the first `count` cells.
  void SetHeads(size_t skip, size_t count) {
    if constexpr (kHeaded) {
      SetSkip(skip);
      for (size_t i = 0; i < count; ++i) {
        __builtin_prefetch(KeyCodec::BoxOf(keys.Load(i)));
      }
      for (size_t i = 0; i < count; ++i) SetHead(i, keys.Load(i), skip);
    } else {
      SetSkip(skip);
    }
  }
  // INV-11, when the keys of cells [from, to) have changed.
  PMA_ALWAYS_INLINE void SetPivots(size_t from = 0, size_t to = kCells) {
    if constexpr (kPivots > 0) {
      const size_t end = std::min(to / kGroupCells, kPivots);
      for (size_t i = from / kGroupCells; i < end; ++i) {
        pivots.Store(i, LastOfGroup(i));
      }
    }
  }
  // What pivot `i` is a copy of.
  typename PivotCodec::Bits LastOfGroup(size_t i) const {
    const size_t last = (i + 1) * kGroupCells - 1;
    if constexpr (kHeaded) {
      return heads.Load(last);
    } else if constexpr (kLong) {
      return {keys.Load(last)[skip()]};
    } else {
      return keys.Load(last);
    }
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_SEGMENT_H_
