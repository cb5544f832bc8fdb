// SPDX-License-Identifier: Apache-2.0

// Merging cells in key order into a map that others use meanwhile.
//
// Those that belong to one segment and have room there are inserted together,
// at one instant: a descent, a look and a change for all of them. Where so many
// belong to one extent that most segments would become full, it is rebuilt with
// all of them at once (bulk_rebuild.h). Elsewhere, and where keys may be torn,
// they are put one by one.

#ifndef PMA_INTERNAL_WRITE_MERGE_SORTED_H_
#define PMA_INTERNAL_WRITE_MERGE_SORTED_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "pma/internal/machine/list.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/bulk_rebuild.h"
#include "pma/internal/write/made_cells.h"
#include "pma/internal/write/modify.h"
#include "pma/internal/write/put_erase.h"

namespace pma::inline PMA_VARIANT::internal {

// Cells of one segment, inserted at one instant.
template <class Types>
class SegmentMerge {
  using Platform = typename Types::Platform;
  using KeyCodec = typename Types::KeyCodec;
  using SeparatorCodec = typename Types::SeparatorCodec;
  using Key = typename Types::Key;
  using Probe = typename Types::Order::template ProbeFor<Key>;

 public:
  // Their keys are compared before a look is validated.
  static constexpr bool kPossible = kNeverTorn<KeyCodec>;

  SegmentMerge(Tree<Types>& tree, Guard<Platform>& guard,
               MadeCells<Types>& cells)
      : tree_(tree), guard_(guard), cells_(cells) {}

  // Inserts cells from `begin` on, before `end`, as many as belong to the
  // segment of the first and have room there. Returns how many were dealt
  // with, of which `added` counts those that were new; 0 if the segment is
  // full, or if others are at work there. Throws what the comparator throws.
  size_t Insert(size_t begin, size_t end, size_t& added) {
    decltype(auto) first = cells_.KeyAt(begin);
    const Located<Types> found =
        internal::Locate<Purpose::kMove>(tree_, guard_, Probe(first));
    if (found.place.extent == nullptr || !found.word.idle()) return 0;
    const Extent<Types>& extent = *found.place.extent;
    const size_t at = found.place.segment;
    Segment<Types>& segment = found.place.extent->segment(at);
    FetchAhead(extent, at);
    const SegmentRead<Types> read(segment, found.place.root, found.word);
    const size_t active = extent.active();
    if (at >= active) return 0;
    const Fence<Types> upper = extent.UpperOf(at, active);
    const size_t count = found.word.count();
    fresh_ = 0;
    size_t rank = found.rank;
    bool present = found.present;
    size_t next = begin;
    while (present || count + fresh_ < Types::kCells) {
      if (!present) {
        ranks_[fresh_] = static_cast<uint8_t>(rank);
        which_[fresh_++] = static_cast<uint32_t>(next);
      }
      if (++next == end) break;
      decltype(auto) key = cells_.KeyAt(next);
      const Probe probe(key);
      const auto& order = tree_.order();
      if (upper.finite &&
          !order.template After<SeparatorCodec>(upper.bits, probe)) {
        break;
      }
      rank = internal::PartitionPoint(count - rank,
                                      [&, from = rank](size_t i) {
                                        return order.template Before<KeyCodec>(
                                            segment.keys.Load(from + i), probe);
                                      }) +
             rank;
      present = rank < count &&
                !order.template After<KeyCodec>(segment.keys.Load(rank), probe);
    }
    if (fresh_ == 0) return read.SameCells() ? next - begin : 0;
    // The word vouches for the fence, too: that changes under Move only.
    read.EndBeforeChange();
    if (!SegmentWriter<Types>(guard_.record(), segment, found.word)
             .InsertMany(
                 ranks_[0], fresh_,
                 [&](Segment<Types>& image) { Fill(image, segment, count); },
                 [&](RunHint hint) {
                   for (size_t i = 0; i < fresh_; ++i) {
                     hint = hint.AfterInsert(ranks_[i] + i);
                   }
                   return hint;
                 })) {
      return 0;
    }
    for (size_t i = 0; i < fresh_; ++i) {
      cells_.GaveKey(which_[i]);
      cells_.GaveValue(which_[i]);
    }
    added += fresh_;
    tree_.AddEntries(guard_.record(), static_cast<int64_t>(fresh_));
    return next - begin;
  }

 private:
  // Fetches the segments that come after the one that is merged into: there is
  // something for most of them.
  void FetchAhead(const Extent<Types>& extent, size_t at) {
    constexpr size_t kAhead = 4;
    if (fetched_in_ != &extent || fetched_ < at) fetched_ = at;
    fetched_in_ = &extent;
    const size_t end = std::min(at + kAhead + 1, extent.capacity());
    while (fetched_ + 1 < end) extent.segment(++fetched_).PrefetchAll();
  }

