// SPDX-License-Identifier: Apache-2.0

// Checks every structural invariant of a quiescent map.

#ifndef PMA_INTERNAL_STORE_INVARIANTS_H_
#define PMA_INTERNAL_STORE_INVARIANTS_H_

#include <cstddef>
#include <string>

#include "pma/internal/store/tree.h"

namespace pma::inline PMA_VARIANT::internal {

// Requires that no other thread uses the tree. Returns an empty string, or a
// description of the first violation found.
template <class Types>
class InvariantChecker {
 public:
  explicit InvariantChecker(const Tree<Types>& tree) : tree_(tree) {}

  std::string Check() {
    const auto* directory = tree_.UnguardedDirectory();
    if (directory == nullptr) {
      return tree_.EntryCount() == 0 ? ""
                                     : "INV-8: entries counted in an empty map";
    }
    if (directory->extent(0)->lower().finite) {
      return "INV-5: the first extent has a lower bound";
    }
    if (directory->extent(directory->count() - 1)->upper().finite) {
      return "INV-5: the last extent has an upper bound";
    }
    if (!directory->IndexAgrees()) {
      return "INV-6: the directory's index differs from its extents";
    }
    for (size_t e = 0; e < directory->count(); ++e) {
      const Extent<Types>& extent = *directory->extent(e);
      if (e > 0 &&
          !SameFence(directory->extent(e - 1)->upper(), extent.lower())) {
        return "INV-5: extents do not meet at " + At(e, 0);
      }
      if (std::string error = CheckExtent(e, extent); !error.empty()) {
        return error;
      }
    }
    if (entries_ != tree_.EntryCount()) {
      return "INV-8: " + std::to_string(tree_.EntryCount()) +
             " entries counted, " + std::to_string(entries_) + " found";
    }
    return "";
  }

 private:
  using KeyCodec = typename Types::KeyCodec;
  using SeparatorCodec = typename Types::SeparatorCodec;

  static std::string At(size_t extent, size_t segment) {
    return "extent " + std::to_string(extent) + " segment " +
           std::to_string(segment);
  }

  bool SameFence(const Fence<Types>& a, const Fence<Types>& b) const {
    if (a.finite != b.finite) return false;
    if (!a.finite) return true;
    const auto& less = tree_.order().compare();
    decltype(auto) x = SeparatorCodec::View(a.bits);
    decltype(auto) y = SeparatorCodec::View(b.bits);
    return !less(x, y) && !less(y, x);
  }

  std::string CheckExtent(size_t e, const Extent<Types>& extent) {
    const size_t active = extent.active();
    if (active == 0 || active > extent.capacity()) {
      return "INV-1: active segments out of range in " + At(e, 0);
    }
    if (!extent.index().LevelsAgree(active)) {
      return "INV-6: upper index levels differ in " + At(e, 0);
    }
    for (size_t i = 0; i < extent.capacity(); ++i) {
      const Segment<Types>& segment = extent.segment(i);
      const Word word = segment.LoadWord();
      if (!word.idle()) return "INV-7: marker left behind at " + At(e, i);
      if (word.count() > Types::kCells)
        return "INV-9: more entries than cells at " + At(e, i);
      if (!UnusedAreFilled(segment, word.count()))
        return "INV-10: a key in a cell that is not in use at " + At(e, i);
      if (!PivotsAgree(segment))
        return "INV-11: a pivot that is not the last key of its group at " +
               At(e, i);
      if (i >= active) {
        if (word.count() != 0) return "INV-1: cells beyond active " + At(e, i);
        continue;
      }
      const Fence<Types> lower = extent.LowerOf(i);
      const Fence<Types> upper = extent.UpperOf(i, active);
      if (!HeadsAgree(segment, word.count(), lower, upper))
        return "INV-12: a head that is not its key's at " + At(e, i);
      if (std::string error = CheckSegment(segment, word.count(), lower, upper);
          !error.empty()) {
        return error + " at " + At(e, i);
      }
    }
    return "";
  }

  std::string CheckSegment(const Segment<Types>& segment, size_t count,
                           const Fence<Types>& lower,
                           const Fence<Types>& upper) {
    const auto& less = tree_.order().compare();
    if (lower.finite && upper.finite &&
        less(SeparatorCodec::View(upper.bits),
             SeparatorCodec::View(lower.bits))) {
      return "INV-1: separators descend";
    }
    for (size_t c = 0; c < count; ++c) {
      decltype(auto) key = KeyCodec::View(segment.keys.Load(c));
      if (c > 0 && !less(KeyCodec::View(segment.keys.Load(c - 1)), key)) {
        return "INV-1: keys not ascending";
      }
      if (lower.finite && less(key, SeparatorCodec::View(lower.bits))) {
        return "INV-1: key before its segment's separator";
      }
      if (upper.finite && !less(key, SeparatorCodec::View(upper.bits))) {
        return "INV-1: key at or after the next separator";
      }
    }
    entries_ += count;
    return "";
  }

  static bool UnusedAreFilled(const Segment<Types>& segment, size_t count) {
    if constexpr (Segment<Types>::kSearched) {
      for (size_t c = count; c < Types::kCells; ++c) {
        if (segment.searched()[c].LoadRelaxed() !=
            Segment<Types>::FillerBits()[0]) {
          return false;
        }
      }
    }
    return true;
  }

  // INV-12: whatever lies between the fences begins with what is skipped.
  static bool HeadsAgree(const Segment<Types>& segment, size_t count,
                         const Fence<Types>& lower, const Fence<Types>& upper) {
    if constexpr (Types::kHeadedKeys) {
      const size_t skip = segment.skip();
      if (skip > CommonPrefixOf(lower, upper)) return false;
      for (size_t c = 0; c < count; ++c) {
        if constexpr (Types::kTextKeys) {
          if (segment.heads.Load(c)[0] !=
              HeadOf(KeyCodec::Text(segment.keys.Load(c)), skip)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  static bool PivotsAgree(const Segment<Types>& segment) {
    for (size_t i = 0; i < Segment<Types>::kPivots; ++i) {
      if (segment.pivots.Load(i) != segment.LastOfGroup(i)) return false;
    }
    return true;
  }

  const Tree<Types>& tree_;
  size_t entries_ = 0;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_INVARIANTS_H_
