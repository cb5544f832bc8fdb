// SPDX-License-Identifier: Apache-2.0

// Whole extents replaced: a full one by a larger one or by two, a sparse one by
// a smaller one or by one for two, one in the wrong place by its like, all of
// them by nothing.
//
//   Freeze all -> build the new ones -> publish a directory -> mark Dead
//
// The old extents are read in place until the publication and are found no more
// after it. None of this changes what the map contains, except Clear.

#ifndef PMA_INTERNAL_WRITE_REBUILD_H_
#define PMA_INTERNAL_WRITE_REBUILD_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <span>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/function_ref.h"
#include "pma/internal/machine/list.h"
#include "pma/internal/policy/density.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/frozen_window.h"
#include "pma/internal/write/moved_texts.h"
#include "pma/internal/write/window_contents.h"

namespace pma::inline PMA_VARIANT::internal {

// New separators, freed unless they come into use.
template <class Types>
class NewSeparators {
 public:
  explicit NewSeparators(Tree<Types>& tree) : tree_(tree) {}
  ~NewSeparators() {
    for (size_t i = 0; i < size_; ++i) tree_.DestroySeparator(bits_[i]);
  }
  NewSeparators(const NewSeparators&) = delete;
  typename Types::SeparatorBits Add(const typename Types::Key& key) {
    assert(size_ < bits_.size());
    bits_[size_] = tree_.MakeSeparator(key);
    return bits_[size_++];
  }
  void InUse() { size_ = 0; }

 private:
  Tree<Types>& tree_;
  std::array<typename Types::SeparatorBits, Types::Tuning::kMaxWindowSegments>
      bits_;
  size_t size_ = 0;
};

// Where a full extent that is not full because of one run gets its room.
enum class WhereRoom { kByHeat, kBehind };

template <class Types>
class ExtentRebuilder {
  using Platform = typename Types::Platform;
  using Full = FullSegment<Types>;
  using KeyCodec = typename Types::KeyCodec;

  static constexpr size_t kCells = Types::kCells;
  static constexpr size_t kMaxExtent = Types::Tuning::kMaxExtentSegments;

 public:
  ExtentRebuilder(Tree<Types>& tree, Guard<Platform>& guard)
      : tree_(tree), guard_(guard) {}

  // Replaces an extent that has no room for an insertion, or finds that
  // something changed: then the answer is false. Throws what allocation and the
  // copy of a key throw; the map is then as it was.
  [[gnu::cold]] bool RebuildFull(const Full& full, WhereRoom room) {
    Extent<Types>& extent = *full.extent;
    // Others are at work here, or have been: nothing need be made.
    if (!full.still_full() || !extent.segment(full.segment).LoadWord().idle()) {
      return false;
    }
    // Freed after the extent has been let go: keys' destructors are the user's.
    NewSeparators<Types> fences(tree_);
    // Made before others have to wait.
    auto stock = tree_.StockFor(SegmentsAfter(extent, room));
    List<FrozenWindow<Types>> frozen(1);
    if (!frozen[0].Freeze(extent, {0, extent.capacity()})) return false;
    if (!full.still_full()) return false;
    const ContentsOf<Types> contents(extent, {0, extent.capacity()}, full);
    List<Piece> pieces = contents.OneRun()
                             ? PiecesAroundRun(full, contents, fences)
                         : room == WhereRoom::kBehind
                             ? PiecesWithRoomBehind(extent, contents, fences)
                             : PiecesByHeat(extent, contents, fences);
    Replace(frozen, pieces, stock,
            [&](Extent<Types>& fresh, const Spread& spread, size_t first) {
              contents.PlaceHints(
                  first, spread, fresh.rebalances(),
                  [&](size_t j, RunHint hint) {
                    fresh.segment(j).hint.StoreRelaxed(hint.bits());
                  });
            });
    if (tree_.to_move() > 0) LeaveSparseChunks();
    tree_.CollectInPassing(guard_);
    GatherPieces();
    return true;
  }

