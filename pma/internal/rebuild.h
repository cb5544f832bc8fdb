// Whole extents replaced: a full one by a larger one or by two, a sparse one by
// a smaller one or by one for two, all of them by nothing.
//
//   Freeze all -> build the new ones -> publish a directory -> mark Dead
//
// The old extents are read in place until the publication and are found no more
// after it. None of this changes what the map contains, except Clear.

#ifndef PMA_INTERNAL_REBUILD_H_
#define PMA_INTERNAL_REBUILD_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

#include "pma/internal/density.h"
#include "pma/internal/frozen_window.h"
#include "pma/internal/tree.h"

namespace pma::internal {

// Where an insertion was headed when its segment was found full.
template <class Types>
struct FullSegment {
  Extent<Types>* extent;
  size_t segment;
  Word word;    // as it was then
  size_t rank;  // the cell before which the key belongs
  const typename Types::Key* key;

  // The run this insertion belongs to, if any.
  RunHint run() const {
    return RunHint(extent->segment(segment).hint.LoadRelaxed())
        .AfterInsert(rank);
  }
  bool in_run() const {
    const RunHint hint = run();
    return hint.ascending(Types::kCells) || hint.descending(Types::kCells);
  }

  // True if the segment is as the insertion found it; call under Freeze.
  bool still_full() const {
    return Word::SameCells(extent->segment(segment).word.LoadRelaxed(),
                           word.bits());
  }
};

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

template <class Types>
class ExtentRebuilder {
  using Platform = typename Types::Platform;
  using TreeOf = Tree<Types>;
  using ExtentOf = Extent<Types>;
  using SegmentOf = Segment<Types>;
  using FenceOf = Fence<Types>;
  using GuardOf = Guard<Platform>;
  using Full = FullSegment<Types>;
  using KeyCodec = typename Types::KeyCodec;

  static constexpr size_t kCells = Types::kCells;
  static constexpr size_t kMaxExtent = Types::Tuning::kMaxExtentSegments;

 public:
  ExtentRebuilder(TreeOf& tree, GuardOf& guard) : tree_(tree), guard_(guard) {}

  // Replaces an extent that has no room for an insertion, or finds that
  // something changed. Throws what allocation and the copy of a key throw; the
  // map is then as it was.
  void RebuildFull(const Full& full) {
    ExtentOf& extent = *full.extent;
    // Freed after the extent has been let go: keys' destructors are the user's.
    NewSeparators<Types> fences(tree_);
    std::vector<FrozenWindow<Types>> frozen(1);
    if (!frozen[0].Freeze(extent, {0, extent.capacity()})) return;
    if (!full.still_full()) return;
    const size_t entries = frozen[0].entries();
    size_t before = full.rank;
    for (size_t i = 0; i < full.segment; ++i) before += frozen[0].count(i);
    std::vector<Piece> pieces =
        full.in_run() ? PiecesAroundRun(full, entries, before, fences)
                      : EvenPieces(extent, entries, fences);
    Replace(frozen, pieces);
    // The old extent is a quarter of a megabyte, which the next one could use.
    tree_.CollectAtOnce(guard_);
  }

  // Rebuilds a sparse extent smaller, or merged with a neighbour. True if it
  // did; false if the extent is not sparse or has been replaced. Throws as
  // RebuildFull does.
  bool ShrinkIfSparse(ExtentOf& extent) {
    const size_t entries = ApproximateEntries(extent);
    if (entries >= MinEntries(extent.capacity(), kCells)) return false;
    auto* directory = tree_.LoadDirectory();
    if (directory == nullptr) return false;
    size_t first = directory->PositionOf(&extent);
    if (first == directory->count()) return false;
    size_t count = 1;
    const size_t wanted = SegmentsFor(entries);
    if (wanted <= std::max<size_t>(1, kMaxExtent / 4)) {
      const size_t partner = SparserNeighbour(*directory, first, entries);
      if (partner != first) count = 2;
      first = std::min(first, partner);
    }
    if (count == 1 && wanted >= extent.capacity()) return false;

    std::vector<FrozenWindow<Types>> frozen(count);
    size_t total = 0;
    for (size_t i = 0; i < count; ++i) {
      ExtentOf& member = *directory->extent(first + i);
      if (!frozen[i].Freeze(member, {0, member.capacity()})) return false;
      total += frozen[i].entries();
    }
    if (total > MaxMerged()) return false;  // it has been filled again
    const size_t segments = std::min(SegmentsFor(total), kMaxExtent);
    Piece piece{total,
                Spread::Even(total, segments, kCells),
                frozen.front().extent().lower(),
                frozen.back().extent().upper(),
                RunHint(),
                0};
    Replace(frozen, {&piece, 1});
    return true;
  }

