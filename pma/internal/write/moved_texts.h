// SPDX-License-Identifier: Apache-2.0

// Strings that leave sparse pages (box_pages.h) with the extent that holds
// them: the one that replaces it holds copies.

#ifndef PMA_INTERNAL_WRITE_MOVED_TEXTS_H_
#define PMA_INTERNAL_WRITE_MOVED_TEXTS_H_

#include <cstddef>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/list.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/store/tree.h"

namespace pma::inline PMA_VARIANT::internal {

// Copies that are not yet published, destroyed unless they are.
template <class Types>
class MovedTexts {
 public:
  explicit MovedTexts(Tree<Types>& tree)
      : tree_(tree), goes_on_(tree.texts().moving()) {}
  ~MovedTexts() {
    for (const Moved& moved : moved_) tree_.DestroyKey(moved.to);
  }
  MovedTexts(const MovedTexts&) = delete;
  MovedTexts& operator=(const MovedTexts&) = delete;

  // Replaces keys among the first `count` of a segment that nobody sees. A
  // courtesy: without memory they stay.
  void Replace(Segment<Types>& segment, size_t count) {
    if (!goes_on_) return;
    PMA_TRY {
      for (size_t i = 0; i < count; ++i) ReplaceOne(segment, i);
    }
    PMA_CATCH_ALL { goes_on_ = false; }
  }

  // Nobody can find the others any more who has not found them yet. The
  // caller's guard may have: they are collected after it.
  void Published() {
    for (const Moved& moved : moved_) {
      tree_.RetireKey(nullptr, moved.from, /*collects=*/false);
    }
    moved_.clear();
  }

 private:
  using Codec = typename Types::KeyCodec;

  void ReplaceOne(Segment<Types>& segment, size_t cell) {
    if constexpr (Types::kTextKeys) {
      const auto from = segment.keys.Load(cell);
      const TextBox& box = *Codec::BoxOf(from);
      if (!tree_.texts().ShouldMove(box)) return;
      if (moved_.size() == moved_.capacity()) {
        moved_.reserve(2 * moved_.size() + Types::kCells);
      }
      const auto to = Codec::Encode(tree_.NewText(box.text()));
      moved_.push_back({from, to});
      segment.keys.Store(cell, to);
    }
  }

  struct Moved {
    typename Types::KeyBits from;
    typename Types::KeyBits to;
  };

  Tree<Types>& tree_;
  bool goes_on_;
  List<Moved> moved_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_MOVED_TEXTS_H_
