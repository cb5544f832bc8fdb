// SPDX-License-Identifier: Apache-2.0

// Static search over separators: of the segments of an extent, of the extents
// of a directory.
//
// A tree of fan-out 16 over a sorted array: each level repeats every 16th
// separator of the one below. The top level has up to four blocks of 16, the
// first separators of which say which one to search. It is line-aware rather
// than cache-oblivious: two blocks, four cache lines, lead to one of 1024
// segments.
//
//   level 1      0   16   32   48 ...               256 ...
//   level 0      0 1 2 ... 15 | 16 17 ... 31 | ...
//
// The cells lie right behind the object, the top level first: its address takes
// no load, which would delay the search by a cache miss.
//
// Natural keys (search.h) are searched sixteen at a time, whether in use or
// not: separators that are not hold the filler, and so does what fills up a
// level. A search for that very key goes by halving, over those in use.
//
// Readers search while a writer replaces separators of a window it holds under
// Move. What they find is a hint: every value in the window, old or new, lies
// between the window's bounds, so a key outside never ends inside nor the other
// way round, and the check inside the segment's version window decides. It may
// even be a segment that is not in use any more, which whoever goes there must
// check.

#ifndef PMA_INTERNAL_STORE_SEPARATORS_H_
#define PMA_INTERNAL_STORE_SEPARATORS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include "pma/internal/store/codec.h"
#include "pma/internal/store/column.h"
#include "pma/internal/store/key_order.h"
#include "pma/internal/store/search.h"

namespace pma::inline PMA_VARIANT::internal {

// `Number`: as which the keys are searched sixteen at a time, or void.
template <class Platform, class Codec, class Number>
class alignas(64) Separators {
  static constexpr bool kNatural = !std::is_void_v<Number>;
  using Cells = CellArray<Platform, Codec, Codec::kBoxed>;

 public:
  using Bits = typename Codec::Bits;
  using Unit = typename Cells::Unit;

  // The units that `capacity` separators need: whole blocks, and the upper
  // levels only if there is something below them. A single one needs none, as
  // it is never looked at.
  static constexpr size_t UnitsFor(size_t capacity) {
    if (capacity <= 1) return 0;
    size_t cells = 0;
    for (size_t level = 0; level <= HeightFor(capacity); ++level) {
      cells += LevelCells(capacity, level);
    }
    return cells * Codec::kUnits;
  }
  // Of the object and its cells together, in memory aligned to kAlign.
  static constexpr size_t kAlign = 64;
  static constexpr size_t BytesFor(size_t capacity) {
    const size_t bytes = sizeof(Separators) + UnitsFor(capacity) * sizeof(Unit);
    return (bytes + kAlign - 1) / kAlign * kAlign;
  }

  // The object must be followed by its cells: BytesFor(capacity) in all.
  explicit Separators(size_t capacity)
      : height_(static_cast<uint32_t>(HeightFor(capacity))),
        top_blocks_(static_cast<uint32_t>(
            capacity <= 1 ? 0 : LevelCells(capacity, height_) / kFanOut)) {
    assert(height_ < kMaxLevels);
    Unit* cells = top();
    for (size_t i = 0; i < UnitsFor(capacity); ++i) ::new (&cells[i]) Unit();
    for (size_t level = height_ + 1; level-- > 0;) {
      levels_[level] = cells;
      if (capacity <= 1) continue;
      const size_t level_cells = LevelCells(capacity, level);
      if constexpr (kNatural) {
        for (size_t i = 0; i < level_cells; ++i) {
          Cells::Store(cells, i, Filler());
        }
      }
      cells += level_cells * Codec::kUnits;
    }
  }
  Separators(const Separators&) = delete;
  Separators& operator=(const Separators&) = delete;

  Bits Load(size_t i) const { return Cells::Load(levels_[0], i); }

  // Does nothing for separator 0, the owner's own lower bound.
  void Store(size_t i, const Bits& bits) {
    if (i == 0) return;
    Cells::Store(levels_[0], i, bits);
    for (size_t level = 1; level <= height_ && i % kFanOut == 0; ++level) {
      i /= kFanOut;
      Cells::Store(levels_[level], i, bits);
    }
  }

  // Takes separator `i` out of use. One that a comparator of the user's looks
  // at stays as it is: a reader may not know yet that it is out of use, and
  // what is no key could be more than the comparator survives.
  void Clear(size_t i) {
    if constexpr (kNatural) Store(i, Filler());
  }

