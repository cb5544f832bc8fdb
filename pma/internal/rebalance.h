// Making room, and giving it back.                                          L5
//
// A full segment is relieved by the cheapest of: moving part of it into an
// empty right-hand neighbour; spreading the smallest window below its density
// threshold; rebuilding its extent, larger or as two. A sparse extent is
// rebuilt smaller or merged with a neighbour.
//
// All of these first freeze their segments from left to right (INV-4: a thread
// that holds a marker waits only for segments to the right of all it holds, so
// no two wait for each other), then look again: if the reason is gone, or the
// segment changed since it was found full, they let go and the caller starts
// from fresh state. None of them changes what the map contains.
//
// Moving a window:   Freeze all -> image -> Move all -> write in place -> Idle
// Replacing extents: Freeze all -> build new -> publish directory -> Dead
//
// A thread stopped anywhere in between stops writers of these segments only;
// readers read in place under Freeze, in the image under Move, and after the
// publication they find the new extents.

#ifndef PMA_INTERNAL_REBALANCE_H_
#define PMA_INTERNAL_REBALANCE_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <vector>

#include "pma/internal/density.h"
#include "pma/internal/platform.h"
#include "pma/internal/tree.h"
#include "pma/internal/view.h"

namespace pma::internal {

// Segments [begin, end) of one extent under Freeze; let go on destruction.
template <class Types>
class FrozenWindow {
 public:
  using Platform = typename Types::Platform;

  FrozenWindow() = default;
  FrozenWindow(FrozenWindow&& other) noexcept
      : extent_(std::exchange(other.extent_, nullptr)),
        window_(other.window_),
        held_end_(other.held_end_) {}
  FrozenWindow& operator=(FrozenWindow&&) = delete;
  ~FrozenWindow() { LetGo(); }

  // Waits for other writers of these segments, from left to right. False, and
  // nothing is held, if the extent has been replaced.
  bool Freeze(Extent<Types>& extent, Window window) {
    extent_ = &extent;
    window_ = window;
    held_end_ = window.begin;
    Backoff<Platform> backoff;
    while (held_end_ < window.end) {
      Segment<Types>& segment = extent.segment(held_end_);
      const Word word = segment.LoadWord();
      if (word.marker() == Marker::kDead) {
        LetGo();
        return false;
      }
      uint64_t expected = word.bits();
      if (word.idle() &&
          segment.word.CompareExchangeAcqRel(
              expected, word.Marked(Marker::kFreeze, 0, word.count()).bits())) {
        ++held_end_;
      } else {
        backoff.Wait();
      }
    }
    return true;
  }

  // The cells are as they were found.
  void LetGo() {
    if (extent_ == nullptr) return;
    for (size_t i = window_.begin; i < held_end_; ++i) {
      Segment<Types>& segment = extent_->segment(i);
      segment.word.StoreRelease(
          Word(segment.word.LoadRelaxed()).Unmarked().bits());
    }
    extent_ = nullptr;
  }

  // The extent has been replaced: its writers start again at the directory.
  void MarkDead() {
    for (size_t i = window_.begin; i < held_end_; ++i) {
      Segment<Types>& segment = extent_->segment(i);
      const Word word(segment.word.LoadRelaxed());
      segment.word.StoreRelease(
          word.Marked(Marker::kDead, 0, word.count()).bits());
    }
    extent_ = nullptr;
  }

  // The holder has taken over the words.
  void Release() { extent_ = nullptr; }

  Extent<Types>& extent() const { return *extent_; }
  size_t count(size_t segment) const {
    return Word(extent_->segment(segment).word.LoadRelaxed()).count();
  }
  size_t entries() const {
    size_t entries = 0;
    for (size_t i = window_.begin; i < window_.end; ++i) entries += count(i);
    return entries;
  }

