// SPDX-License-Identifier: Apache-2.0

// Searching short sorted arrays of atomic words: the cells of a segment, the
// blocks of a search tree.
//
// Which way a comparison goes is a coin toss. A mispredicted branch would cost
// more than the whole search and keep the next look-up from starting early, so
// nothing here branches on a comparison.
//
// Numbers are compared by the processor itself, several at a time where it has
// the instructions (compare16.h).

#ifndef PMA_INTERNAL_STORE_SEARCH_H_
#define PMA_INTERNAL_STORE_SEARCH_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "pma/internal/machine/compare16.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/machine/word_copy.h"

namespace pma::inline PMA_VARIANT::internal {

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

// Numbers of another type than keys that are numbers, all or some of which may
// be sought as keys; OrdersAsKey() tells which.
template <class Key, class Query>
inline constexpr bool kIsOtherNumber =
    std::is_integral_v<Key> && std::is_integral_v<Query>;
template <class Key, class Query>
  requires std::is_floating_point_v<Key> && std::is_arithmetic_v<Query>
inline constexpr bool kIsOtherNumber<Key, Query> =
    std::is_same_v<std::common_type_t<Key, Query>, Key>;

// Whether a comparison of keys with `q` says the same of `q` as a key. Both are
// converted to one type first: to that of the keys, or one that holds all keys
// (but if it is unsigned and they are not).
template <class Key, class Query>
constexpr bool OrdersAsKey(Query q) {
  using Common = std::common_type_t<Key, Query>;
  if constexpr (std::is_same_v<Common, Key>) {
    return true;
  } else if constexpr (std::is_signed_v<Key> && std::is_unsigned_v<Common>) {
    return false;
  } else {
    return static_cast<Common>(static_cast<Key>(q)) == static_cast<Common>(q);
  }
}

// What is sought, as the processor will see it. A compiler that has been told
// that there is no infinity (-ffast-math) would otherwise take what it knows to
// be infinite for whatever suits it.
template <class Query>
PMA_ALWAYS_INLINE inline Query WithoutAssumptions(const Query& q) {
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
  if constexpr (std::is_floating_point_v<Query> && sizeof(Query) <= 8) {
    std::conditional_t<sizeof(Query) == 8, uint64_t, uint32_t> bits;
    std::memcpy(&bits, &q, sizeof(Query));
    asm("" : "+r"(bits));
    return std::bit_cast<Query>(bits);
  }
#endif
  return q;
}

// Sixteen cells side by side: what one search step looks at.
inline constexpr size_t kBlockCells = 16;

// Ascending cells of natural keys. Those that are not in use come last and hold
// the filler, so that searches look at all cells alike: how many are in use
// varies, and would cost a branch. The filler itself must not be sought.
template <class Platform, class Key>
class NaturalCells {
  using Bits = std::conditional_t<
      sizeof(Key) == 1, uint8_t,
      std::conditional_t<
          sizeof(Key) == 2, uint16_t,
          std::conditional_t<sizeof(Key) == 4, uint32_t, uint64_t>>>;

  // The exponent's bits, all of them set.
  static constexpr bool kFloating = std::is_floating_point_v<Key>;
  static constexpr int kFraction = std::numeric_limits<Key>::digits - 1;
  static constexpr Bits kInfinity =
      kFloating ? static_cast<Bits>(static_cast<Bits>(~Bits{0}) << 1) >> 1 >>
                      kFraction << kFraction
                : Bits{0};
  static_assert(!kFloating || std::numeric_limits<Key>::is_iec559);

 public:
  using Unit = typename Platform::template Atomic<Bits>;

  // No less than any key: infinity, if there is one; by its bits, for the
  // reason below.
  static constexpr Key kFiller = [] {
    if constexpr (kFloating) {
      return std::bit_cast<Key>(kInfinity);
    } else {
      return std::numeric_limits<Key>::max();
    }
  }();
  // Whether a key is the filler or not in order with it (NaN); for the sake of
  // few instructions also if it is infinite the other way. (By reference:
  // arguments are not infinite, either.)
  static constexpr bool IsFiller(const Key& key) {
    if constexpr (kFloating) {
      return static_cast<Bits>(std::bit_cast<Bits>(key) << 1) >=
             static_cast<Bits>(kInfinity << 1);
    } else {
      return key == kFiller;
    }
  }

