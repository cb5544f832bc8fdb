// Static search over separators: of the segments of an extent, of the extents
// of a directory.
//
// A tree of fan-out 16 over a sorted array: level 1 repeats every 16th
// separator, level 2 every 256th and is itself searched by halving. It is
// line-aware rather than cache-oblivious: two blocks of 16 separators, four
// cache lines, lead to one of 256 segments.
//
//   level 2      0 ................................ 256 ...
//   level 1      0   16   32   48 ...               256 ...
//   level 0      0 1 2 ... 15 | 16 17 ... 31 | ...
//
// Natural keys (search.h) are searched sixteen at a time, whether in use or
// not: separators that are not hold the greatest key there is, which is no more
// than a filler, as the outcome is bounded by the number in use.
//
// Readers search while a writer replaces separators of a window it holds under
// Move. What they find is a hint: every value in the window, old or new, lies
// between the window's bounds, so a key outside never ends inside nor the other
// way round, and the check inside the segment's version window decides.

#ifndef PMA_INTERNAL_SEPARATORS_H_
#define PMA_INTERNAL_SEPARATORS_H_

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>

#include "pma/internal/search.h"
#include "pma/internal/storage.h"

namespace pma::internal {

template <class Platform, class Codec>
class Separators {
  using Cells = CellArray<Platform, Codec, Codec::kBoxed>;

 public:
  using Bits = typename Codec::Bits;
  using Unit = typename Cells::Unit;

  // The units that `capacity` separators need: whole blocks, and the upper
  // levels only if there is something below them.
  static constexpr size_t UnitsFor(size_t capacity) {
    return (Level0Cells(capacity) + Level1Cells(capacity) +
            Level2Cells(capacity)) *
           Codec::kUnits;
  }

  // Constructs the units, in memory that lasts as long as this object. The
  // lower levels come first: they are read first.
  Separators(void* memory, size_t capacity)
      : level2_(static_cast<Unit*>(memory)),
        level1_(level2_ + Level2Cells(capacity) * Codec::kUnits),
        level0_(level1_ + Level1Cells(capacity) * Codec::kUnits) {
    for (size_t i = 0; i < UnitsFor(capacity); ++i) ::new (&level2_[i]) Unit();
    if constexpr (!Codec::kBoxed) {
      const size_t cells = UnitsFor(capacity) / Codec::kUnits;
      for (size_t i = 0; i < cells; ++i) Cells::Store(level2_, i, Filler());
    }
  }

  Bits Load(size_t i) const { return Cells::Load(level0_, i); }

  void Store(size_t i, const Bits& bits) {
    Cells::Store(level0_, i, bits);
    if (i % kFanOut != 0 || i == 0) return;
    Cells::Store(level1_, i / kFanOut, bits);
    if (i % (kFanOut * kFanOut) == 0) {
      Cells::Store(level2_, i / (kFanOut * kFanOut), bits);
    }
  }

  // Takes separator `i` out of use.
  void Clear(size_t i) {
    if constexpr (!Codec::kBoxed) Store(i, Filler());
  }

  // The last i in [0, count) for which the predicate (see Leads in locate.h)
  // holds; 0 if none does. Separator 0 is never looked at: it is the extent's
  // own bound.
  template <class Predicate>
  [[gnu::always_inline]] size_t FindLast(size_t count,
                                         const Predicate& predicate) const {
    if (count == 1) return 0;
    size_t i = 0;
    if (count > kFanOut) {
      if (count > kFanOut * kFanOut) {
        i = Search(level2_, 0, Blocks(count, kFanOut * kFanOut), predicate);
      }
      i = SearchBlock(level1_, i, Blocks(count, kFanOut), predicate);
    }
    return SearchBlock(level0_, i, count, predicate);
  }

  // True if the upper levels repeat level 0 (quiescent).
  bool LevelsAgree(size_t count) const {
    for (size_t i = kFanOut; i < count; i += kFanOut) {
      if (Cells::Load(level1_, i / kFanOut) != Load(i)) return false;
      if (i % (kFanOut * kFanOut) == 0 &&
          Cells::Load(level2_, i / (kFanOut * kFanOut)) != Load(i)) {
        return false;
      }
    }
    return true;
  }

 private:
  static constexpr size_t kFanOut = kBlockCells;

  static constexpr size_t Blocks(size_t count, size_t width) {
    return (count + width - 1) / width;
  }
  static constexpr size_t Level0Cells(size_t capacity) {
    return Blocks(capacity, kFanOut) * kFanOut;
  }
  static constexpr size_t Level1Cells(size_t capacity) {
    return capacity <= kFanOut ? 0 : Level0Cells(Blocks(capacity, kFanOut));
  }
  static constexpr size_t Level2Cells(size_t capacity) {
    return capacity <= kFanOut * kFanOut ? 0
                                         : Blocks(capacity, kFanOut * kFanOut);
  }

  // No less than any separator, for the keys whose blocks are searched whole.
  static Bits Filler() {
    using Key = std::remove_cvref_t<decltype(Codec::View(Bits{}))>;
    if constexpr (std::is_floating_point_v<Key>) {
      return Codec::Encode(std::numeric_limits<Key>::infinity());
    } else if constexpr (std::is_arithmetic_v<Key>) {
      return Codec::Encode(std::numeric_limits<Key>::max());
    } else {
      return Bits{};
    }
  }

  // The last entry in [begin, end) for which the predicate holds; the first is
  // taken to be one.
  template <class Predicate>
  static size_t Search(const Unit* level, size_t begin, size_t end,
                       const Predicate& predicate) {
    const size_t others = end > begin ? end - begin - 1 : 0;
    return begin + PartitionPoint(others, [&](size_t k) {
             return predicate(Cells::Load(level, begin + 1 + k));
           });
  }
  template <class Predicate>
  static size_t SearchBlock(const Unit* level, size_t block, size_t count,
                            const Predicate& predicate) {
    const size_t begin = block * kFanOut;
    if constexpr (requires { requires Predicate::kNatural; }) {
      using Key = std::remove_cvref_t<decltype(predicate.probe.key)>;
      const size_t last =
          begin +
          NaturalCells<Platform, Key>::template LastInBlock<Predicate::kStrict>(
              level + begin, predicate.probe.key);
      return std::min(last, count - 1);
    } else {
      return Search(level, begin, std::min(begin + kFanOut, count), predicate);
    }
  }

  Unit* level2_;
  Unit* level1_;
  Unit* level0_;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_SEPARATORS_H_