  // Gives memory back after erasures from an extent: its own, if it has become
  // sparse (or is in one place, where a segment stays empty), and that of
  // chunks that have. True if anything was retired. Throws as RebuildFull does.
  [[gnu::cold]] bool GiveBack(Extent<Types>& extent, bool stays_empty) {
    const bool packed =
        (IsSparse(extent) || (stays_empty && IsTimeToPack(extent))) &&
        Pack(extent);
    return LeaveSparseChunks() > 0 || packed;
  }

  // Replaces the extents at the map's one end that hold nothing, and the one
  // beside them, by one whose segment at that end holds something; unless
  // nothing does, or something changes. Throws as RebuildFull does.
  [[gnu::cold]] void DropEmptyEnd(bool at_front) {
    auto* directory = tree_.LoadDirectory(guard_);
    if (directory == nullptr) return;
    const size_t extents = directory->count();
    const auto position = [&](size_t i) {
      return at_front ? i : extents - 1 - i;
    };
    size_t count = 1;
    while (count < extents &&
           ApproximateEntries(*directory->extent(position(count - 1))) == 0) {
      ++count;
    }
    const size_t first = at_front ? 0 : extents - count;
    auto stock =
        tree_.StockFor(std::min(SegmentsFor(ApproximateEntries(
                                    *directory->extent(position(count - 1)))),
                                kMaxExtent),
                       Trend::kShrinks);
    List<FrozenWindow<Types>> frozen(count);
    size_t total = 0;
    for (size_t i = 0; i < count; ++i) {
      Extent<Types>& member = *directory->extent(first + i);
      if (!frozen[i].Freeze(member, {0, member.capacity()})) return;
      total += frozen[i].entries();
    }
    const size_t segments = std::min(SegmentsFor(total), kMaxExtent);
    if (total == 0 || total > segments * kCells) return;
    Piece piece{Spread::Even(total, segments, kCells),
                frozen.front().extent().lower(),
                frozen.back().extent().upper()};
    Replace(frozen, {&piece, 1}, stock, [](auto&&...) {});
    tree_.CollectInPassing(guard_);
  }

  // Removes every entry at one instant. Throws std::bad_alloc.
  [[gnu::cold]] void Clear() {
    internal::AssertMayWrite(guard_.record(), &tree_);
    for (;;) {
      auto* directory = tree_.LoadDirectory(guard_);
      if (directory == nullptr) return;
      List<FrozenWindow<Types>> frozen(directory->count());
      bool all = true;
      size_t entries = 0;
      for (size_t i = 0; all && i < frozen.size(); ++i) {
        Extent<Types>& extent = *directory->extent(i);
        all = frozen[i].Freeze(extent, {0, extent.capacity()});
        if (all) entries += frozen[i].entries();
      }
      if (!all || !tree_.PublishEmpty(guard_, directory)) continue;
      tree_.AddEntries(guard_.record(), -static_cast<int64_t>(entries));
      for (auto& window : frozen) {
        Extent<Types>& extent = window.extent();
        extent.owns_cells = true;
        window.MarkDead();
        tree_.RetireExtent(guard_, &extent);
      }
      break;
    }
    Platform::FenceAfterRmw();  // SYNC-19
    tree_.Collect(guard_);
  }

 protected:
  static bool IsSparse(const Extent<Types>& extent) {
    return ApproximateEntries(extent) < MinEntries(extent.capacity(), kCells);
  }
  // An extent in which a segment stays empty is packed after so many
  // rebalances, among which that counts: then the rebalances, each for some
  // twenty changes or more, have cost as much.
  static bool IsTimeToPack(Extent<Types>& extent) {
    return extent.CountRebalance() >= extent.capacity() / 16;
  }