  // Writes what the segment will hold from the first new cell on.
  void Fill(Segment<Types>& image, const Segment<Types>& segment,
            size_t count) const {
    size_t from = ranks_[0];
    for (size_t i = 0; i < fresh_; ++i) {
      image.CopyCellsInline(segment, from, ranks_[i], from + i);
      from = ranks_[i];
      image.StoreCell(from + i, cells_.key(which_[i]), cells_.value(which_[i]));
      image.SetHead(from + i, cells_.key(which_[i]), segment.skip());
    }
    image.CopyCellsInline(segment, from, count, from + fresh_);
  }

  Tree<Types>& tree_;
  Guard<Platform>& guard_;
  MadeCells<Types>& cells_;
  // The last segment fetched, of that extent.
  const Extent<Types>* fetched_in_ = nullptr;
  size_t fetched_ = 0;
  // Of those that are new: which they are, and the cell of the segment before
  // which each belongs.
  size_t fresh_ = 0;
  std::array<uint32_t, Types::kCells> which_;
  std::array<uint8_t, Types::kCells> ranks_;
};

// Merges `cells`, which become empty; those whose keys are present are freed.
// Each is inserted at some instant during the call.
template <class Types>
class SortedMerger {
  using Tuning = typename Types::Tuning;
  using Platform = typename Types::Platform;
  using KeyCodec = typename Types::KeyCodec;
  using SeparatorCodec = typename Types::SeparatorCodec;
  using Key = typename Types::Key;
  using Probe = typename Types::Order::template ProbeFor<Key>;

 public:
  SortedMerger(Tree<Types>& tree, MadeCells<Types>& cells)
      : tree_(tree), cells_(cells) {}

  // Cells that are worth collecting before they are merged: a few extents.
  static constexpr size_t kMostCells = 4 * ExtentBuilder<Types>::kPackedEntries;

  // Throws what allocation, the comparator and copies of keys throw; those that
  // come first have been merged then. `added` counts those that were new.
  void Merge(size_t& added) {
    while (next_ < cells_.size()) {
      if (!RebuildNext(added)) PutUpTo(end_, added);
    }
    cells_.Clear();
  }

 private:
  // Whether so many more for an extent are worth a rebuild: if they are a fair
  // part of its entries, unless most of them find room in its segments.
  static bool IsWorthRebuild(const Extent<Types>& extent, size_t more) {
    // Where each has to be put by itself, sooner.
    constexpr size_t kPart =
        Tuning::kPartMergedByRebuild * (SegmentMerge<Types>::kPossible ? 1 : 2);
    const size_t cells = extent.capacity() * Types::kCells;
    // To count entries takes a cache miss for each segment.
    if (more * kPart * 2 < cells) return false;
    const size_t entries = Rebuild::Entries(extent);
    return more * kPart >= entries &&
           (!SegmentMerge<Types>::kPossible ||
            (entries + more) * 100 > cells * Tuning::kPercentMergedByRebuild);
  }

  // Those for the extent that owns the next one, if they are worth a rebuild,
  // or finds that the extent has been replaced. Else false: up to `end_`.
  bool RebuildNext(size_t& added) {
    Guard<Platform> guard;
    internal::AssertMayWrite(guard.record(), &tree_);
    const auto& order = tree_.order();
    auto* directory = tree_.LoadDirectory(guard);
    if (directory == nullptr) {
      internal::CreateFirstExtent(tree_, guard);
      return true;
    }
    decltype(auto) first = cells_.KeyAt(next_);
    const Probe probe(first);
    Extent<Types>& extent = *directory->extent(
        directory->FindLast([&](const typename Types::SeparatorBits& fence) {
          return !order.template After<SeparatorCodec>(fence, probe);
        }));
    end_ = EndBefore(extent.upper());
    together_ =
        (end_ - next_) * Tuning::kPartMergedTogether >= extent.capacity();
    if (!IsWorthRebuild(extent, end_ - next_)) return false;
    if (Rebuild(tree_, guard).Merge(extent, cells_, next_, end_, added)) {
      next_ = end_;
    }
    return true;
  }

  // The first of the cells that are not before a fence.
  size_t EndBefore(const Fence<Types>& fence) const {
    if (!fence.finite) return cells_.size();
    decltype(auto) key = SeparatorCodec::View(fence.bits);
    const Probe probe(key);
    return next_ +
           internal::PartitionPoint(cells_.size() - next_, [&](size_t i) {
             return tree_.order().template Before<KeyCodec>(
                 cells_.key(next_ + i), probe);
           });
  }

  void PutUpTo(size_t end, size_t& added) {
    while (next_ < end) {
      if constexpr (SegmentMerge<Types>::kPossible) {
        if (together_ && InsertTogether(end, added)) continue;
      }
      added += PutOne();
      ++next_;
    }
  }
  bool PutOne() {
    decltype(auto) view = cells_.KeyAt(next_);
    const Key& key = view;
    if constexpr (kPlainCells<Types>) {
      return internal::WithWideProbe<Types>(
          Probe(key), [&](const auto& probe) PMA_ALWAYS_INLINE_LAMBDA {
            return internal::QuickPut(tree_, probe, cells_.value(next_),
                                      /*replace=*/false);
          });
    } else {
      // Whoever takes the bits frees them, if it comes to that.
      return internal::Put(
          tree_, key, /*replace=*/false,
          [&] {
            const auto bits = cells_.key(next_);
            cells_.GaveKey(next_);
            return bits;
          },
          [&] {
            const auto bits = cells_.value(next_);
            cells_.GaveValue(next_);
            return bits;
          });
    }
  }