  // Removes every entry at one instant. Throws std::bad_alloc.
  void Clear() {
    for (;;) {
      auto* directory = tree_.LoadDirectory();
      if (directory == nullptr) return;
      std::vector<FrozenWindow<Types>> frozen(directory->count());
      bool all = true;
      size_t entries = 0;
      for (size_t i = 0; all && i < frozen.size(); ++i) {
        ExtentOf& extent = *directory->extent(i);
        all = frozen[i].Freeze(extent, {0, extent.capacity()});
        if (all) entries += frozen[i].entries();
      }
      if (!all || !tree_.PublishEmpty(guard_, directory)) continue;
      tree_.AddEntries(guard_, -static_cast<int64_t>(entries));
      for (auto& window : frozen) {
        ExtentOf& extent = window.extent();
        extent.owns_cells = true;
        window.MarkDead();
        tree_.RetireExtent(guard_, &extent);
      }
      break;
    }
    tree_.CollectAtOnce(guard_);
  }

 private:
  // The content of one new extent.
  struct Piece {
    size_t entries;
    Spread spread;
    FenceOf lower;
    FenceOf upper;
    RunHint hint;         // for the segment where a run goes on
    size_t hint_segment;  // which one
  };

  static size_t SegmentsFor(size_t entries) {
    return SegmentsForEntries(entries, kCells, ExtentOf::kSlabSegments);
  }
  static size_t Count(const ExtentOf& extent, size_t segment) {
    return Word(extent.segment(segment).word.LoadRelaxed()).count();
  }
  static size_t ApproximateEntries(const ExtentOf& extent) {
    size_t entries = 0;
    for (size_t i = 0; i < extent.capacity(); ++i) entries += Count(extent, i);
    return entries;
  }

  // The most entries two extents may have to become one, which then still has
  // room.
  static constexpr size_t MaxMerged() { return kMaxExtent * kCells * 17 / 20; }

  // The position of the neighbour to merge with, or `position` if neither fits.
  static size_t SparserNeighbour(const Directory<Types>& directory,
                                 size_t position, size_t entries) {
    size_t best = position;
    size_t best_entries = MaxMerged() - std::min(MaxMerged(), entries) + 1;
    for (const size_t neighbour : {position + 1, position - 1}) {
      if (neighbour >= directory.count()) continue;  // or wrapped below 0
      const size_t there = ApproximateEntries(*directory.extent(neighbour));
      if (there < best_entries) {
        best = neighbour;
        best_entries = there;
      }
    }
    return best;
  }

  // One larger extent, or two halves.
  std::vector<Piece> EvenPieces(ExtentOf& extent, size_t entries,
                                NewSeparators<Types>& fences) {
    if (FitOneExtent(entries + 1, kCells, kMaxExtent)) {
      const size_t segments = std::min(SegmentsFor(entries + 1), kMaxExtent);
      return {{entries, Spread::Even(entries, segments, kCells), extent.lower(),
               extent.upper(), RunHint(), 0}};
    }
    const size_t left = entries / 2;
    const size_t right = entries - left;
    const FenceOf middle = FenceAt(extent, left, fences);
    return {{left, Spread::Even(left, SegmentsFor(left), kCells),
             extent.lower(), middle, RunHint(), 0},
            {right, Spread::Even(right, SegmentsFor(right), kCells), middle,
             extent.upper(), RunHint(), 0}};
  }