  // Rebuilds an extent smaller, or merged with a neighbour. True if it did;
  // false if there is no smaller one, or it has been replaced.
  [[gnu::cold]] bool Pack(Extent<Types>& extent) {
    auto* directory = tree_.LoadDirectory(guard_);
    if (directory == nullptr) return false;
    size_t first = directory->PositionOf(&extent);
    if (first == directory->count()) return false;
    size_t count = 1;
    const size_t entries = ApproximateEntries(extent);
    size_t expected = entries;
    const size_t wanted = SegmentsFor(entries);
    if (wanted <= std::max<size_t>(1, kMaxExtent / 4)) {
      const size_t partner = SparserNeighbour(*directory, first, entries);
      if (partner != first) {
        count = 2;
        expected += ApproximateEntries(*directory->extent(partner));
      }
      first = std::min(first, partner);
    }
    // One that is larger than all windows may have to be laid out again.
    if (count == 1 && wanted >= extent.capacity() &&
        extent.capacity() <= Types::Tuning::kMaxWindowSegments) {
      return false;
    }

    auto stock = tree_.StockFor(std::min(SegmentsFor(expected), kMaxExtent),
                                Trend::kShrinks);
    List<FrozenWindow<Types>> frozen(count);
    size_t total = 0;
    size_t largest = 0;
    for (size_t i = 0; i < count; ++i) {
      Extent<Types>& member = *directory->extent(first + i);
      if (!frozen[i].Freeze(member, {0, member.capacity()})) return false;
      total += frozen[i].entries();
      largest = std::max(largest, frozen[i].entries());
    }
    // It has been filled again.
    if (count > 1 && !MayMerge(total, largest)) return false;
    const size_t segments = std::min(SegmentsFor(total), kMaxExtent);
    Piece piece{Spread::Even(total, segments, kCells),
                frozen.front().extent().lower(),
                frozen.back().extent().upper()};
    // What was known of runs is forgotten.
    Replace(frozen, {&piece, 1}, stock, [](auto&&...) {});
    return true;
  }

  // Moves extents that lie in pieces into a chunk until it is full, if there
  // are enough of them (extent_memory.h).
  [[gnu::cold]] void GatherPieces() {
    auto& memory = tree_.extent_memory();
    // Garbage would count as pieces, and cannot be moved.
    if (tree_.HasGarbage() || !memory.BeginGathering()) return;
    auto* directory = tree_.LoadDirectory(guard_);
    const size_t count = directory == nullptr ? 0 : directory->count();
    for (size_t i = 0; i < count && memory.HasRoomInChunks(); ++i) {
      Extent<Types>& extent = *directory->extent(i);
      if (extent.HasPieces()) Move(extent, Trend::kGrows);
    }
    memory.EndGathering();
    tree_.CollectInPassing(guard_);
  }

  // Once much of the map's memory lies free in chunks, all extents move out of
  // them, or closer together, and their strings: some at each call, of those
  // with strings, which take as long as many others, one. Returns how many
  // have.
  [[gnu::cold]] size_t LeaveSparseChunks() {
    const size_t apart = tree_.BytesApart();
    const bool texts_move =
        tree_.texts().AreSparse(apart) && tree_.texts().TryMove();
    Rollback let_move([&] {
      if (texts_move) tree_.texts().LetMove();
    });
    size_t left = tree_.to_move();
    if (!texts_move &&
        !tree_.extent_memory().ChunksAreSparse(/*begun=*/left > 0)) {
      if (left > 0 && !tree_.texts().moving()) tree_.set_to_move(0);
      return 0;
    }
    auto* directory = tree_.LoadDirectory(guard_);
    const size_t count = directory == nullptr ? 0 : directory->count();
    if (texts_move && !tree_.texts().moving()) {
      tree_.texts().BeginToMove(apart);
      left = count;
    }
    if (left == 0 || left > count) left = count;
    size_t moves = 0;
    const size_t most = texts_move ? 1 : Types::Tuning::kMovesPerCall;
    while (left > 0 && moves < most) {
      Extent<Types>& extent = *directory->extent(--left);
      if (!texts_move && !extent.header_in_arena &&
          extent.slabs_in_chunks.none()) {
        continue;
      }
      moves += Move(extent, Trend::kShrinks);
    }
    tree_.set_to_move(left);
    if (left == 0 && texts_move) tree_.texts().EndMoving();
    return moves;
  }

