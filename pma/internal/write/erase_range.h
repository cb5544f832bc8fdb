// SPDX-License-Identifier: Apache-2.0

// Erasing many entries: a range of keys, or all that a predicate holds for.
//
// A range of a few segments is erased entry by entry. Of a larger one some
// extents at a time are replaced by one, or as few as will do, with what they
// held outside the range (bulk_rebuild.h): all erasures of one such step take
// effect at one instant, and what was wholly in the range is not even copied.

#ifndef PMA_INTERNAL_WRITE_ERASE_RANGE_H_
#define PMA_INTERNAL_WRITE_ERASE_RANGE_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "pma/internal/machine/list.h"
#include "pma/internal/read/scan.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/bulk_rebuild.h"
#include "pma/internal/write/decide.h"
#include "pma/internal/write/modify.h"
#include "pma/internal/write/put_erase.h"

namespace pma::inline PMA_VARIANT::internal {

// One step of erasing a large range.
template <class Types>
class RangeEraser : public BulkRebuilder<Types> {
  using Base = BulkRebuilder<Types>;
  using SeparatorCodec = typename Types::SeparatorCodec;
  using Key = typename Types::Key;
  using SeparatorBits = typename Types::SeparatorBits;
  using Base::guard_;
  using Base::tree_;
  using typename Base::Builder;
  using typename Base::Frozen;
  using typename Base::Rank;

  // Extents that are replaced at a time: their writers wait meanwhile.
  static constexpr size_t kAtOnce = 8;
  // Neighbours that are less full than that are replaced with them.
  static constexpr size_t kSparse =
      Types::Tuning::kMaxExtentSegments * Types::kCells / 4;

 public:
  using Base::Base;

  // Erases the entries in [from, to) of the first few extents that have any.
  // `next` is where to go on, if there are more. `erased` counts. Throws what
  // allocation, the comparator and copies of keys throw; then nothing has
  // happened.
  template <class FromT, class ToT>
  [[gnu::noinline]] void EraseSome(const FromT& from, const ToT& to,
                                   std::optional<Key>& next, size_t& erased) {
    const auto& order = tree_.order();
    internal::AssertMayWrite(guard_.record(), &tree_);
    for (;;) {
      next.reset();
      auto* directory = tree_.LoadDirectory(guard_);
      if (directory == nullptr) return;
      const auto begins_before = [&](size_t position) {
        return position < directory->count() &&
               order.template Before<SeparatorCodec>(
                   directory->extent(position)->lower().bits, to);
      };
      size_t first = directory->FindLast([&](const SeparatorBits& fence) {
        return !order.template After<SeparatorCodec>(fence, from);
      });
      size_t end = first + 1;
      while (end - first < kAtOnce && begins_before(end)) ++end;
      if (begins_before(end)) {
        next.emplace(
            SeparatorCodec::View(directory->extent(end)->lower().bits));
      } else if (IsSparse(*directory, end)) {
        ++end;
      }
      if (first > 0 && IsSparse(*directory, first - 1)) --first;
      if (Replace(*directory, first, end, from, to, erased)) return;
    }
  }

  using Base::LeaveChunks;

 private:
  static bool IsSparse(const Directory<Types>& directory, size_t position) {
    return position < directory.count() &&
           Base::ApproximateEntries(*directory.extent(position)) < kSparse;
  }

  // What stays of an extent: what is before one rank, and what is not before
  // the other.
  struct Kept {
    Rank before;
    Rank behind;
    size_t entries = 0;
  };

  // Replaces extents [first, end) of the directory by what they hold outside
  // the range. False, and nothing has happened, if one has been replaced.
  template <class FromT, class ToT>
  bool Replace(const Directory<Types>& directory, size_t first, size_t end,
               const FromT& from, const ToT& to, size_t& erased) {
    // What it has made is freed after the extents have been let go.
    Builder builder(tree_, directory.extent(first)->lower(),
                    /*owns_cells=*/false, 0, Trend::kShrinks);
    List<Kept> kept(end - first);
    Frozen frozen(end - first);
    if (!Base::FreezeAll(directory, first, frozen)) return false;
    size_t left = 0;
    size_t total = 0;
    for (size_t i = 0; i < kept.size(); ++i) {
      const Extent<Types>& extent = frozen[i].extent();
      kept[i].before = Base::RankIn(extent, from, Base::Begin());
      kept[i].behind = Base::RankIn(extent, to, kept[i].before);
      const size_t there = frozen[i].entries();
      kept[i].entries = Base::EntriesBefore(extent, kept[i].before) + there -
                        Base::EntriesBefore(extent, kept[i].behind);
      left += kept[i].entries;
      total += there;
    }
    const size_t gone = total - left;
    if (gone == 0) return true;
    if (left == 0) builder.Begin(0, 1, nullptr);
    for (size_t i = 0; i < kept.size(); ++i) {
      const Extent<Types>& extent = frozen[i].extent();
      Base::AppendBetween(builder, extent, Base::Begin(), kept[i].before,
                          /*packed=*/false, left);
      Base::AppendBetween(builder, extent, kept[i].behind, Base::End(extent),
                          /*packed=*/false, left);
    }
    assert(left == 0);
    builder.Finish(frozen.back().extent().upper());
    const auto replaced = Base::Publish(frozen, builder);
    // From here on nothing fails.
    erased += gone;
    tree_.AddEntries(guard_.record(), -static_cast<int64_t>(gone));
    for (size_t i = 0; i < kept.size(); ++i) {
      if (kept[i].entries == 0) {
        replaced[i]->owns_cells = true;
      } else {
        RetireBetween(*replaced[i], kept[i].before, kept[i].behind);
      }
      tree_.RetireExtent(guard_, replaced[i]);
    }
    tree_.CollectInPassing(guard_);
    return true;
  }

