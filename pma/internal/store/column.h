// SPDX-License-Identifier: Apache-2.0

// The atomic words of cells, side by side.
//
// SYNC-3: StoreRelease / LoadAcquire of the last unit in an ordered Column:
//         whoever finds a box sees it constructed, and whoever reads a value
//         replaced in place sees what its writer had done before.

#ifndef PMA_INTERNAL_STORE_COLUMN_H_
#define PMA_INTERNAL_STORE_COLUMN_H_

#include <array>
#include <cassert>
#include <cstddef>

#include "pma/internal/machine/variant.h"
#include "pma/internal/machine/word_copy.h"

namespace pma::inline PMA_VARIANT::internal {

// Access to an array of atomic cells of one codec. Arrays whose cells are
// replaced or read outside a version window are `kOrdered`.
template <class Platform, class Codec, bool kOrdered>
struct CellArray {
  using Bits = typename Codec::Bits;
  using Unit = typename Platform::template Atomic<typename Codec::Unit>;

  static Bits Load(const Unit* units, size_t cell) {
    Bits bits{};
    if constexpr (Codec::kUnits > 0) {
      units += cell * Codec::kUnits;
      for (size_t u = 0; u < kLast; ++u) bits[u] = units[u].LoadRelaxed();
      if constexpr (kOrdered) {
        bits[kLast] = units[kLast].LoadAcquire();  // SYNC-3
      } else {
        bits[kLast] = units[kLast].LoadRelaxed();
      }
    }
    return bits;
  }

  static void Store(Unit* units, size_t cell, const Bits& bits) {
    if constexpr (Codec::kUnits > 0) {
      units += cell * Codec::kUnits;
      for (size_t u = 0; u < kLast; ++u) units[u].StoreRelaxed(bits[u]);
      if constexpr (kOrdered) {
        units[kLast].StoreRelease(bits[kLast]);  // SYNC-3
      } else {
        units[kLast].StoreRelaxed(bits[kLast]);
      }
    }
  }

 private:
  static constexpr size_t kLast = Codec::kUnits - 1;
};

// A column of cells of several words, which lie apart: all first words side by
// side, then all second ones, so that any can be searched.
template <class Platform, class Codec, size_t kCells>
class PlanedColumn {
 public:
  using Bits = typename Codec::Bits;
  using Unit = typename Platform::template Atomic<typename Codec::Unit>;

  Bits Load(size_t cell) const {
    assert(cell < kCells);
    Bits bits{};
    for (size_t u = 0; u < Codec::kUnits; ++u) {
      bits[u] = units_[u * kCells + cell].LoadRelaxed();
    }
    return bits;
  }
  void Store(size_t cell, const Bits& bits) {
    assert(cell < kCells);
    for (size_t u = 0; u < Codec::kUnits; ++u) {
      units_[u * kCells + cell].StoreRelaxed(bits[u]);
    }
  }
  // As of Column.
  void CopyFrom(const PlanedColumn& source, size_t from, size_t to, size_t at) {
    assert(from <= to && to <= kCells && at + (to - from) <= kCells);
    for (size_t u = 0; u < Codec::kUnits; ++u) {
      CopyWords(to - from, WordCopy{source.units_.data() + u * kCells + from,
                                    units_.data() + u * kCells + at});
    }
  }
  void CopyTo(Bits* target, size_t from, size_t to) const {
    assert(from <= to && to <= kCells);
    for (size_t i = from; i < to; ++i) target[i - from] = Load(i);
  }
  // Writes `word` to all words of cells [from, to).
  void FillWords(size_t from, size_t to, typename Codec::Unit word) {
    assert(from <= to && to <= kCells);
    for (size_t u = 0; u < Codec::kUnits; ++u) {
      internal::FillWords(units_.data() + u * kCells + from, to - from, word);
    }
  }
  // The words number `unit`.
  const Unit* units(size_t unit) const {
    assert(unit < Codec::kUnits);
    return units_.data() + unit * kCells;
  }

 private:
  std::array<Unit, kCells * Codec::kUnits> units_;
};

// `kCells` cells in place; nothing at all for the values of a set.
template <class Platform, class Codec, size_t kCells, bool kOrdered>
class Column {
  using Cells = CellArray<Platform, Codec, kOrdered>;

 public:
  using Bits = typename Codec::Bits;
  Bits Load(size_t cell) const {
    assert(cell < kCells);
    return Cells::Load(units_.data(), cell);
  }
  void Store(size_t cell, const Bits& bits) {
    assert(cell < kCells);
    Cells::Store(units_.data(), cell, bits);
  }

  // Copies cells [from, to) of `source`, another column, to cell `at` and on.
  void CopyFrom(const Column& source, size_t from, size_t to, size_t at) {
    assert(from <= to && to <= kCells && at + (to - from) <= kCells);
    CopyWords((to - from) * Codec::kUnits, CopyOf(source, from, at));
  }
  // The words of such a copy.
  auto CopyOf(const Column& source, size_t from, size_t at) {
    return WordCopy{source.units_.data() + from * Codec::kUnits,
                    units_.data() + at * Codec::kUnits};
  }
  // Copies cells [from, to) to memory of the thread's own, to be looked at when
  // they have been validated, and what they point to after an acquire fence
  // (SYNC-3).
  void CopyTo(Bits* target, size_t from, size_t to) const {
    assert(from <= to && to <= kCells);
    if constexpr (Codec::kUnits > 0) {
      CopyOut(units_.data() + from * Codec::kUnits, target->data(),
              (to - from) * Codec::kUnits);
    }
  }
  // Writes `bits`, of a single unit, to all cells from `from` on.
  void Fill(size_t from, const Bits& bits) {
    assert(from <= kCells);
    FillWords(units_.data() + from, kCells - from, bits[0]);
  }
  // The cells as words, for a search.
  const typename Cells::Unit* units() const { return units_.data(); }

 private:
  [[no_unique_address]] std::array<typename Cells::Unit, kCells * Codec::kUnits>
      units_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_COLUMN_H_