  // Replaces an extent by one that differs in where it lies. A courtesy: if
  // there is no memory for it, or some writer in the way, it stays, and the
  // answer is false.
  [[gnu::cold]] bool Move(Extent<Types>& extent, Trend trend) {
    const size_t segments = extent.capacity();
    if (!extent.segment(0).LoadWord().idle()) return false;
    PMA_TRY {
      auto stock = tree_.StockFor(segments, trend);
      List<FrozenWindow<Types>> frozen(1);
      if (!frozen[0].TryFreeze(extent, {0, segments})) return false;
      Piece piece{
          Spread::AsIs(segments, [&](size_t i) { return Count(extent, i); }),
          extent.lower(), extent.upper()};
      Replace(frozen, {&piece, 1}, stock,
              [&](Extent<Types>& moved, const Spread&, size_t) {
                for (size_t i = 0; i < segments; ++i) {
                  const RunHint hint(extent.segment(i).hint.LoadRelaxed());
                  const auto heat = hint.HeatAt(extent.rebalances());
                  moved.segment(i).hint.StoreRelaxed(
                      hint.WithHeat(heat, moved.rebalances()).bits());
                }
              });
    }
    PMA_CATCH_ALL { return false; }
    return true;
  }

  // The content of one new extent.
  struct Piece {
    Spread spread;
    Fence<Types> lower;
    Fence<Types> upper;
  };

  static size_t SegmentsFor(size_t entries) {
    return SegmentsForEntries(entries, kCells, Extent<Types>::kSlabSegments);
  }
  static size_t Whole(size_t segments) {
    return WholeSlabs(segments, Extent<Types>::kSlabSegments);
  }
  static size_t Count(const Extent<Types>& extent, size_t segment) {
    return Word(extent.segment(segment).word.LoadRelaxed()).count();
  }
  static size_t ApproximateEntries(const Extent<Types>& extent) {
    size_t entries = 0;
    for (size_t i = 0; i < extent.capacity(); ++i) entries += Count(extent, i);
    return entries;
  }

  // Segments of the extent or the two that take the place of a full one, unless
  // runs or heat are in it.
  static size_t SegmentsAfter(const Extent<Types>& extent, WhereRoom room) {
    const size_t entries = ApproximateEntries(extent) + 1;
    if (room == WhereRoom::kBehind) {
      return GrownBehind(extent, entries) +
             (extent.capacity() == kMaxExtent ? kMaxExtent / 2 : 0);
    }
    return FitOneExtent(entries, kCells, kMaxExtent)
               ? std::min(SegmentsFor(entries), kMaxExtent)
               : 2 * SegmentsFor(entries / 2 + 1);
  }

  // Whether two extents of so many entries in all may become one: if it then
  // still has room, or all are of one of them, so that the other is gone.
  static bool MayMerge(size_t total, size_t largest) {
    return total <= kMaxExtent * kCells * 17 / 20 || total == largest;
  }

  // The position of the neighbour to merge with, or `position` if neither fits.
  static size_t SparserNeighbour(const Directory<Types>& directory,
                                 size_t position, size_t entries) {
    size_t best = position;
    size_t best_entries = kMaxExtent * kCells + 1;
    for (const size_t neighbour : {position + 1, position - 1}) {
      if (neighbour >= directory.count()) continue;  // or wrapped below 0
      const size_t there = ApproximateEntries(*directory.extent(neighbour));
      if (there < best_entries &&
          MayMerge(entries + there, std::max(entries, there))) {
        best = neighbour;
        best_entries = there;
      }
    }
    return best;
  }

  // One larger extent, or two halves; a half that is hardly written to is
  // packed.
  [[gnu::cold]] List<Piece> PiecesByHeat(Extent<Types>& extent,
                                         const ContentsOf<Types>& contents,
                                         NewSeparators<Types>& fences) {
    const size_t entries = contents.entries();
    if (FitOneExtent(entries + 1, kCells, kMaxExtent)) {
      const size_t segments = std::min(SegmentsFor(entries + 1), kMaxExtent);
      return {{contents.SpreadOver(0, entries, segments), extent.lower(),
               extent.upper()}};
    }
    const auto spread = [&](size_t first, size_t end) {
      const size_t count = end - first;
      return contents.SpreadOver(
          first, end,
          contents.IsCold(first, end)
              ? PackedSegments(count, kCells, Extent<Types>::kSlabSegments)
              : SegmentsFor(count + 1));
    };
    const size_t left = entries / 2;
    const Fence<Types> middle = FenceAt(extent, left, fences);
    return {{spread(0, left), extent.lower(), middle},
            {spread(left, entries), middle, extent.upper()}};
  }