 private:
  Extent<Types>* extent_ = nullptr;
  Window window_;
  size_t held_end_ = 0;
};

// Walks the cells of frozen segments in key order.
template <class Types>
class CellCursor {
 public:
  explicit CellCursor(Extent<Types>& extent, Window window)
      : extent_(&extent), segment_(window.begin), end_(window.end) {
    SkipEmpty();
  }
  bool done() const { return segment_ == end_; }
  typename Types::KeyBits key() const {
    return extent_->segment(segment_).keys.Load(cell_);
  }
  typename Types::ValueBits value() const {
    return extent_->segment(segment_).values.Load(cell_);
  }
  void Next() {
    ++cell_;
    SkipEmpty();
  }

 private:
  void SkipEmpty() {
    while (segment_ < end_ &&
           cell_ ==
               Word(extent_->segment(segment_).word.LoadRelaxed()).count()) {
      ++segment_;
      cell_ = 0;
    }
  }

  Extent<Types>* extent_;
  size_t segment_;
  size_t end_;
  size_t cell_ = 0;
};

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
};

template <class Types>
class Rebalancer {
  using Platform = typename Types::Platform;
  using TreeOf = Tree<Types>;
  using ExtentOf = Extent<Types>;
  using SegmentOf = Segment<Types>;
  using FenceOf = Fence<Types>;
  using GuardOf = Guard<Platform>;
  using Full = FullSegment<Types>;
  using KeyCodec = typename Types::KeyCodec;
  using SeparatorCodec = typename Types::SeparatorCodec;
  using SeparatorBits = typename Types::SeparatorBits;

  static constexpr size_t kCells = Types::kCells;
  static constexpr size_t kMaxWindow = Types::Tuning::kMaxWindowSegments;
  static constexpr size_t kMaxExtent = Types::Tuning::kMaxExtentSegments;

 public:
  Rebalancer(TreeOf& tree, GuardOf& guard) : tree_(tree), guard_(guard) {}

  // Makes room around a full segment, or finds that something changed. Either
  // way the insertion must descend again. Throws what allocation and the copy
  // of a key throw; the map is then as it was.
  void MakeRoom(const Full& full) {
    if (full.segment + 1 < full.extent->capacity() &&
        Count(*full.extent, full.segment + 1) == 0) {
      MoveIntoNeighbour(full);
      return;
    }
    for (size_t level = 1;; ++level) {
      const Window window =
          WindowAround(full.segment, level, full.extent->capacity());
      if (window.size() > kMaxWindow) break;
      size_t entries = 0;
      size_t before = 0;  // entries left of the insertion
      for (size_t i = window.begin; i < window.end; ++i) {
        if (i == full.segment) before = entries + full.rank;
        entries += Count(*full.extent, i);
      }
      if (HasRoom(full, window, entries, before)) {
        SpreadWindow(full, window);
        return;
      }
      if (window.size() == full.extent->capacity()) break;
    }
    RebuildFull(full);
  }