  // Inserts cells up to `end` a segment at a time. False if the next one is to
  // be put by itself.
  bool InsertTogether(size_t end, size_t& added) {
    Guard<Platform> guard;
    SegmentMerge<Types> merge(tree_, guard, cells_);
    while (next_ < end) {
      const size_t put = merge.Insert(next_, end, added);
      if (put == 0) return false;
      next_ += put;
    }
    return true;
  }

  // One extent, rebuilt with cells that it owns.
  class Rebuild : public BulkRebuilder<Types> {
    using Base = BulkRebuilder<Types>;
    using typename Base::Builder;
    using typename Base::Frozen;
    using typename Base::Rank;

   public:
    using Base::Base;

    static size_t Entries(const Extent<Types>& extent) {
      return Base::ApproximateEntries(extent);
    }

    // Merges cells [begin, end). False, and nothing has happened, if the extent
    // has been replaced.
    bool Merge(Extent<Types>& extent, MadeCells<Types>& cells, size_t begin,
               size_t end, size_t& added) {
      Tree<Types>& tree = Base::tree_;
      auto& guard = Base::guard_;
      List<Rank> ranks(end - begin);
      // Its memory is made before others have to wait, and what it has made is
      // freed after the extent has been let go: keys' destructors are the
      // user's.
      Builder builder(tree, extent.lower(), /*owns_cells=*/false,
                      Builder::RoomySegmentsFor(Entries(extent) + end - begin),
                      Trend::kGrows);
      Frozen frozen(1);
      if (!frozen[0].Freeze(extent, {0, extent.capacity()})) return false;
      size_t fresh = 0;
      Rank at = Base::Begin();
      for (size_t i = begin; i < end; ++i) {
        decltype(auto) key = cells.KeyAt(i);
        at = Base::RankIn(extent, Probe(key), at);
        ranks[i - begin] = at;
        fresh += !at.present;
      }
      if (fresh == 0) return true;
      const size_t there = frozen[0].entries();
      // What is mostly new is laid out as a load.
      const bool packed = fresh > there;
      size_t left = there + fresh;
      Rank done = Base::Begin();
      for (size_t i = begin; i < end;) {
        const Rank rank = ranks[i - begin];
        if (rank.present) {
          ++i;
          continue;
        }
        Base::AppendBetween(builder, extent, done, rank, packed, left);
        done = rank;
        // All that go to the same place.
        size_t next = i + 1;
        while (next < end && ranks[next - begin] == rank) ++next;
        while (i < next) {
          Base::BeginIfFull(builder, left, packed, cells.key(i));
          const size_t run = std::min(next - i, builder.left());
          builder.Append(cells.keys() + i, cells.values() + i, run);
          left -= run;
          i += run;
        }
      }
      Base::AppendBetween(builder, extent, done, Base::End(extent), packed,
                          left);
      assert(left == 0);
      builder.Finish(extent.upper());
      const auto replaced = Base::Publish(frozen, builder);
      // From here on nothing fails.
      for (size_t i = begin; i < end; ++i) {
        if (ranks[i - begin].present) continue;
        cells.GaveKey(i);
        cells.GaveValue(i);
      }
      added += fresh;
      tree.AddEntries(guard.record(), static_cast<int64_t>(fresh));
      for (Extent<Types>* old : replaced) tree.RetireExtent(guard, old);
      tree.CollectInPassing(guard);
      return true;
    }
  };

  Tree<Types>& tree_;
  MadeCells<Types>& cells_;
  size_t next_ = 0;  // those before it have been merged
  size_t end_ = 0;
  // Whether there are as many as segments up to there.
  bool together_ = false;
};

// Merges the entries of a range; returns how many were new. Throws
// std::invalid_argument, which `who` begins, if it does not ascend, and as
// MadeCells and SortedMerger do. Those that come first have been merged then.
template <class Types, class Range>
size_t InsertSorted(Tree<Types>& tree, const char* who, Range&& range) {
  AscendingCells<Types> input(tree, who);
  size_t added = 0;
  const auto merge = [&] {
    input.KeepLast();
    SortedMerger<Types>(tree, input.cells()).Merge(added);
  };
  for (auto&& entry : range) {
    if (!input.Add(std::forward<decltype(entry)>(entry))) [[unlikely]] {
      merge();
      input.Refuse();
    }
    if (input.cells().size() == SortedMerger<Types>::kMostCells) merge();
  }
  merge();
  return added;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_MERGE_SORTED_H_