  // All room behind what there is, which stays as it is; or in an extent for
  // the last segments, where insertions come, and what is before them packed.
  [[gnu::cold]] List<Piece> PiecesWithRoomBehind(
      Extent<Types>& extent, const ContentsOf<Types>& contents,
      NewSeparators<Types>& fences) {
    const size_t filled = extent.capacity();
    const size_t first = filled - std::max<size_t>(2, filled / 16);
    const size_t left = contents.EntriesBefore(first);
    if (filled < kMaxExtent || left == 0) {
      return {{contents.AsIs(0, GrownBehind(extent, contents.entries())),
               extent.lower(), extent.upper()}};
    }
    const Fence<Types> middle = FenceAt(extent, left, fences);
    const size_t packed =
        PackedSegments(left, kCells, Extent<Types>::kSlabSegments);
    return {{Spread::Even(left, packed, kCells), extent.lower(), middle},
            {contents.AsIs(first, kMaxExtent / 2), middle, extent.upper()}};
  }
  static size_t GrownBehind(const Extent<Types>& extent, size_t entries) {
    return SegmentsGrownBehind(entries, extent.capacity(), kCells,
                               Extent<Types>::kSlabSegments, kMaxExtent);
  }

  // All room at the place where the run goes on, the rest packed.
  [[gnu::cold]] List<Piece> PiecesAroundRun(const Full& full,
                                            const ContentsOf<Types>& contents,
                                            NewSeparators<Types>& fences) {
    Extent<Types>& extent = *full.extent;
    const size_t entries = contents.entries();
    const size_t before = contents.before();
    const size_t packed = SegmentsFilledBy(before, kCells) +
                          SegmentsFilledBy(entries - before, kCells);
    const size_t grown = Whole(packed + std::max<size_t>(1, packed / 2));
    if (grown <= kMaxExtent) {
      return {{Spread::Gap(entries, before, grown, kCells), extent.lower(),
               extent.upper()}};
    }
    const size_t room = std::max<size_t>(2, kMaxExtent / 4);
    const auto around_gap = [&](size_t count, size_t left) {
      const size_t filled = SegmentsFilledBy(left, kCells) +
                            SegmentsFilledBy(count - left, kCells);
      return Spread::Gap(count, left, Whole(filled + room), kCells);
    };
    const auto filled = [&](size_t count) {
      return Spread::Even(count, Whole(SegmentsFilledBy(count, kCells)),
                          kCells);
    };
    if (before * 2 > entries) {
      // The run goes on at the beginning of the right-hand extent, after the
      // one entry that a descending run comes down to, or keys that close in on
      // a point from both sides: of one that comes from above, all that follow
      // are before it.
      const bool ascending = full.run().ascending(kCells);
      const size_t kept = ascending ? 0 : 1;
      const size_t left = before - kept;
      Fence<Types> middle;
      if (ascending) {
        middle = {fences.Add(*full.key), true};
      } else {
        middle = FenceAt(extent, left, fences);
      }
      return {{filled(left), extent.lower(), middle},
              {around_gap(entries - left, kept), middle, extent.upper()}};
    }
    // The run goes on at the end of the left-hand extent.
    const Fence<Types> middle = FenceAt(extent, before, fences);
    return {{around_gap(before, before), extent.lower(), middle},
            {filled(entries - before), middle, extent.upper()}};
  }

  // A fence at the key of the `position`-th entry.
  Fence<Types> FenceAt(Extent<Types>& extent, size_t position,
                       NewSeparators<Types>& fences) {
    size_t segment = 0;
    while (position >= Count(extent, segment)) {
      position -= Count(extent, segment++);
    }
    return {
        fences.Add(KeyCodec::View(extent.segment(segment).keys.Load(position))),
        true};
  }

