// Searching short sorted arrays of atomic words: the cells of a segment, the
// blocks of a search tree.
//
// Which way a comparison goes is a coin toss. A mispredicted branch would cost
// more than the whole search and keep the next look-up from starting early, so
// nothing here branches on a comparison.
//
// Arithmetic keys in their natural order are compared by the processor itself,
// several at a time where it has the instructions (vector.h), chosen at compile
// time.

#ifndef PMA_INTERNAL_SEARCH_H_
#define PMA_INTERNAL_SEARCH_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>

#include "pma/internal/platform.h"
#include "pma/internal/vector.h"

namespace pma::internal {

// Asks the compiler for a conditional move.
inline bool Unpredictable(bool condition) {
#if defined(__clang__)
  return __builtin_unpredictable(condition);
#else
  return __builtin_expect_with_probability(condition, 1, 0.5);
#endif
}

// The first index in [0, count) for which `before(index)` is false.
template <class Before>
inline size_t PartitionPoint(size_t count, Before before) {
  if (count == 0) return 0;
  size_t base = 0;
  while (count > 1) {
    const size_t half = count / 2;
    base = Unpredictable(before(base + half - 1)) ? base + half : base;
    count -= half;
  }
  return base + static_cast<size_t>(before(base));
}

// Keys that the processor orders as the map does.
template <class Key, class Compare>
inline constexpr bool kNaturalOrder =
    std::is_arithmetic_v<Key> && !std::is_same_v<Key, bool> &&
    sizeof(Key) <= sizeof(uint64_t) &&
    (std::is_same_v<Compare, std::less<>> ||
     std::is_same_v<Compare, std::less<Key>>);

// Sixteen cells side by side: what one search step looks at.
inline constexpr size_t kBlockCells = 16;

// Ascending cells of natural keys.
template <class Platform, class Key>
class NaturalCells {
  using Bits = std::conditional_t<
      sizeof(Key) == 1, uint8_t,
      std::conditional_t<
          sizeof(Key) == 2, uint16_t,
          std::conditional_t<sizeof(Key) == 4, uint32_t, uint64_t>>>;

 public:
  using Unit = typename Platform::template Atomic<Bits>;

  // How many of cells[0, count) are before `key`; count <= kMaxCount < 64.
  // Cells up to kMaxCount may be read.
  template <size_t kMaxCount>
  [[gnu::always_inline]] static size_t CountBefore(const Unit* cells,
                                                   size_t count, Key key) {
    if constexpr (kVectors && kMaxCount >= kBlockCells) {
      constexpr size_t kWidth = std::min(kMaxCount, 2 * kBlockCells);
      const Unit* base = cells;
      if constexpr (kMaxCount > kWidth) {
        if (count >= kWidth) {
          base = Halve<kWidth>(base, count, key);
          count = kWidth;
        }
      }
      return static_cast<size_t>(base - cells) +
             VectorKeys<Key>::template CountBefore<kWidth>(base, count, key);
    } else {
      return ScalarCountBefore<kMaxCount>(cells, count, key);
    }
  }

  // Whether a cell is at or before `key`, or before it if `kStrict`.
  template <bool kStrict>
  static bool IsBefore(const Unit& cell, Key key) {
    return kStrict ? Load(cell) < key : Load(cell) <= key;
  }

  // The last cell of a block that is at or before `key`, or before it if
  // `kStrict`. The first is taken to be, and is not looked at.
  template <bool kStrict>
  [[gnu::always_inline]] static size_t LastInBlock(const Unit* block, Key key) {
    if constexpr (kVectors) {
      return VectorKeys<Key>::template LastInBlock<kStrict>(block, key);
    } else {
      return ScalarLastInBlock<kStrict>(block, key);
    }
  }

  // The scalar twins, public for the test that compares the two. They take
  // steps of four: three comparisons at once, which is as many instructions as
  // two steps of halving and half the latency.
  template <bool kStrict>
  [[gnu::always_inline]] static size_t ScalarLastInBlock(const Unit* block,
                                                         Key key) {
    size_t quarter = 0;
    for (size_t i = 4; i < kBlockCells; i += 4) {
      quarter += IsBefore<kStrict>(block[i], key);
    }
    quarter *= 4;
    size_t last = quarter;
    for (size_t i = 1; i < 4; ++i) {
      last += IsBefore<kStrict>(block[quarter + i], key);
    }
    return last;
  }
  template <size_t kMaxCount>
  [[gnu::always_inline]] static size_t ScalarCountBefore(const Unit* cells,
                                                         size_t count,
                                                         Key key) {
    const Unit* base = cells;
    if constexpr (kMaxCount >= 2 * kBlockCells) {
      if (count >= 2 * kBlockCells) {
        base = Halve<2 * kBlockCells>(base, count, key);
        count = 2 * kBlockCells;
      }
    }
    if (count >= kBlockCells) [[likely]] {
      base = Halve<kBlockCells>(base, count, key);
      return static_cast<size_t>(base - cells) + CountInBlock(base, key);
    }
    if (count >= kBlockCells / 2) {
      base = Halve<kBlockCells / 2>(base, count, key);
      return static_cast<size_t>(base - cells) + CountInHalfBlock(base, key);
    }
    size_t before = 0;
    for (size_t i = 0; i < count; ++i) {
      before += IsBefore</*kStrict=*/true>(cells[i], key);
    }
    return before;
  }

 private:
  static constexpr bool kVectors =
      VectorKeys<Key>::kAvailable && std::is_same_v<Platform, RealPlatform>;

  static Key Load(const Unit& unit) {
    return std::bit_cast<Key>(unit.LoadRelaxed());
  }

  // How many of the sixteen cells of a block are before `key`.
  [[gnu::always_inline]] static size_t CountInBlock(const Unit* block,
                                                    Key key) {
    size_t quarter = 0;
    for (size_t i = 3; i + 1 < kBlockCells; i += 4) {
      quarter += IsBefore</*kStrict=*/true>(block[i], key);
    }
    return 4 * quarter + CountInQuarter(block + 4 * quarter, key);
  }
  [[gnu::always_inline]] static size_t CountInHalfBlock(const Unit* block,
                                                        Key key) {
    const size_t quarter = IsBefore</*kStrict=*/true>(block[3], key);
    return 4 * quarter + CountInQuarter(block + 4 * quarter, key);
  }
  [[gnu::always_inline]] static size_t CountInQuarter(const Unit* cells,
                                                      Key key) {
    size_t count = 0;
    for (size_t i = 0; i < 4; ++i) {
      count += IsBefore</*kStrict=*/true>(cells[i], key);
    }
    return count;
  }

  // Of count cells in [kWidth, 2 * kWidth], the kWidth that hold the boundary:
  // one of the two ends, which overlap, so that every count takes one step.
  template <size_t kWidth>
  static const Unit* Halve(const Unit* cells, size_t count, Key key) {
    return Unpredictable(Load(cells[kWidth - 1]) < key)
               ? cells + (count - kWidth)
               : cells;
  }
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_SEARCH_H_
