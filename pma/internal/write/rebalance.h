// SPDX-License-Identifier: Apache-2.0

// Making room for an insertion into a full segment, and filling one that an
// erasure has emptied.
//
// Room is made by the cheapest of: moving part of the segment into an empty
// right-hand neighbour; spreading the smallest window around it that is below
// its upper density threshold (only a small one where the map grows at its
// end); rebuilding its extent (rebuild.h). An emptied segment is filled by
// spreading the smallest window around it that is above its lower threshold, so
// that the neighbours of a key are never far.
//
//   Freeze all -> write the image -> Move all -> write in place -> Idle
//
// Under Freeze a thread looks again: if the reason is gone, or a full segment
// has changed since it was found full, it lets go, and an insertion starts from
// fresh state. Moving a window does not change what the map contains: readers
// use the old place under Freeze and the image under Move, and a thread stopped
// anywhere in between stops writers of these segments only.

#ifndef PMA_INTERNAL_WRITE_REBALANCE_H_
#define PMA_INTERNAL_WRITE_REBALANCE_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/policy/density.h"
#include "pma/internal/store/image.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/frozen_window.h"
#include "pma/internal/write/rebuild.h"
#include "pma/internal/write/window_contents.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class Rebalancer {
  using Platform = typename Types::Platform;
  using Full = FullSegment<Types>;
  using KeyCodec = typename Types::KeyCodec;
  using SeparatorCodec = typename Types::SeparatorCodec;
  using SeparatorBits = typename Types::SeparatorBits;

  static constexpr size_t kCells = Types::kCells;
  static constexpr size_t kMaxWindow = Types::Tuning::kMaxWindowSegments;
  // Windows that are spread at a growing end, too.
  static constexpr size_t kSmallWindow = 4;

 public:
  Rebalancer(Tree<Types>& tree, Guard<Platform>& guard)
      : tree_(tree), guard_(guard) {}

  // Makes room around a full segment, or finds that something changed. Either
  // way the insertion must descend again. Throws what allocation and the copy
  // of a key throw; the map is then as it was.
  void MakeRoom(const Full& full) {
    if (!TryMakeRoom(full)) tree_.CountRetry(guard_.record());
  }

  // Gives a segment that has been emptied entries of its neighbours, or takes
  // it out of use, or finds that something changed. False if entries are too
  // few for that in every window around it. Throws as MakeRoom does.
  bool FillEmptied(Extent<Types>& extent, size_t segment) {
    const auto suffice = [](Window w, size_t entries) {
      return entries >= FewestEntries(w.size(), kCells);
    };
    // What lies behind is the room of a run.
    const size_t active = extent.active();
    if (segment >= active) return true;
    if (segment > 0 && segment + 1 == active) return DropLast(extent, segment);
    if (segment == 0 && PullToFront(extent, active)) return true;
    const Window window = SmallestWindow(extent, segment, active, suffice);
    if (window.size() == 0) return false;
    FrozenWindow<Types> frozen;
    if (!frozen.Freeze(extent, window)) return true;
    if (frozen.count(segment) > 0) return true;
    const size_t entries = frozen.entries();
    // The same question as before the freeze: no means that others have erased
    // meanwhile.
    if (!suffice(window, entries)) return false;
    MoveWindow(frozen, window, Spread::Even(entries, window.size(), kCells),
               ContentsOf<Types>(extent, window));
    return true;
  }

 private:
  // False if something changed.
  bool TryMakeRoom(const Full& full) {
    if (full.segment + 1 < full.extent->capacity() &&
        Count(*full.extent, full.segment + 1) == 0) {
      return MoveIntoNeighbour(full);
    }
    const Window window = SmallestWindow(
        *full.extent, full.segment, full.extent->capacity(),
        [&](Window w, size_t entries) { return HasRoom(full, w, entries); });
    ExtentRebuilder<Types> rebuilder(tree_, guard_);
    const bool is_small = window.size() > 0 && window.size() <= kSmallWindow;
    if (!is_small && IsAtGrowingEnd(full)) {
      return rebuilder.RebuildFull(full, WhereRoom::kBehind);
    }
    if (window.size() > 0) return SpreadWindow(full, window);
    const Window beside = WindowBeside(full);
    if (beside.size() > 0) return SpreadWindow(full, beside);
    return rebuilder.RebuildFull(full, WhereRoom::kByHeat);
  }

  // Whether a full segment is at the map's end, where next to all insertions of
  // late have come, as keys do that are nearly in order: so the next ones will
  // come behind it, where room before it is of no use. Advice.
  [[gnu::cold]] static bool IsAtGrowingEnd(const Full& full) {
    const Extent<Types>& extent = *full.extent;
    const size_t capacity = extent.capacity();
    if (extent.upper().finite || full.segment + 2 < capacity ||
        capacity < 2 * kSmallWindow) {
      return false;
    }
    const size_t end = capacity - std::max(kSmallWindow, capacity / 8);
    size_t heat = 0;
    size_t heat_at_end = 0;
    size_t entries = 0;
    for (size_t i = 0; i < capacity; ++i) {
      const RunHint hint(extent.segment(i).hint.LoadRelaxed());
      const size_t here = hint.HeatAt(extent.rebalances());
      heat += here;
      if (i >= end) heat_at_end += here;
      entries += Count(extent, i);
    }
    return heat > 0 && heat_at_end * 4 >= heat * 3 &&
           MayGrowBehind(entries, capacity, kCells);
  }

  // A window of which the full segment is the first or the last, and that has
  // room: such as a run has left behind that goes on nearby. Empty if there is
  // none.
  Window WindowBeside(const Full& full) const {
    Window best;
    size_t best_entries = 0;
    const auto consider = [&](Window w) {
      size_t entries = 0;
      for (size_t i = w.begin; i < w.end; ++i) {
        entries += Count(*full.extent, i);
      }
      if (!HasRoom(full, w, entries)) return;
      if (best.size() == 0 || entries < best_entries) {
        best = w;
        best_entries = entries;
      }
    };
    const size_t end = full.segment + 1;
    consider({end - std::min(end, kMaxWindow), end});
    consider({full.segment,
              std::min(full.segment + kMaxWindow, full.extent->capacity())});
    return best;
  }

  // The smallest window around a segment, of the first `segments` of its
  // extent, that will do(window, entries); an empty one if none will.
  template <class Do>
  static Window SmallestWindow(const Extent<Types>& extent, size_t segment,
                               size_t segments, const Do& will_do) {
    for (size_t level = 1;; ++level) {
      const Window window = WindowAround(segment, level, segments);
      if (window.size() > kMaxWindow) break;
      size_t entries = 0;
      for (size_t i = window.begin; i < window.end; ++i) {
        entries += Count(extent, i);
      }
      if (will_do(window, entries)) return window;
      if (window.size() == segments) break;
    }
    return {};
  }

  // The last segment in use has been emptied, and is in use no longer. True.
  bool DropLast(Extent<Types>& extent, size_t segment) {
    const Window window{segment - 1, segment + 1};
    FrozenWindow<Types> frozen;
    if (!frozen.Freeze(extent, window)) return true;
    if (frozen.count(segment) > 0 || extent.active() != window.end) return true;
    MoveWindow(
        frozen, window,
        Spread::AsIs(window.size(),
                     [&](size_t j) { return frozen.count(window.begin + j); }),
        ContentsOf<Types>(extent, window));
    return true;
  }

  // The first segment has been emptied, and gets all cells of the next one that
  // has any: where entries are taken from the front, there is no use in
  // spreading them. False if there is none, or so far away that readers who
  // come from there would take to a walk.
  bool PullToFront(Extent<Types>& extent, size_t active) {
    size_t source = 1;
    while (source < active && Count(extent, source) == 0) ++source;
    if (source >=
        std::min({active, kMaxWindow, Types::Tuning::kSegmentsToCross}))
      return false;
    const Window window{0, source + 1};
    FrozenWindow<Types> frozen;
    if (!frozen.Freeze(extent, window)) return true;
    const size_t entries = frozen.entries();
    if (frozen.count(0) > 0 || entries != frozen.count(source)) return true;
    MoveWindow(
        frozen, window,
        Spread::AsIs(window.size(),
                     [&](size_t j) { return j == 0 ? entries : size_t{0}; }),
        ContentsOf<Types>(extent, window));
    return true;
  }

  static size_t Count(const Extent<Types>& extent, size_t segment) {
    return Word(extent.segment(segment).word.LoadRelaxed()).count();
  }

  // A run wants an eighth of the window empty, and a whole segment.
  static bool HasRoom(const Full& full, Window window, size_t entries) {
    const size_t segments = window.size();
    return full.in_run()
               ? entries + std::max<size_t>(1, segments / 8) * kCells <=
                     segments * kCells
               : entries + 1 <= MaxEntries(segments, kCells);
  }

  // The right-hand neighbour is empty: part of the segment moves there.
  //
  //   ascending           |old run|old'| ->  |old run    |old'       |
  //   ascending, at end   |    run     | ->  |    run    |<- key     |
  //   descending          |old l|run   | ->  |old        |l <- run   |
  //   nearly ascending    |old    |last| ->  |old  +     |last +     |
  //   otherwise                              half and half
  bool MoveIntoNeighbour(const Full& full) {
    const Window window{full.segment, full.segment + 2};
    FrozenWindow<Types> frozen;
    if (!frozen.Freeze(*full.extent, window)) return false;
    if (!full.still_full() || frozen.count(full.segment + 1) != 0) return false;
    const RunHint run = full.run();
    const size_t entries = full.word.count();
    if (run.ascending(kCells) && full.rank == entries) {
      BeginNeighbour(frozen, full);
      return true;
    }
    const ContentsOf<Types> contents(*full.extent, window, full);
    size_t left = entries / 2;
    if (run.descending(kCells)) {
      left = full.rank > 1 ? full.rank - 1 : full.rank;
    } else if (run.predictable(kCells)) {
      left = full.rank;
    } else if (full.rank * 2 > entries && IsAtEnd(*full.extent, window)) {
      left = KeptAtEnd(entries);
    }
    MoveWindow(frozen, window, Spread::SplitAt(entries, left), contents);
    return true;
  }

  bool SpreadWindow(const Full& full, Window window) {
    FrozenWindow<Types> frozen;
    if (!frozen.Freeze(*full.extent, window)) return false;
    if (!full.still_full()) return false;
    // The same question as before the freeze, so that an answer of no means
    // that others have inserted meanwhile.
    if (!HasRoom(full, window, frozen.entries())) return false;
    const ContentsOf<Types> contents(*full.extent, window, full);
    MoveWindow(frozen, window,
               contents.SpreadOver(0, contents.entries(), window.size()),
               contents);
    return true;
  }

  // The separators of a window once it has been changed.
  struct NewBounds {
    // bounds[0] is not used: the window's lower bound does not change.
    std::array<SeparatorBits, kMaxWindow> bounds;
    size_t active = 0;  // segments that own keys
  };

  // Makes those of a window's cells as `spread` wants them.
  NewBounds MakeBounds(Extent<Types>& extent, Window window,
                       const Spread& spread, NewSeparators<Types>& fresh) {
    std::array<typename Types::KeyBits, kMaxWindow> first_keys{};
    size_t last_used = 0;
    CellRuns<Types> from(extent, window);
    for (size_t j = 0; j < window.size(); ++j) {
      const size_t count = spread.CountOf(j);
      if (count == 0) continue;
      last_used = j;
      first_keys[j] = from.key();
      from.Skip(count);
    }
    assert(from.done());

    NewBounds made;
    made.active = IsAtEnd(extent, window) ? last_used + 1 : window.size();
    assert(made.active > 0 && made.active <= window.size());
    for (size_t j = made.active - 1; j > 0; --j) {
      if (spread.CountOf(j) > 0) {
        made.bounds[j] = fresh.Add(KeyCodec::View(first_keys[j]));
      } else {
        // An empty segment before the next one's beginning: it owns nothing.
        made.bounds[j] = fresh.Add(SeparatorCodec::View(
            j + 1 < made.active ? made.bounds[j + 1]
                                : extent.index().Load(window.end)));
      }
    }
    return made;
  }

  // Whether nothing after the window owns keys: it may then end with segments
  // that own none either.
  static bool IsAtEnd(const Extent<Types>& extent, Window window) {
    return window.end >= extent.active();
  }

  // The thread's buffer for the image of a window.
  WindowImage<Types>& Image() {
    guard_.record().GrowWindowImage(sizeof(WindowImage<Types>));
    return *reinterpret_cast<WindowImage<Types>*>(
        guard_.record().window_image.LoadRelaxed());
  }

  // Moves the cells of a frozen window to where `spread` wants them.
  void MoveWindow(FrozenWindow<Types>& frozen, Window window,
                  const Spread& spread, const ContentsOf<Types>& contents) {
    Extent<Types>& extent = frozen.extent();
    // All entries go somewhere, and none twice.
    assert(spread.segments() == window.size());
    assert(spread.entries() == contents.entries());
    // Everything that may throw, and everything that runs code of the user's,
    // comes before the image is begun: that code may use other maps, whose
    // windows would take the same buffer.
    NewSeparators<Types> fresh(tree_);
    // Before those are freed, if it comes to that: keys' destructors are the
    // user's. Without effect once the window is moved.
    Rollback let_go([&] { frozen.LetGo(); });
    const NewBounds made = MakeBounds(extent, window, spread, fresh);
    WindowImage<Types>& image = Image();

    Platform::FenceRelease();  // SYNC-8
    FillImage(image, extent, window, spread);
    SetHeads(image, extent, window, made);
    contents.PlaceHints(0, spread, extent.CountRebalance(),
                        [&](size_t j, RunHint hint) {
                          image.segments[j].hint.StoreRelaxed(hint.bits());
                        });
    // From here on nothing fails.
    fresh.InUse();
    frozen.Release();
    const Replaced replaced = TurnTo(image, extent, window, made);
    for (size_t j = 0; j < window.size(); ++j) {
      Segment<Types>& segment = extent.segment(window.begin + j);
      const Segment<Types>& source = image.segments[j];
      segment.CopyCells(source, 0, spread.CountOf(j), 0);
      segment.ClearCells(spread.CountOf(j));
      segment.SetSkip(source.skip());
      segment.SetPivots();
      segment.hint.StoreRelaxed(source.hint.LoadRelaxed());
    }
    TurnBack(image, extent, window, replaced);
  }

  // INV-12 in the image.
  static void SetHeads(WindowImage<Types>& image, const Extent<Types>& extent,
                       Window window, const NewBounds& made) {
    if constexpr (Types::kHeadedKeys) {
      for (size_t j = 0; j < window.size(); ++j) {
        Segment<Types>& segment = image.segments[j];
        segment.SetHeads(SkipOf(extent, window, made, j),
                         Word(segment.word.LoadRelaxed()).count());
      }
    }
  }
  // What keys of the window's `j`-th segment will have in common.
  static size_t SkipOf(const Extent<Types>& extent, Window window,
                       const NewBounds& made, size_t j) {
    if constexpr (Types::kHeadedKeys) {
      if (j >= made.active) return 0;
      const Fence<Types> lower = j == 0 ? extent.LowerOf(window.begin)
                                        : Fence<Types>{made.bounds[j], true};
      Fence<Types> upper = extent.upper();
      if (j + 1 < made.active) {
        upper = {made.bounds[j + 1], true};
      } else if (!IsAtEnd(extent, window)) {
        upper = {extent.index().Load(window.end), true};
      }
      return internal::CommonPrefixOf(lower, upper);
    }
    return 0;
  }

  // Gives the empty neighbour of a frozen full segment the keys from the one on
  // that found no room. No cell moves.
  void BeginNeighbour(FrozenWindow<Types>& frozen, const Full& full) {
    Extent<Types>& extent = frozen.extent();
    const Window window{full.segment, full.segment + 2};
    Segment<Types>& segment = extent.segment(window.begin);
    NewSeparators<Types> fresh(tree_);
    // Before those are freed, if it comes to that: keys' destructors are the
    // user's. Without effect once the window is moved.
    Rollback let_go([&] { frozen.LetGo(); });
    NewBounds made;
    made.active = window.size();
    made.bounds[1] = fresh.Add(*full.key);
    WindowImage<Types>& image = Image();

    Platform::FenceRelease();  // SYNC-8
    image.segments[0].CopyCells(segment, 0, kCells, 0);
    SetCount(image.segments[0], full.word.count());
    SetCount(image.segments[1], 0);
    // From here on nothing fails.
    fresh.InUse();
    frozen.Release();
    const Replaced replaced = TurnTo(image, extent, window, made);
    extent.segment(window.begin + 1)
        .SetSkip(SkipOf(extent, window, made, window.size() - 1));
    // The run goes on before the first cell, where half of the heat goes, too.
    const RunHint run = full.run();
    const uint32_t now = extent.CountRebalance();
    segment.hint.StoreRelaxed(0);
    extent.segment(window.begin + 1)
        .hint.StoreRelaxed(
            run.At(0xff).WithHeat(run.HeatAt(now) / 2, now).bits());
    TurnBack(image, extent, window, replaced);
  }

  // Separators that have been replaced, to be retired.
  struct Replaced {
    std::array<SeparatorBits, kMaxWindow> bits;
    size_t size = 0;
  };

  // Freeze -> Move: readers turn to the image, whose cells have been filled in,
  // and the new separators come into place.
  Replaced TurnTo(WindowImage<Types>& image, Extent<Types>& extent,
                  Window window, const NewBounds& made) {
    const size_t old_active = extent.active();
    const bool at_end = IsAtEnd(extent, window);
    for (size_t j = 1; j < made.active; ++j) {
      image.separators.Store(j, made.bounds[j]);
    }
    image.first.StoreRelaxed(static_cast<uint32_t>(window.begin));
    image.size.StoreRelaxed(static_cast<uint32_t>(window.size()));
    image.active.StoreRelaxed(static_cast<uint32_t>(made.active));
    image.at_end.StoreRelaxed(at_end);

    for (size_t i = window.begin; i < window.end; ++i) {
      Segment<Types>& segment = extent.segment(i);
      const Word word(segment.word.LoadRelaxed());
      segment.word.StoreRelease(  // SYNC-5, SYNC-18
          word.Marked(Marker::kMove, guard_.record().slot, 0).bits());
    }
    Platform::FenceRelease();          // SYNC-7
    assert(IsMoving(extent, window));  // INV-2: or the separators must stay
    Replaced replaced;
    for (size_t i = window.begin + 1; i < std::min(window.end, old_active);
         ++i) {
      replaced.bits[replaced.size++] = extent.index().Load(i);
    }
    for (size_t j = 1; j < made.active; ++j) {
      extent.index().Store(window.begin + j, made.bounds[j]);
    }
    if (at_end) {
      extent.set_active(window.begin + made.active);
      for (size_t i = window.begin + made.active; i < old_active; ++i) {
        extent.index().Clear(i);
      }
    }
    return replaced;
  }

  // Move -> Idle, now that the window is as its image.
  void TurnBack(const WindowImage<Types>& image, Extent<Types>& extent,
                Window window, const Replaced& replaced) {
    for (size_t j = 0; j < window.size(); ++j) {
      Segment<Types>& segment = extent.segment(window.begin + j);
      const Word then(image.segments[j].word.LoadRelaxed());
      segment.word.StoreRelease(  // SYNC-6
          Word(segment.word.LoadRelaxed()).AfterChange(then.count()).bits());
    }
    tree_.CountRebalance(guard_.record());
    for (size_t k = 0; k < replaced.size; ++k) {
      tree_.RetireSeparator(guard_, replaced.bits[k]);
    }
  }

  static bool IsMoving(const Extent<Types>& extent, Window window) {
    for (size_t i = window.begin; i < window.end; ++i) {
      if (extent.segment(i).LoadWord().marker() != Marker::kMove) return false;
    }
    return true;
  }

  // Writes the window's cells to the image, spread anew.
  static void FillImage(WindowImage<Types>& image, Extent<Types>& extent,
                        Window window, const Spread& spread) {
    CellRuns<Types> from(extent, window);
    for (size_t j = 0; j < window.size(); ++j) {
      const size_t count = spread.CountOf(j);
      [[maybe_unused]] const size_t copied =
          from.CopyTo(image.segments[j], 0, count);
      assert(copied == count);
      SetCount(image.segments[j], count);
    }
    assert(from.done());
  }
  static void SetCount(Segment<Types>& of_image, size_t count) {
    of_image.word.StoreRelaxed(Word().Marked(Marker::kIdle, 0, count).bits());
  }

  Tree<Types>& tree_;
  Guard<Platform>& guard_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_REBALANCE_H_