  // Extents not yet published, destroyed unless they are.
  class NewExtents {
   public:
    explicit NewExtents(Tree<Types>& tree) : tree_(tree) {}
    ~NewExtents() {
      for (Extent<Types>* extent : extents_) tree_.DestroyExtent(extent);
    }
    NewExtents(const NewExtents&) = delete;
    void Reserve(size_t count) { extents_.reserve(count); }
    void Add(Extent<Types>* extent) { extents_.push_back(extent); }
    std::span<Extent<Types>* const> get() const { return extents_; }
    void Published() { extents_.clear(); }

   private:
    Tree<Types>& tree_;
    List<Extent<Types>*> extents_;
  };

  // Replaces neighbouring frozen extents by new ones with the same content.
  // place_hints(extent, spread, first) writes the hints of a new extent that
  // begins with the `first`th entry.
  [[gnu::noinline]] void Replace(
      List<FrozenWindow<Types>>& frozen, std::span<const Piece> pieces,
      typename Tree<Types>::Stock& stock,
      FunctionRef<Extent<Types>&, const Spread&, size_t> place_hints) {
    NewExtents fresh(tree_);
    MovedTexts<Types> texts(tree_);
    // Before those are destroyed, if it comes to that: keys' destructors are
    // the user's. Without effect once they are published.
    Rollback let_go([&] {
      for (auto& window : frozen) window.LetGo();
    });
    fresh.Reserve(pieces.size());
    assert(!pieces.empty() && pieces.size() <= 2 && !frozen.empty());
    size_t source = 0;
    size_t first = 0;
    CellRuns<Types> from = WholeExtent(frozen[source].extent());
    for (const Piece& piece : pieces) {
      Extent<Types>* extent = tree_.CreateExtent(
          piece.spread.segments(), piece.lower, piece.upper, stock);
      extent->set_active(1);
      fresh.Add(extent);
      size_t last_used = 0;
      for (size_t j = 0; j < piece.spread.segments(); ++j) {
        const size_t count = piece.spread.CountOf(j);
        Segment<Types>& to = extent->segment(j);
        for (size_t copied = 0; copied < count;) {
          while (from.done()) {
            assert(source + 1 < frozen.size());
            from = WholeExtent(frozen[++source].extent());
          }
          copied += from.CopyTo(to, copied, count - copied);
        }
        texts.Replace(to, count);
        to.SetPivots();
        to.word.StoreRelaxed(Word().Marked(Marker::kIdle, 0, count).bits());
        if (count == 0) continue;
        // Empty segments before this one own nothing.
        for (size_t s = std::max<size_t>(1, last_used + 1); s <= j; ++s) {
          extent->index().Store(
              s, tree_.MakeSeparator(KeyCodec::View(to.keys.Load(0))));
          extent->set_active(s + 1);
        }
        last_used = j;
      }
      extent->SetHeads();
      place_hints(*extent, piece.spread, first);
      first += piece.spread.entries();
    }
    assert(from.done());  // nothing is left behind
    PublishInstead(frozen, fresh.get());
    fresh.Published();
    tree_.CountRebuild();
    for (auto& window : frozen) {
      Extent<Types>* extent = &window.extent();
      window.MarkDead();
      tree_.RetireExtent(guard_, extent);
    }
    texts.Published();
  }
  // Publishes fresh extents in place of neighbouring frozen ones, which are
  // then to be marked Dead. Throws std::bad_alloc, and nothing has happened.
  void PublishInstead(const List<FrozenWindow<Types>>& frozen,
                      std::span<Extent<Types>* const> fresh) {
    for (;;) {
      auto* directory = tree_.LoadDirectory(guard_);
      const size_t position = directory->PositionOf(&frozen[0].extent());
      assert(position < directory->count());
      if (tree_.PublishExtents(guard_, directory, position, frozen.size(),
                               fresh)) {
        return;
      }
    }
  }
  static CellRuns<Types> WholeExtent(Extent<Types>& extent) {
    return CellRuns<Types>(extent, {0, extent.capacity()});
  }

  Tree<Types>& tree_;
  Guard<Platform>& guard_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_REBUILD_H_