  // All room at the place where the run goes on, the rest packed.
  std::vector<Piece> PiecesAroundRun(const Full& full, size_t entries,
                                     size_t before,
                                     NewSeparators<Types>& fences) {
    ExtentOf& extent = *full.extent;
    const RunHint run = full.run();
    const bool ascending = run.run() > 0;
    const auto hint_after = [&](size_t rank) {
      return RunHint::Of(run.run(), ascending ? rank - 1 : rank);
    };
    const auto hint_at = [&](size_t left) {
      return hint_after(left == 0 ? 0 : (left - 1) % kCells + 1);
    };
    const auto segment_at = [](size_t left) {
      return left == 0 ? 0 : (left - 1) / kCells;
    };

    const size_t packed = SegmentsFilledBy(before, kCells) +
                          SegmentsFilledBy(entries - before, kCells);
    const size_t grown = WholeSlabs(packed + std::max<size_t>(1, packed / 2),
                                    ExtentOf::kSlabSegments);
    if (grown <= kMaxExtent) {
      return {{entries, Spread::Gap(entries, before, grown, kCells),
               extent.lower(), extent.upper(), hint_at(before),
               segment_at(before)}};
    }
    const size_t room = std::max<size_t>(2, kMaxExtent / 4);
    if (before * 2 > entries) {
      // The run goes on at the beginning of the right-hand extent, after the
      // one entry that a descending run comes down to.
      const size_t kept = ascending ? 0 : 1;
      const size_t left = before - kept;
      const size_t right = entries - left;
      FenceOf middle;
      if (ascending) {
        middle = {fences.Add(*full.key), true};
      } else {
        middle = FenceAt(extent, left, fences);
      }
      const size_t right_segments = SegmentsFilledBy(kept, kCells) +
                                    SegmentsFilledBy(right - kept, kCells) +
                                    room;
      return {{left, Spread::Even(left, SegmentsFilledBy(left, kCells), kCells),
               extent.lower(), middle, RunHint(), 0},
              {right, Spread::Gap(right, kept, right_segments, kCells), middle,
               extent.upper(), hint_after(kept), 0}};
    }
    // The run goes on at the end of the left-hand extent.
    const size_t right = entries - before;
    const FenceOf middle = FenceAt(extent, before, fences);
    return {
        {before,
         Spread::Gap(before, before, SegmentsFilledBy(before, kCells) + room,
                     kCells),
         extent.lower(), middle, hint_at(before), segment_at(before)},
        {right, Spread::Even(right, SegmentsFilledBy(right, kCells), kCells),
         middle, extent.upper(), RunHint(), 0}};
  }

  // A fence at the key of the `position`-th entry.
  FenceOf FenceAt(ExtentOf& extent, size_t position,
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
    explicit NewExtents(TreeOf& tree) : tree_(tree) {}
    ~NewExtents() {
      for (ExtentOf* extent : extents_) tree_.DestroyExtent(extent);
    }
    NewExtents(const NewExtents&) = delete;
    void Reserve(size_t count) { extents_.reserve(count); }
    void Add(ExtentOf* extent) { extents_.push_back(extent); }
    std::span<ExtentOf* const> get() const { return extents_; }
    void Published() { extents_.clear(); }

   private:
    TreeOf& tree_;
    std::vector<ExtentOf*> extents_;
  };

  // Replaces neighbouring frozen extents by new ones with the same content.
  void Replace(std::vector<FrozenWindow<Types>>& frozen,
               std::span<const Piece> pieces) {
    NewExtents fresh(tree_);
    fresh.Reserve(pieces.size());
    size_t source = 0;
    CellRuns<Types> from = WholeExtent(frozen[source].extent());
    for (const Piece& piece : pieces) {
      ExtentOf* extent =
          tree_.CreateExtent(piece.spread.segments(), piece.lower, piece.upper);
      extent->set_active(1);
      fresh.Add(extent);
      size_t last_used = 0;
      for (size_t j = 0; j < piece.spread.segments(); ++j) {
        const size_t count = piece.spread.CountOf(j);
        SegmentOf& to = extent->segment(j);
        for (size_t copied = 0; copied < count;) {
          while (from.done()) from = WholeExtent(frozen[++source].extent());
          copied += from.CopyTo(to, copied, count - copied);
        }
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
      extent->segment(piece.hint_segment).hint.StoreRelaxed(piece.hint.bits());
    }
    for (;;) {
      auto* directory = tree_.LoadDirectory();
      const size_t position = directory->PositionOf(&frozen[0].extent());
      assert(position < directory->count());
      if (tree_.PublishExtents(guard_, directory, position, frozen.size(),
                               fresh.get())) {
        break;
      }
    }
    fresh.Published();
    for (auto& window : frozen) {
      ExtentOf* extent = &window.extent();
      window.MarkDead();
      tree_.RetireExtent(guard_, extent);
    }
  }
  static CellRuns<Types> WholeExtent(ExtentOf& extent) {
    return CellRuns<Types>(extent, {0, extent.capacity()});
  }

  TreeOf& tree_;
  GuardOf& guard_;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_REBUILD_H_
