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
// Readers search while a writer replaces separators of a window it holds under
// Move. What they find is a hint: every value in the window, old or new, lies
// between the window's bounds, so a key outside never ends inside nor the other
// way round, and the check inside the segment's version window decides.

#ifndef PMA_INTERNAL_SEPARATORS_H_
#define PMA_INTERNAL_SEPARATORS_H_

#include <algorithm>
#include <cstddef>

#include "pma/internal/segment.h"
#include "pma/internal/storage.h"

namespace pma::internal {

template <class Platform, class Codec>
class Separators {
  using Cells = CellArray<Platform, Codec, Codec::kBoxed>;

 public:
  using Bits = typename Codec::Bits;
  using Unit = typename Cells::Unit;

  // The units that `capacity` separators need.
  static constexpr size_t UnitsFor(size_t capacity) {
    return (capacity + Blocks(capacity, kFanOut) +
            Blocks(capacity, kFanOut * kFanOut)) *
           Codec::kUnits;
  }

  // Uses `units`, zeroed, for as long as this object lives. The lower levels
  // come first: they are read first.
  Separators(Unit* units, size_t capacity)
      : level2_(units),
        level1_(level2_ + Blocks(capacity, kFanOut * kFanOut) * Codec::kUnits),
        level0_(level1_ + Blocks(capacity, kFanOut) * Codec::kUnits) {}

  Bits Load(size_t i) const { return Cells::Load(level0_, i); }

  void Store(size_t i, const Bits& bits) {
    Cells::Store(level0_, i, bits);
    if (i % kFanOut == 0) Cells::Store(level1_, i / kFanOut, bits);
    if (i % (kFanOut * kFanOut) == 0) {
      Cells::Store(level2_, i / (kFanOut * kFanOut), bits);
    }
  }

  // The last i in [0, count) for which `at_or_before(separator i)` holds; 0 if
  // none does. Separator 0 is never looked at: it is the extent's own bound.
  template <class Predicate>
  size_t FindLast(size_t count, Predicate at_or_before) const {
    size_t i = 0;
    if (count > kFanOut) {
      if (count > kFanOut * kFanOut) {
        i = Search(level2_, 0, Blocks(count, kFanOut * kFanOut), at_or_before);
      }
      i = SearchBlock(level1_, i, Blocks(count, kFanOut), at_or_before);
    }
    return SearchBlock(level0_, i, count, at_or_before);
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
  static constexpr size_t kFanOut = 16;

  static constexpr size_t Blocks(size_t count, size_t width) {
    return (count + width - 1) / width;
  }

  // The last entry in [begin, end) for which the predicate holds; the first is
  // known to hold.
  template <class Predicate>
  static size_t Search(const Unit* level, size_t begin, size_t end,
                       Predicate& at_or_before) {
    const size_t others = end > begin ? end - begin - 1 : 0;
    return begin + PartitionPoint(others, [&](size_t k) {
             return at_or_before(Cells::Load(level, begin + 1 + k));
           });
  }
  template <class Predicate>
  static size_t SearchBlock(const Unit* level, size_t block, size_t count,
                            Predicate& at_or_before) {
    const size_t begin = block * kFanOut;
    return Search(level, begin, std::min(begin + kFanOut, count), at_or_before);
  }

  Unit* level2_;
  Unit* level1_;
  Unit* level0_;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_SEPARATORS_H_
