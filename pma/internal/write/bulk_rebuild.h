// SPDX-License-Identifier: Apache-2.0

// Neighbouring extents replaced by fresh ones that hold more than they did, or
// less: what merges, range erasures and packing have in common.
//
//   Freeze all -> count -> build -> publish a directory -> mark Dead
//
// The publication is the one instant at which all that is new is inserted and
// all that is left out is erased: a reader who loaded the directory before it
// reads the old extents in place, under Freeze, and comes before it; whoever
// loads the directory later finds the new ones. Other writers wait from the
// freeze on, start again when they find their segment Dead, and so decide
// anew. A thread that stops for good in between stops the writers of these
// extents only, and no reader: before the publication nothing has happened,
// after it all of it has.

#ifndef PMA_INTERNAL_WRITE_BULK_REBUILD_H_
#define PMA_INTERNAL_WRITE_BULK_REBUILD_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/list.h"
#include "pma/internal/read/locate.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/extent_builder.h"
#include "pma/internal/write/frozen_window.h"
#include "pma/internal/write/rebuild.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class BulkRebuilder : protected ExtentRebuilder<Types> {
  using Base = ExtentRebuilder<Types>;
  using KeyCodec = typename Types::KeyCodec;

 public:
  using Base::Base;

 protected:
  using Base::guard_;
  using Base::tree_;
  using Builder = ExtentBuilder<Types>;
  using Frozen = List<FrozenWindow<Types>>;

  // A position among the cells of one extent: before that cell.
  struct Rank {
    uint32_t segment;
    uint32_t cell;
    bool present;  // the key that was sought lies in the cell
    friend bool operator==(const Rank&, const Rank&) = default;
  };

  // Freezes `count` extents from a position of the directory on. False, and
  // nothing is held, if one of them has been replaced. (If none has, they are
  // neighbours still.)
  static bool FreezeAll(const Directory<Types>& directory, size_t position,
                        Frozen& frozen) {
    for (size_t i = 0; i < frozen.size(); ++i) {
      Extent<Types>& extent = *directory.extent(position + i);
      if (!frozen[i].Freeze(extent, {0, extent.capacity()})) {
        LetGo(frozen);
        return false;
      }
    }
    return true;
  }
  static void LetGo(Frozen& frozen) {
    for (auto& window : frozen) window.LetGo();
  }

  // Where the probed key lies in a frozen extent or belongs, not before `from`.
  // Throws what the comparator throws.
  template <class ProbeT>
  Rank RankIn(const Extent<Types>& extent, const ProbeT& probe,
              Rank from) const {
    const auto& order = tree_.order();
    const auto before = [&](size_t segment, size_t cell) {
      return order.template Before<KeyCodec>(
          extent.segment(segment).keys.Load(cell), probe);
    };
    // The first segment whose last key is not before it.
    size_t segment = from.segment;
    for (; segment < extent.capacity(); ++segment) {
      const size_t count = Base::Count(extent, segment);
      if (count == 0) continue;
      const size_t first = segment == from.segment ? from.cell : 0;
      if (first == count || before(segment, count - 1)) continue;
      const size_t cell =
          LowerBound(extent.segment(segment), first, count, probe);
      const bool present = !order.template After<KeyCodec>(
          extent.segment(segment).keys.Load(cell), probe);
      return {static_cast<uint32_t>(segment), static_cast<uint32_t>(cell),
              present};
    }
    return {static_cast<uint32_t>(segment), 0, false};
  }
  // The first of the cells [first, count) that is not before the probe.
  template <class ProbeT>
  size_t LowerBound(const Segment<Types>& segment, size_t first, size_t count,
                    const ProbeT& probe) const {
    const auto& order = tree_.order();
    if constexpr (kNeverTorn<KeyCodec>) {
      if (!internal::IsFiller<Types>(probe)) {
        return internal::LowerBoundInPlace(segment, count, order, probe);
      }
    }
    return first + internal::PartitionPoint(count - first, [&](size_t i) {
             return order.template Before<KeyCodec>(
                 segment.keys.Load(first + i), probe);
           });
  }
  // Entries before a rank.
  static size_t EntriesBefore(const Extent<Types>& extent, Rank rank) {
    size_t entries = rank.cell;
    for (size_t s = 0; s < rank.segment; ++s) {
      entries += Base::Count(extent, s);
    }
    return entries;
  }

  // Begins the next extent of a builder if it is time for that: of `left`
  // entries that are still to come, as many as are its share.
  static void BeginIfFull(Builder& builder, size_t left, bool packed,
                          const typename Types::KeyBits& first_key) {
    if (builder.left() > 0) return;
    const size_t most =
        packed ? Builder::kPackedEntries : Builder::kRoomyEntries;
    const size_t extents = (left + most - 1) / most;
    const size_t entries = (left + extents - 1) / extents;
    builder.Begin(entries,
                  packed ? Builder::PackedSegmentsFor(entries)
                         : Builder::RoomySegmentsFor(entries),
                  &first_key);
  }
  // Appends the cells of a frozen extent between two ranks, of `left` entries
  // that are still to come.
  static void AppendBetween(Builder& builder, const Extent<Types>& extent,
                            Rank from, Rank to, bool packed, size_t& left) {
    for (size_t s = from.segment; s <= to.segment && s < extent.capacity();
         ++s) {
      const Segment<Types>& segment = extent.segment(s);
      size_t begin = s == from.segment ? from.cell : 0;
      const size_t end = s == to.segment ? to.cell : Base::Count(extent, s);
      while (begin < end) {
        BeginIfFull(builder, left, packed, segment.keys.Load(begin));
        const size_t run = std::min(end - begin, builder.left());
        builder.Append(segment, begin, begin + run);
        begin += run;
        left -= run;
      }
    }
  }
  static Rank Begin() { return {0, 0, false}; }
  static Rank End(const Extent<Types>& extent) {
    return {static_cast<uint32_t>(extent.capacity()), 0, false};
  }

  // Gives back memory that lies free in chunks, by moving at most so many
  // extents, or some more.
  void LeaveChunks(size_t most) {
    while (most > 0) {
      const size_t moves = Base::LeaveSparseChunks();
      if (moves == 0) return;
      tree_.Collect(guard_);
      most -= std::min(most, moves);
    }
  }

  // The instant of the change, after which the old extents, which are returned,
  // are to be retired. Throws std::bad_alloc, and nothing has happened.
  List<Extent<Types>*> Publish(Frozen& frozen, Builder& builder) {
    List<Extent<Types>*> replaced;
    replaced.reserve(frozen.size());
    for (auto& window : frozen) replaced.push_back(&window.extent());
    Base::PublishInstead(frozen, builder.extents());
    tree_.CountRebuild();
    builder.Published();
    for (auto& window : frozen) window.MarkDead();
    Types::Platform::FenceAfterRmw();  // SYNC-19
    return replaced;
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_BULK_REBUILD_H_