  // The last i of those in use, which are the first in_use(), for which the
  // predicate holds; 0 if none does. Separator 0 is never looked at.
  // (Predicates are in descend.h; one that names its key is searched for
  // sixteen at a time.)
  template <class InUse, class Predicate>
  PMA_ALWAYS_INLINE size_t FindLast(InUse in_use,
                                    const Predicate& predicate) const {
    if (top_blocks_ == 0) return 0;
    if constexpr (requires { predicate.key; }) {
      return SearchBySixteens<Predicate::kStrict, Predicate::kWide>(
          predicate.key);
    } else {
      return SearchByHalving(in_use(), predicate);
    }
  }

  // True if the upper levels repeat level 0 (quiescent).
  bool LevelsAgree(size_t count) const {
    for (size_t i = kFanOut; i < count; i += kFanOut) {
      size_t at = i;
      for (size_t level = 1; level <= height_ && at % kFanOut == 0; ++level) {
        at /= kFanOut;
        if (Cells::Load(levels_[level], at) != Load(i)) return false;
      }
    }
    return true;
  }

  // Asks for the cells that a search begins with.
  void PrefetchTop() const {
    for (size_t i = 0; i < 2 * kFanOut; i += kAlign / sizeof(Unit)) {
      __builtin_prefetch(top() + i);
    }
  }

 private:
  static constexpr size_t kFanOut = kBlockCells;
  static constexpr size_t kMaxTopCells = 4 * kFanOut;
  static constexpr size_t kMaxLevels = 5;  // for four million separators

  // The number of the top level.
  static constexpr size_t HeightFor(size_t capacity) {
    size_t height = 0;
    for (; capacity > kMaxTopCells; capacity = Above(capacity)) ++height;
    return height;
  }
  static constexpr size_t Above(size_t count) {
    return (count + kFanOut - 1) / kFanOut;
  }
  // Separators of a level, of `count` in all.
  static constexpr size_t CountAt(size_t count, size_t level) {
    for (; level > 0; --level) count = Above(count);
    return count;
  }
  static constexpr size_t LevelCells(size_t capacity, size_t level) {
    return Above(CountAt(capacity, level)) * kFanOut;
  }

  Unit* top() { return reinterpret_cast<Unit*>(this + 1); }
  const Unit* top() const { return reinterpret_cast<const Unit*>(this + 1); }

  // No less than any separator.
  static Bits Filler() {
    return {std::bit_cast<typename Codec::Unit>(
        NaturalCells<Platform, Number>::kFiller)};
  }

  template <bool kStrict, bool kWide, class Sought>
  PMA_ALWAYS_INLINE size_t SearchBySixteens(Sought key) const {
    static_assert(std::is_same_v<Sought, Number>);
    using Natural = NaturalCells<Platform, Number>;
    const Unit* level = top();
    const Unit* block = level;
    if (top_blocks_ != 1) [[unlikely]] {
      // As many comparisons as there are blocks, without a loop's overhead.
      const auto is_before = [&](size_t i) {
        return Natural::template IsBefore<kStrict>(level[i * kFanOut], key);
      };
      size_t top = is_before(1);
      if (top_blocks_ > 2) top += is_before(2);
      if (top_blocks_ > 3) top += is_before(3);
      block += top * kFanOut;
    }
    auto i = static_cast<size_t>(
        Natural::template LastInBlock<kStrict, kWide>(block, key) - level);
#pragma GCC unroll 1  // There is one level below, or none.
    for (size_t below = height_; below > 0; --below) {
      level = levels_[below - 1];
      block = level + i * kFanOut;
      i = static_cast<size_t>(
          Natural::template LastInBlock<kStrict, kWide>(block, key) - level);
    }
    return i;
  }

  template <class Predicate>
  size_t SearchByHalving(size_t count, const Predicate& predicate) const {
    size_t i = 0;
    for (size_t level = height_ + 1; level-- > 0;) {
      const size_t begin = i * kFanOut;
      const size_t end = level == height_
                             ? CountAt(count, level)
                             : std::min(begin + kFanOut, CountAt(count, level));
      const size_t others = end > begin ? end - begin - 1 : 0;
      i = begin + PartitionPoint(others, [&](size_t k) {
            return predicate(Cells::Load(levels_[level], begin + 1 + k));
          });
    }
    return i;
  }

  const uint32_t height_;
  const uint32_t top_blocks_;
  std::array<Unit*, kMaxLevels> levels_{};  // constant once constructed
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_SEPARATORS_H_