  // Rebuilds a sparse extent smaller, or merged with a neighbour. True if it
  // did; false if the extent is not sparse or has been replaced. Throws as
  // MakeRoom does.
  bool ShrinkIfSparse(ExtentOf& extent) {
    const size_t entries = ApproximateEntries(extent);
    if (entries >= MinEntries(extent.capacity(), kCells)) return false;
    auto* directory = tree_.LoadDirectory();
    if (directory == nullptr) return false;
    size_t first = directory->PositionOf(&extent);
    if (first == directory->count()) return false;
    size_t count = 1;
    const size_t wanted = SegmentsForEntries(entries, kCells);
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
    const size_t segments =
        std::min(SegmentsForEntries(total, kCells), kMaxExtent);
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

  // True if the segment is as the insertion found it; call under Freeze.
  static bool StillFull(const Full& full) {
    const Word now(full.extent->segment(full.segment).word.LoadRelaxed());
    return now.version() == full.word.version();
  }

  static bool InRun(const Full& full) {
    const RunHint run = full.run();
    return run.ascending(kCells) || run.descending(kCells);
  }

  static bool HasRoom(const Full& full, Window window, size_t entries,
                      size_t before) {
    return InRun(full) ? Spread::FitsGap(entries, before, window.size(), kCells)
                       : entries + 1 <= MaxEntries(window.size(), kCells);
  }

  // --- Within an extent -----------------------------------------------------

  // The right-hand neighbour is empty: part of the segment moves there.
  //
  //   ascending    |old run| old'|  ->  |old run    |old'       |
  //   at the end   |    run      |  ->  |    run    | <- key    |  nothing
  //   moves descending   |old l|run    |  ->  |old        |l <- run   |
  //   otherwise                         half and half
  void MoveIntoNeighbour(const Full& full) {
    const Window window{full.segment, full.segment + 2};
    FrozenWindow<Types> frozen;
    if (!frozen.Freeze(*full.extent, window)) return;
    if (!StillFull(full) || frozen.count(full.segment + 1) != 0) return;
    const RunHint run = full.run();
    const size_t entries = full.word.count();
    if (run.ascending(kCells) && full.rank == entries) {
      MoveWindow(frozen, window, Spread::SplitAt(entries, entries, kCells),
                 full, full.key);
      return;
    }
    size_t left = entries / 2;
    if (run.ascending(kCells)) left = full.rank;
    if (run.descending(kCells))
      left = full.rank > 1 ? full.rank - 1 : full.rank;
    MoveWindow(frozen, window, Spread::SplitAt(entries, left, kCells), full,
               nullptr);
  }

  void SpreadWindow(const Full& full, Window window) {
    FrozenWindow<Types> frozen;
    if (!frozen.Freeze(*full.extent, window)) return;
    if (!StillFull(full)) return;
    size_t entries = 0;
    size_t before = 0;
    for (size_t i = window.begin; i < window.end; ++i) {
      if (i == full.segment) before = entries + full.rank;
      entries += frozen.count(i);
    }
    // The same question as before the freeze, so that an answer of no means
    // that others have inserted meanwhile.
    if (!HasRoom(full, window, entries, before)) return;
    MoveWindow(frozen, window,
               InRun(full) ? Spread::Gap(entries, before, window.size(), kCells)
                           : Spread::Even(entries, window.size(), kCells),
               full, nullptr);
  }

  // New separators, freed unless they come into use.
  class NewSeparators {
   public:
    explicit NewSeparators(TreeOf& tree) : tree_(tree) {}
    ~NewSeparators() {
      for (size_t i = 0; i < size_; ++i) tree_.DestroySeparator(bits_[i]);
    }
    NewSeparators(const NewSeparators&) = delete;
    SeparatorBits Add(const typename Types::Key& key) {
      bits_[size_] = tree_.MakeSeparator(key);
      return bits_[size_++];
    }
    void InUse() { size_ = 0; }

   private:
    TreeOf& tree_;
    std::array<SeparatorBits, kMaxWindow> bits_;
    size_t size_ = 0;
  };

  // Moves the cells of a frozen window to where `spread` wants them. With
  // `split`, the second segment is empty and begins at that key.
  void MoveWindow(FrozenWindow<Types>& frozen, Window window,
                  const Spread& spread, const Full& full,
                  const typename Types::Key* split) {
    ExtentOf& extent = frozen.extent();
    auto& image = *reinterpret_cast<WindowImage<Types>*>(
        guard_.record().GrowWindowImage(sizeof(WindowImage<Types>)));
    const size_t old_active = extent.active();
    const bool at_end = window.end >= old_active;

    Platform::FenceRelease();  // SYNC-8
    size_t last_used = FillImage(image, extent, window, spread);
    PlaceHints(image, extent, window, spread, full, split != nullptr);
    if (split != nullptr) last_used = 1;
    const size_t active = at_end ? last_used + 1 : window.size();

    NewSeparators fresh(tree_);
    for (size_t j = active - 1; j > 0; --j) {
      SeparatorBits bits;
      if (Word(image.segments[j].word.LoadRelaxed()).count() > 0) {
        bits = fresh.Add(KeyCodec::View(image.segments[j].keys.Load(0)));
      } else if (split != nullptr && j == 1) {
        bits = fresh.Add(*split);
      } else {
        // An empty segment before the next one's beginning: it owns nothing.
        bits = fresh.Add(SeparatorCodec::View(
            j + 1 < active ? image.separators.Load(j + 1)
                           : extent.index().Load(window.end)));
      }
      image.separators.Store(j, bits);
    }
    image.first.StoreRelaxed(static_cast<uint32_t>(window.begin));
    image.size.StoreRelaxed(static_cast<uint32_t>(window.size()));
    image.active.StoreRelaxed(static_cast<uint32_t>(active));
    image.at_end.StoreRelaxed(at_end);

    // From here on nothing fails.
    fresh.InUse();
    frozen.Release();
    for (size_t i = window.begin; i < window.end; ++i) {
      SegmentOf& segment = extent.segment(i);
      const Word word(segment.word.LoadRelaxed());
      segment.word.StoreRelease(  // SYNC-5
          word.Marked(Marker::kMove, guard_.record().slot, 0).bits());
    }
    Platform::FenceRelease();  // SYNC-7
    std::array<SeparatorBits, kMaxWindow> replaced;
    size_t replaced_count = 0;
    for (size_t i = window.begin + 1; i < std::min(window.end, old_active);
         ++i) {
      replaced[replaced_count++] = extent.index().Load(i);
    }
    for (size_t j = 1; j < active; ++j) {
      extent.index().Store(window.begin + j, image.separators.Load(j));
    }
    if (at_end) extent.set_active(window.begin + active);
    for (size_t j = 0; j < window.size(); ++j) {
      SegmentOf& segment = extent.segment(window.begin + j);
      const SegmentOf& source = image.segments[j];
      segment.CopyCells(source, 0, spread.CountOf(j), 0);
      segment.hint.StoreRelaxed(source.hint.LoadRelaxed());
    }
    for (size_t j = 0; j < window.size(); ++j) {
      SegmentOf& segment = extent.segment(window.begin + j);
      segment.word.StoreRelease(  // SYNC-6
          Word(segment.word.LoadRelaxed())
              .AfterChange(spread.CountOf(j))
              .bits());
    }
    for (size_t k = 0; k < replaced_count; ++k) {
      tree_.RetireSeparator(guard_, replaced[k]);
    }
  }

  // Writes the window's cells to the image, spread anew; returns the last
  // segment that got any (0 if none).
  static size_t FillImage(WindowImage<Types>& image, ExtentOf& extent,
                          Window window, const Spread& spread) {
    CellCursor<Types> from(extent, window);
    size_t last_used = 0;
    for (size_t j = 0; j < window.size(); ++j) {
      SegmentOf& to = image.segments[j];
      const size_t count = spread.CountOf(j);
      for (size_t cell = 0; cell < count; ++cell, from.Next()) {
        to.StoreCell(cell, from.key(), from.value());
      }
      to.word.StoreRelaxed(Word().Marked(Marker::kIdle, 0, count).bits());
      to.hint.StoreRelaxed(0);
      if (count > 0) last_used = j;
    }
    assert(from.done());
    return last_used;
  }

  // Carries the runs of the window's segments to where they go on.
  static void PlaceHints(WindowImage<Types>& image, const ExtentOf& extent,
                         Window window, const Spread& spread, const Full& full,
                         bool split) {
    size_t before = 0;
    for (size_t i = window.begin; i < window.end; ++i) {
      const RunHint run = i == full.segment
                              ? full.run()
                              : RunHint(extent.segment(i).hint.LoadRelaxed());
      const bool ascending = run.ascending(kCells);
      if (ascending || run.descending(kCells)) {
        // The rank of the run's next key: for the full segment, of this one.
        const size_t rank = i == full.segment ? full.rank
                            : ascending       ? ((run.rank() + 1) & 0xff)
                                              : run.rank();
        PlaceHint(image, spread, before + rank, run, split);
      }
      before += Count(extent, i);
    }
  }
  static void PlaceHint(WindowImage<Types>& image, const Spread& spread,
                        size_t position, RunHint run, bool split) {
    const bool ascending = run.run() > 0;
    if (split) {
      image.segments[1].hint.StoreRelaxed(RunHint::Of(run.run(), 0xff).bits());
      return;
    }
    // The key follows entry `position - 1`, wherever that lies now.
    size_t segment = 0;
    size_t rank = 0;
    if (position > 0) {
      size_t left = position;
      while (segment + 1 < spread.segments() &&
             left > spread.CountOf(segment)) {
        left -= spread.CountOf(segment);
        ++segment;
      }
      rank = left;
    }
    image.segments[segment].hint.StoreRelaxed(
        RunHint::Of(run.run(), ascending ? rank - 1 : rank).bits());
  }

  // --- Whole extents --------------------------------------------------------

  // The content of one new extent.
  struct Piece {
    size_t entries;
    Spread spread;
    FenceOf lower;
    FenceOf upper;
    RunHint hint;         // for the segment where a run goes on
    size_t hint_segment;  // which one
  };

  void RebuildFull(const Full& full) {
    ExtentOf& extent = *full.extent;
    std::vector<FrozenWindow<Types>> frozen(1);
    if (!frozen[0].Freeze(extent, {0, extent.capacity()})) return;
    if (!StillFull(full)) return;
    const size_t entries = frozen[0].entries();
    size_t before = full.rank;
    for (size_t i = 0; i < full.segment; ++i) before += frozen[0].count(i);
    NewSeparators fences(tree_);
    std::vector<Piece> pieces =
        InRun(full) ? PiecesAroundRun(full, entries, before, fences)
                    : EvenPieces(extent, entries, fences);
    Replace(frozen, pieces);
  }

  // One larger extent, or two halves.
  std::vector<Piece> EvenPieces(ExtentOf& extent, size_t entries,
                                NewSeparators& fences) {
    const size_t segments = SegmentsForEntries(entries + 1, kCells);
    if (segments <= kMaxExtent) {
      return {{entries, Spread::Even(entries, segments, kCells), extent.lower(),
               extent.upper(), RunHint(), 0}};
    }
    const size_t left = entries / 2;
    const size_t right = entries - left;
    const FenceOf middle = FenceAt(extent, left, fences);
    return {
        {left, Spread::Even(left, SegmentsForEntries(left, kCells), kCells),
         extent.lower(), middle, RunHint(), 0},
        {right, Spread::Even(right, SegmentsForEntries(right, kCells), kCells),
         middle, extent.upper(), RunHint(), 0}};
  }

  // All room at the place where the run goes on, the rest packed.
  std::vector<Piece> PiecesAroundRun(const Full& full, size_t entries,
                                     size_t before, NewSeparators& fences) {
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
    const size_t grown = packed + std::max<size_t>(1, packed / 2);
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
  FenceOf FenceAt(ExtentOf& extent, size_t position, NewSeparators& fences) {
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
    CellCursor<Types> from = WholeExtent(frozen[source].extent());
    for (const Piece& piece : pieces) {
      ExtentOf* extent =
          tree_.CreateExtent(piece.spread.segments(), piece.lower, piece.upper);
      extent->set_active(1);
      fresh.Add(extent);
      size_t last_used = 0;
      for (size_t j = 0; j < piece.spread.segments(); ++j) {
        const size_t count = piece.spread.CountOf(j);
        SegmentOf& to = extent->segment(j);
        for (size_t cell = 0; cell < count; ++cell, from.Next()) {
          while (from.done()) from = WholeExtent(frozen[++source].extent());
          to.StoreCell(cell, from.key(), from.value());
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
  static CellCursor<Types> WholeExtent(ExtentOf& extent) {
    return CellCursor<Types>(extent, {0, extent.capacity()});
  }

  TreeOf& tree_;
  GuardOf& guard_;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_REBALANCE_H_