  // The boxes of erased cells, of an extent others of which live on.
  void RetireBetween(const Extent<Types>& extent, Rank from, Rank to) {
    if constexpr (Types::KeyCodec::kBoxed || Types::ValueCodec::kBoxed) {
      for (size_t s = from.segment; s <= to.segment && s < extent.capacity();
           ++s) {
        const Segment<Types>& segment = extent.segment(s);
        const size_t end = s == to.segment ? to.cell : Base::Count(extent, s);
        for (size_t i = s == from.segment ? from.cell : 0; i < end; ++i) {
          tree_.RetireKey(nullptr, segment.keys.Load(i));
          tree_.RetireValue(nullptr, segment.values.Load(i));
        }
      }
    }
  }
};

// Erases all entries from `lo` on that are before `hi`; each of them at some
// instant during the call. Returns how many. Throws what allocation, the
// comparator and copies of keys throw; some may have been erased then.
template <class Types, class LoT, class HiT>
size_t EraseRange(Tree<Types>& tree, const LoT& lo, const HiT& hi) {
  using Key = typename Types::Key;
  using Probe = typename Types::Order::template ProbeFor<Key>;
  size_t erased = 0;
  // As many as take the time of a step.
  constexpr size_t kSingly =
      Types::Tuning::kSegmentsErasedSingly * Types::kCells;
  size_t shown = 0;
  using Shown = typename Types::ShownKey;
  using ShownProbe = typename Types::Order::template ProbeFor<Shown>;
  auto erase_one = [&](const Shown& key, const typename Types::Value&) {
    if (shown++ == kSingly) return false;
    erased += internal::Erase(tree, ShownProbe(key));
    return true;
  };
  internal::ScanBetween<Types, Direction::kForward>(tree, lo, hi, erase_one);
  if (shown <= kSingly) return erased;
  std::optional<Key> next;
  const auto erase_some = [&](const auto& from) {
    Guard<typename Types::Platform> guard;
    std::optional<Key> after;
    RangeEraser<Types>(tree, guard).EraseSome(from, hi, after, erased);
    return after;
  };
  next = erase_some(lo);
  while (next.has_value()) {
    std::optional<Key> after = erase_some(Probe(*next));
    next.swap(after);
  }
  Guard<typename Types::Platform> guard;
  tree.Collect(guard);
  // No more work than the erasure was.
  constexpr size_t kFew = Types::Tuning::kMaxExtentSegments * Types::kCells / 8;
  RangeEraser<Types>(tree, guard).LeaveChunks(erased / kFew);
  return erased;
}

// Erases the entry if pred(key, value); the key is that of an entry shown.
template <class Types, class Predicate>
class EraseEntryIfChange : public NoValue<Types> {
 public:
  EraseEntryIfChange(Tree<Types>& tree, const typename Types::ShownKey& key,
                     Predicate& pred)
      : tree_(tree), key_(key), pred_(pred) {}

  Fate Decide(const typename Types::ValueBits* now) {
    const typename Types::Value& there = Types::ValueCodec::View(*now);
    const bool chosen = internal::AskUser(
        tree_, [&] { return static_cast<bool>(pred_(key_, there)); });
    return chosen ? Fate::kErased : Fate::kStays;
  }

 private:
  Tree<Types>& tree_;
  const typename Types::ShownKey& key_;
  Predicate& pred_;
};

// Erases all entries for which pred(const Key&, const Value&) holds. Returns
// how many. What `pred` throws passes; some may have been erased then.
template <class Types, class Predicate>
size_t EraseAllWhere(Tree<Types>& tree, Predicate& pred) {
  using Shown = typename Types::ShownKey;
  using Probe = typename Types::Order::template ProbeFor<Shown>;
  size_t erased = 0;
  auto erase_if = [&](const Shown& key, const typename Types::Value& value) {
    if (!internal::AskUser(tree, [&] { return pred(key, value); })) return;
    EraseEntryIfChange<Types, Predicate> change(tree, key, pred);
    erased +=
        internal::ModifyPresent(tree, Probe(key), change) == Done::kErased;
  };
  internal::ScanAll(tree, erase_if);
  return erased;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_ERASE_RANGE_H_
