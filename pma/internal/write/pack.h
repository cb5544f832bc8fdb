// SPDX-License-Identifier: Apache-2.0

// A map made as small as it can be: extents packed, and those that fit into one
// merged.

#ifndef PMA_INTERNAL_WRITE_PACK_H_
#define PMA_INTERNAL_WRITE_PACK_H_

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/bulk_rebuild.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class Packer : public BulkRebuilder<Types> {
  using Base = BulkRebuilder<Types>;
  using Base::guard_;
  using Base::tree_;
  using typename Base::Builder;
  using typename Base::Frozen;

 public:
  using Base::Base;

  // Packs the extents from a position on that fit into one, if that makes them
  // smaller. False if there are no more. Throws what allocation and the copy
  // of a key throw; then nothing has happened.
  bool PackAt(size_t position) {
    auto* directory = tree_.LoadDirectory(guard_);
    if (directory == nullptr || position >= directory->count()) return false;
    size_t entries = 0;
    size_t capacity = 0;
    size_t end = position;
    for (; end < directory->count(); ++end) {
      const Extent<Types>& extent = *directory->extent(end);
      const size_t more = Base::ApproximateEntries(extent);
      if (end > position && entries + more > Builder::kPackedEntries) break;
      entries += more;
      capacity += extent.capacity();
    }
    const size_t segments = Builder::PackedSegmentsFor(entries);
    if (segments >= capacity) return true;
    Builder builder(tree_, directory->extent(position)->lower(),
                    /*owns_cells=*/false, segments, Trend::kShrinks);
    Frozen frozen(end - position);
    if (!Base::FreezeAll(*directory, position, frozen)) return true;
    size_t left = 0;
    for (const auto& window : frozen) left += window.entries();
    // It has been filled again.
    if (Builder::PackedSegmentsFor(left) >= capacity) return true;
    if (left == 0) builder.Begin(0, 1, nullptr);
    for (const auto& window : frozen) {
      const Extent<Types>& extent = window.extent();
      Base::AppendBetween(builder, extent, Base::Begin(), Base::End(extent),
                          /*packed=*/true, left);
    }
    assert(left == 0);
    builder.Finish(frozen.back().extent().upper());
    for (Extent<Types>* old : Base::Publish(frozen, builder)) {
      tree_.RetireExtent(guard_, old);
    }
    tree_.Collect(guard_);
    return true;
  }

  // Moves extents out of chunks that are partly empty, as long as that frees
  // any.
  void LeaveAllChunks() {
    auto* directory = tree_.LoadDirectory(guard_);
    const size_t extents = directory == nullptr ? 0 : directory->count();
    tree_.set_to_move(extents);
    tree_.texts().BeginToMove(tree_.BytesApart());
    Base::LeaveChunks(extents);
    tree_.set_to_move(0);
  }
};

// Gives back all memory that can be. A courtesy: without memory for it, what
// has not been packed stays.
template <class Types>
[[gnu::cold]] void ShrinkToFit(Tree<Types>& tree) {
  using Platform = typename Types::Platform;
  if (!tree.HasHoldings()) return;
  PMA_TRY {
    for (size_t position = 0;; ++position) {
      Guard<Platform> guard;
      if (!Packer<Types>(tree, guard).PackAt(position)) break;
    }
    Guard<Platform> guard;
    Packer<Types>(tree, guard).LeaveAllChunks();
  }
  PMA_CATCH_ALL {}
  tree.Reclaim();
  tree.extent_memory().Release();
  tree.texts().Release();
}

// Makes memory for so many entries in all.
template <class Types>
[[gnu::cold]] void Reserve(Tree<Types>& tree, size_t entries) {
  // Extents are never emptier, but when erasures have made them so.
  constexpr size_t kPercent = 77;
  const size_t segments = entries / Types::kCells;
  if (segments > ~size_t{0} / 200 / sizeof(Segment<Types>)) ThrowOutOfMemory();
  const size_t needed = segments * 100 / kPercent + 1;
  if (!ExtentMemory<Types>::AreFew(needed)) {
    tree.extent_memory().Reserve(needed);
  }
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_PACK_H_