  static constexpr bool kReal = std::is_same_v<Platform, RealPlatform>;
  // Whether it is worth asking for kWideRegisters (compare16.h).
  static constexpr bool kMayBeWide = WideKeys<Key>::kAvailable && kReal;

  // Cells of a cache line.
  static constexpr size_t kLineCells = 64 / sizeof(Key);

  // How many of kCount cells, which ascend, are before `key`. They lie in a
  // line of memory, all of which may be read, from its kFirst-th cell on.
  // `kWide`: kWideRegisters is known to be true.
  template <size_t kFirst, size_t kCount, bool kWide = false>
  PMA_ALWAYS_INLINE static size_t CountInLine(const Unit* cells, Key key) {
    static_assert(kFirst + kCount <= kLineCells);
    if constexpr (kMayBeWide) {
      if (kWide || (kMayInlineWide && kWideRegisters)) [[likely]] {
        return WideKeys<Key>::template CountInLine<kLanes<kFirst, kCount>>(
            cells - kFirst, key);
      }
    }
    if constexpr (kVectors) {
      return VectorKeys<Key>::template CountInLine<kLanes<kFirst, kCount>>(
          cells - kFirst, key);
    } else {
      return ScalarCountBefore<kCount>(cells, key);
    }
  }

  // Whether a cell is at or before `key`, or before it if `kStrict`.
  template <bool kStrict>
  static bool IsBefore(const Unit& cell, Key key) {
    const Key there = std::bit_cast<Key>(LoadOperand(cell));
    return kStrict ? there < key : there <= key;
  }

  // The last cell of a block that is at or before `key`, or before it if
  // `kStrict`. The first is taken to be, and is not looked at.
  template <bool kStrict, bool kWide = false>
  PMA_ALWAYS_INLINE static const Unit* LastInBlock(const Unit* block, Key key) {
    if constexpr (kMayBeWide) {
      if (kWide || (kMayInlineWide && kWideRegisters)) [[likely]] {
        return block + WideKeys<Key>::template LastInBlock<kStrict>(block, key);
      }
    }
    if constexpr (kVectors) {
      return block + VectorKeys<Key>::template LastInBlock<kStrict>(block, key);
    } else {
      return ScalarLastInBlock<kStrict>(block, key);
    }
  }

  // The scalar twins, public for the test that compares the two.
  template <bool kStrict>
  PMA_ALWAYS_INLINE static const Unit* ScalarLastInBlock(const Unit* block,
                                                         Key key) {
    size_t quarters = 0;
    for (size_t i = 4; i < kBlockCells; i += 4) {
      quarters += IsBefore<kStrict>(block[i], key);
    }
    block += 4 * quarters;
    size_t last = 0;
    for (size_t i = 1; i < 4; ++i) last += IsBefore<kStrict>(block[i], key);
    return block + last;
  }
  template <size_t kCount>
  PMA_ALWAYS_INLINE static size_t ScalarCountBefore(const Unit* cells,
                                                    Key key) {
    return static_cast<size_t>(EndBefore<kCount, true>(cells, key) - cells);
  }

 private:
  // A bit for each of these cells of a line.
  template <size_t kFirst, size_t kCount>
  static constexpr uint32_t kLanes = ~uint32_t{0} >> (32 - kCount) << kFirst;

  static constexpr bool kVectors = VectorKeys<Key>::kAvailable && kReal;

  // The end of those of kCount cells that are before `key`. By halving: of all
  // ways that was the one of fewest instructions, three for each step, and so
  // the one that lets most look-ups overlap.
  template <size_t kCount, bool kStrict>
  PMA_ALWAYS_INLINE static const Unit* EndBefore(const Unit* cells, Key key) {
    if constexpr (kCount == 0) {
      return cells;
    } else {
      // What is left is less than half on either side, or just half on one.
      const Unit* const rest = Opaque(cells + (kCount + 1) / 2);
      return EndBefore<kCount / 2, kStrict>(
          Unpredictable(IsBefore<kStrict>(rest[-1], key)) ? rest : cells, key);
    }
  }
  // Keeps the compiler from computing a choice of pointers, which takes five
  // instructions, instead of choosing.
  static const Unit* Opaque(const Unit* cell) {
    asm("" : "+r"(cell));
    return cell;
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_SEARCH_H_
