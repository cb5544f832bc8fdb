// SPDX-License-Identifier: Apache-2.0

// Fresh extents filled from front to back, by whoever has all entries at hand
// in key order: a load, a merge, what is left of a range.
//
// Nobody else sees them before they are published, so nothing here takes turns
// with anyone.

#ifndef PMA_INTERNAL_WRITE_EXTENT_BUILDER_H_
#define PMA_INTERNAL_WRITE_EXTENT_BUILDER_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <span>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/list.h"
#include "pma/internal/policy/density.h"
#include "pma/internal/store/tree.h"

namespace pma::inline PMA_VARIANT::internal {

// The extents are destroyed unless they are published, with their cells if
// `owns_cells`.
template <class Types>
class ExtentBuilder {
  using KeyCodec = typename Types::KeyCodec;
  using SeparatorCodec = typename Types::SeparatorCodec;
  using KeyBits = typename Types::KeyBits;
  using ValueBits = typename Types::ValueBits;

  static constexpr size_t kSlab = Extent<Types>::kSlabSegments;
  static constexpr size_t kMaxExtent = Types::Tuning::kMaxExtentSegments;

 public:
  // Cells of a segment that is packed, and of an extent of such.
  static constexpr size_t kPackedCells = PackedCells(Types::kCells);
  static constexpr size_t kPackedEntries = kPackedCells * kMaxExtent;
  // The most entries of one that has room for more (FitOneExtent).
  static constexpr size_t kRoomyEntries = std::min(
      kMaxExtent * Types::kCells * 88 / 100, kMaxExtent*(Types::kCells - 1));

  // The first extent begins at `lower`. Slabs for so many segments are made at
  // once, others when they are wanted. Throws what the allocator throws.
  ExtentBuilder(Tree<Types>& tree, const Fence<Types>& lower, bool owns_cells,
                size_t segments, Trend trend)
      : tree_(tree),
        lower_(lower),
        owns_cells_(owns_cells),
        stock_(tree.StockFor(segments, trend)) {}
  ~ExtentBuilder() {
    if (extents_.empty()) return;
    EndSegment();
    for (Extent<Types>* extent : extents_) {
      extent->owns_cells = owns_cells_;
      tree_.DestroyExtent(extent);
    }
  }
  ExtentBuilder(const ExtentBuilder&) = delete;
  ExtentBuilder& operator=(const ExtentBuilder&) = delete;

  // Segments of an extent that holds so many entries, packed or with the room
  // that a map usually has.
  static size_t PackedSegmentsFor(size_t entries) {
    const size_t filled =
        std::max<size_t>(1, (entries + kPackedCells - 1) / kPackedCells);
    return std::min(WholeSlabs(filled, kSlab), kMaxExtent);
  }
  static size_t RoomySegmentsFor(size_t entries) {
    return std::min(SegmentsForEntries(entries, Types::kCells, kSlab),
                    kMaxExtent);
  }

  // Begins an extent behind the others, of entries that come next, the first of
  // which has that key. (Unless it is the first extent, which may be empty.)
  // Throws what allocation and the copy of a key throw.
  void Begin(size_t entries, size_t segments, const KeyBits* first_key) {
    assert(left_ == 0 && segments > 0 && segments <= kMaxExtent);
    assert(entries <= segments * Types::kCells);
    assert(first_key != nullptr || (extents_.empty() && entries == 0));
    if (extents_.size() == extents_.capacity()) {
      extents_.reserve(std::max<size_t>(4, extents_.size() * 2));
    }
    if (extents_.empty()) {
      Add(tree_.CreateExtent(segments, lower_, {}, stock_));
    } else {
      EndSegment();
      const auto fence = tree_.MakeSeparator(KeyCodec::View(*first_key));
      Rollback free_fence([&] { tree_.DestroySeparator(fence); });
      Add(tree_.CreateExtent(segments, {fence, true}, {}, stock_));
      Extent<Types>& ended = *extents_[extents_.size() - 2];
      ended.SetUpper({fence, true});
      free_fence.Dismiss();
      ended.SetHeads();
    }
    left_ = entries;
    each_ = entries / segments;
    one_more_ = entries % segments;
    at_ = 0;
    segment_ = 0;
    wanted_ = WantedIn(0);
  }
  // How many entries are still to come in the extent that was begun.
  size_t left() const { return left_; }

  // Appends a cell, or several. Throws what allocation and the copy of a key
  // throw.
  void Append(const KeyBits& key, const ValueBits& value) {
    if (at_ == wanted_) NextSegment(key);
    to_->StoreCell(at_++, key, value);
    --left_;
  }
  void Append(const KeyBits* keys, const ValueBits* values, size_t count) {
    while (count > 0) {
      if (at_ == wanted_) NextSegment(*keys);
      const size_t run = std::min(count, wanted_ - at_);
      Segment<Types>& to = *to_;
      for (size_t i = 0; i < run; ++i) {
        to.StoreCell(at_ + i, keys[i], values[i]);
      }
      Went(run);
      keys += run;
      values += run;
      count -= run;
    }
  }
  // Cells [begin, end) of a segment that stands still.
  void Append(const Segment<Types>& from, size_t begin, size_t end) {
    while (begin < end) {
      if (at_ == wanted_) NextSegment(from.keys.Load(begin));
      const size_t run = std::min(end - begin, wanted_ - at_);
      to_->CopyCells(from, begin, begin + run, at_);
      Went(run);
      begin += run;
    }
  }

  // The last extent ends at `upper`. Throws as above.
  void Finish(const Fence<Types>& upper) {
    assert(!extents_.empty() && left_ == 0);
    EndSegment();
    if (upper.finite) {
      extents_.back()->SetUpper(
          {tree_.MakeSeparator(SeparatorCodec::View(upper.bits)), true});
    }
    extents_.back()->SetHeads();
  }

  std::span<Extent<Types>* const> extents() const { return extents_; }
  void Published() { extents_.clear(); }

 private:
  void Add(Extent<Types>* extent) {
    extent->set_active(1);
    extents_.push_back(extent);
    to_ = &extent->segment(0);
  }
  size_t WantedIn(size_t segment) const {
    return each_ + (segment < one_more_ ? 1 : 0);
  }
  void Went(size_t cells) {
    at_ += cells;
    left_ -= cells;
  }
  void EndSegment() {
    to_->SetPivots();
    to_->word.StoreRelaxed(Word().Marked(Marker::kIdle, 0, at_).bits());
  }
  // Goes on in the next segment, the first key of which is given.
  [[gnu::noinline]] void NextSegment(const KeyBits& key) {
    assert(left_ > 0);
    Extent<Types>& extent = *extents_.back();
    EndSegment();
    const auto separator = tree_.MakeSeparator(KeyCodec::View(key));
    ++segment_;
    extent.index().Store(segment_, separator);
    extent.set_active(segment_ + 1);
    to_ = &extent.segment(segment_);
    at_ = 0;
    wanted_ = WantedIn(segment_);
    assert(wanted_ > 0);
  }

  Tree<Types>& tree_;
  const Fence<Types> lower_;
  const bool owns_cells_;
  typename Tree<Types>::Stock stock_;
  List<Extent<Types>*> extents_;
  Segment<Types>* to_ = nullptr;
  size_t segment_ = 0;   // that one in the last extent
  size_t at_ = 0;        // its cells
  size_t wanted_ = 0;    // and how many it is to have
  size_t left_ = 0;      // entries that the extent is still to have
  size_t each_ = 0;      // entries of each of its segments
  size_t one_more_ = 0;  // but so many have one more
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_EXTENT_BUILDER_H_
