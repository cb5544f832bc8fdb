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
  template <size_t kMaxCount>
  static size_t CountBefore(const Unit* cells, size_t count, Key key) {
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
      return static_cast<size_t>(base - cells) +
             ScalarCount<kBlockCells / 2>(base, key);
    }
    return PartitionPoint(count,
                          [&](size_t i) { return Load(cells[i]) < key; });
  }

  // The last cell of a block that is at or before `key`, or before it if
  // `kStrict`. The first is taken to be, and is not looked at.
  template <bool kStrict>
  static size_t LastInBlock(const Unit* block, Key key) {
    if constexpr (kVectors) {
      return static_cast<size_t>(
          std::popcount(CompareBlock<kStrict>(block, key) & ~uint32_t{1}));
    } else {
      return ScalarLastInBlock<kStrict>(block, key);
    }
  }

  // How many of the cells of a block are before `key`.
  static size_t CountInBlock(const Unit* block, Key key) {
    if constexpr (kVectors) {
      return static_cast<size_t>(std::popcount(CompareBlock<true>(block, key)));
    } else {
      return ScalarCountInBlock(block, key);
    }
  }

  // The scalar twins, public for the test that compares the two.
  template <bool kStrict>
  static size_t ScalarLastInBlock(const Unit* block, Key key) {
    const Unit* last = block;
    for (size_t half = kBlockCells / 2; half > 0; half /= 2) {
      const Key there = Load(last[half]);
      const bool before = kStrict ? there < key : there <= key;
      last = Unpredictable(before) ? last + half : last;
    }
    return static_cast<size_t>(last - block);
  }
  static size_t ScalarCountInBlock(const Unit* block, Key key) {
    return ScalarCount<kBlockCells>(block, key);
  }

 private:
  static constexpr bool kVectors =
      VectorKeys<Key>::kAvailable && std::is_same_v<Platform, RealPlatform>;

  static Key Load(const Unit& unit) {
    return std::bit_cast<Key>(unit.LoadRelaxed());
  }

  template <size_t kWidth>
  static size_t ScalarCount(const Unit* cells, Key key) {
    const Unit* base = cells;
    for (size_t half = kWidth / 2; half > 0; half /= 2) {
      base = Unpredictable(Load(base[half - 1]) < key) ? base + half : base;
    }
    return static_cast<size_t>(base - cells) +
           static_cast<size_t>(Load(*base) < key);
  }

  // Of count cells in [kWidth, 2 * kWidth], the kWidth that hold the boundary:
  // one of the two ends, which overlap, so that every count takes one step.
  template <size_t kWidth>
  static const Unit* Halve(const Unit* cells, size_t count, Key key) {
    return Unpredictable(Load(cells[kWidth - 1]) < key)
               ? cells + (count - kWidth)
               : cells;
  }

  template <bool kStrict>
  static uint32_t CompareBlock(const Unit* block, Key key) {
    return VectorKeys<Key>::template CompareBlock<kStrict>(block, key);
  }
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_SEARCH_H_
