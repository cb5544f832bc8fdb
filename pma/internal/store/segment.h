// SPDX-License-Identifier: Apache-2.0

// A segment: a sorted array with gaps, of which packed memory arrays are made.
//
//   +------+----------------------+------+----------------------+
//   | word | keys[0..kCells)      | hint | values[0..kCells)    |
//   +------+----------------------+------+----------------------+
//
// keys[0, count) are strictly ascending. Beyond `count`, natural keys
// (search.h) hold the filler, so that a search may look at all cells;
// everything else is stale there and never looked at. With 8-byte keys and
// values a segment has 63 cells and fills 1 KiB, sixteen cache lines: so that
// what leads to segments is small enough for the caches, and scans seldom leave
// one.
//
// The same type serves as the after-image a writer publishes in its thread
// record, so readers search both with the same code.

#ifndef PMA_INTERNAL_STORE_SEGMENT_H_
#define PMA_INTERNAL_STORE_SEGMENT_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "pma/internal/policy/density.h"
#include "pma/internal/policy/run_hint.h"
#include "pma/internal/store/codec.h"
#include "pma/internal/store/column.h"
#include "pma/internal/store/key_order.h"
#include "pma/internal/store/search.h"
#include "pma/internal/store/word.h"

namespace pma::inline PMA_VARIANT::internal {

// Cells that fill a segment of about `segment_bytes`, at least four, and at
// least fifteen if that takes no more than twice the bytes. Some fewer if their
// last cache line would be nearly empty.
constexpr size_t CellsPerSegment(size_t cell_bytes, size_t segment_bytes,
                                 size_t max_cells) {
  constexpr size_t kHeaderBytes = 16;  // word and hint
  if (cell_bytes == 0) cell_bytes = 1;
  const size_t wanted = std::max(
      (segment_bytes - kHeaderBytes) / cell_bytes,
      std::min<size_t>(15, (2 * segment_bytes - kHeaderBytes) / cell_bytes));
  const size_t cells =
      std::min({std::max<size_t>(wanted, 4), max_cells, Word::kMaxCount});
  const size_t lines = (kHeaderBytes + cells * cell_bytes + 63) / 64;
  if (lines == 1) return cells;
  const size_t fewer = ((lines - 1) * 64 - kHeaderBytes) / cell_bytes;
  return fewer >= 4 && (lines - 1) * cells < lines * fewer ? fewer : cells;
}

template <class Types>
struct alignas(64) Segment {
  using Platform = typename Types::Platform;
  using KeyCodec = typename Types::KeyCodec;
  using ValueCodec = typename Types::ValueCodec;
  using KeyBits = typename KeyCodec::Bits;
  using ValueBits = typename ValueCodec::Bits;
  using Natural = NaturalCells<Platform, typename Types::Key>;
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;

  static constexpr size_t kCells =
      CellsPerSegment(sizeof(KeyBits) * (KeyCodec::kUnits > 0) +
                          sizeof(ValueBits) * (ValueCodec::kUnits > 0),
                      Types::Tuning::kSegmentBytes, Types::Tuning::kMaxCells);

  Segment() { ClearCells(0); }

  Atomic<uint64_t> word;
  Column<Platform, KeyCodec, kCells, KeyCodec::kBoxed> keys;
  // A RunHint; written by the holder of the marker, read by writers as advice.
  Atomic<uint64_t> hint;
  // Ordered if values are replaced in place.
  Column<Platform, ValueCodec, kCells, ValueCodec::kUnits == 1> values;

  // Fetches the whole segment at once: a search would meet its cache lines one
  // after the other, each time waiting for memory.
  PMA_ALWAYS_INLINE void PrefetchAll() const {
    for (size_t offset = 0; offset < sizeof(Segment); offset += 64) {
      __builtin_prefetch(reinterpret_cast<const std::byte*>(this) + offset);
    }
  }

  Word LoadWord() const { return Word(word.LoadAcquire()); }

  // How many keys are before `key`; natural keys only, and not for the filler.
  template <bool kWide>
  PMA_ALWAYS_INLINE size_t CountBefore(typename Types::Key key) const {
    return Natural::template CountBefore<kCells, kWide>(keys.units(), key);
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
  // Takes a cell out of use, or all from `first` on.
  void ClearCell(size_t cell) {
    if constexpr (Types::kNaturalKeys) {
      keys.Store(cell, KeyCodec::Encode(Natural::kFiller));
    }
  }
  void ClearCells(size_t first) {
    if constexpr (Types::kNaturalKeys) {
      keys.Fill(first, KeyCodec::Encode(Natural::kFiller));
    }
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_SEGMENT_H_
