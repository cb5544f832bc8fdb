// Making room for an insertion into a full segment.
//
// By the cheapest of: moving part of it into an empty right-hand neighbour;
// spreading the smallest window around it that is below its density threshold;
// rebuilding its extent (rebuild.h).
//
//   Freeze all -> write the image -> Move all -> write in place -> Idle
//
// Under Freeze a thread looks again: if the reason is gone, or the segment has
// changed since it was found full, it lets go and the insertion starts from
// fresh state. Moving a window does not change what the map contains: readers
// use the old place under Freeze and the image under Move, and a thread stopped
// anywhere in between stops writers of these segments only.

#ifndef PMA_INTERNAL_REBALANCE_H_
#define PMA_INTERNAL_REBALANCE_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "pma/internal/contents.h"
#include "pma/internal/density.h"
#include "pma/internal/frozen_window.h"
#include "pma/internal/rebuild.h"
#include "pma/internal/tree.h"
#include "pma/internal/view.h"

namespace pma::internal {

template <class Types>
class Rebalancer {
  using Platform = typename Types::Platform;
  using TreeOf = Tree<Types>;
  using ExtentOf = Extent<Types>;
  using SegmentOf = Segment<Types>;
  using GuardOf = Guard<Platform>;
  using Full = FullSegment<Types>;
  using KeyCodec = typename Types::KeyCodec;
  using SeparatorCodec = typename Types::SeparatorCodec;
  using SeparatorBits = typename Types::SeparatorBits;

  static constexpr size_t kCells = Types::kCells;
  static constexpr size_t kMaxWindow = Types::Tuning::kMaxWindowSegments;

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
      for (size_t i = window.begin; i < window.end; ++i) {
        entries += Count(*full.extent, i);
      }
      if (HasRoom(full, window, entries)) {
        SpreadWindow(full, window);
        return;
      }
      if (window.size() == full.extent->capacity()) break;
    }
    ExtentRebuilder<Types>(tree_, guard_).RebuildFull(full);
  }

 private:
  static size_t Count(const ExtentOf& extent, size_t segment) {
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
  //   otherwise                              half and half
  void MoveIntoNeighbour(const Full& full) {
    const Window window{full.segment, full.segment + 2};
    FrozenWindow<Types> frozen;
    if (!frozen.Freeze(*full.extent, window)) return;
    if (!full.still_full() || frozen.count(full.segment + 1) != 0) return;
    const Contents<Types> contents(*full.extent, window, full);
    const RunHint run = full.run();
    const size_t entries = full.word.count();
    if (run.ascending(kCells) && full.rank == entries) {
      MoveWindow(frozen, window, Spread::SplitAt(entries, entries), contents,
                 full.key);
      return;
    }
    size_t left = entries / 2;
    if (run.descending(kCells)) {
      left = full.rank > 1 ? full.rank - 1 : full.rank;
    } else if (run.predictable(kCells)) {
      left = full.rank;
    }
    MoveWindow(frozen, window, Spread::SplitAt(entries, left), contents,
               nullptr);
  }

  void SpreadWindow(const Full& full, Window window) {
    FrozenWindow<Types> frozen;
    if (!frozen.Freeze(*full.extent, window)) return;
    if (!full.still_full()) return;
    // The same question as before the freeze, so that an answer of no means
    // that others have inserted meanwhile.
    if (!HasRoom(full, window, frozen.entries())) return;
    const Contents<Types> contents(*full.extent, window, full);
    MoveWindow(frozen, window,
               contents.SpreadOver(0, contents.entries(), window.size()),
               contents, nullptr);
  }

  // The separators of a window once it has been spread.
  struct NewBounds {
    // bounds[0] is not used: the window's lower bound does not change.
    std::array<SeparatorBits, kMaxWindow> bounds{};
    size_t active = 0;  // segments that own keys
  };

  // Makes them. With `split`, the second segment is empty and begins there.
  NewBounds MakeBounds(ExtentOf& extent, Window window, const Spread& spread,
                       bool at_end, const typename Types::Key* split,
                       NewSeparators<Types>& fresh) {
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
    if (split != nullptr) last_used = 1;

    NewBounds made;
    made.active = at_end ? last_used + 1 : window.size();
    for (size_t j = made.active - 1; j > 0; --j) {
      if (spread.CountOf(j) > 0) {
        made.bounds[j] = fresh.Add(KeyCodec::View(first_keys[j]));
      } else if (split != nullptr && j == 1) {
        made.bounds[j] = fresh.Add(*split);
      } else {
        // An empty segment before the next one's beginning: it owns nothing.
        made.bounds[j] = fresh.Add(SeparatorCodec::View(
            j + 1 < made.active ? made.bounds[j + 1]
                                : extent.index().Load(window.end)));
      }
    }
    return made;
  }

  // Moves the cells of a frozen window to where `spread` wants them. With
  // `split`, the second segment is empty and begins at that key.
  void MoveWindow(FrozenWindow<Types>& frozen, Window window,
                  const Spread& spread, const Contents<Types>& contents,
                  const typename Types::Key* split) {
    ExtentOf& extent = frozen.extent();
    const size_t old_active = extent.active();
    const bool at_end = window.end >= old_active;

    // Everything that may throw, and everything that runs code of the user's,
    // comes before the image is begun: that code may use other maps, whose
    // windows would take the same buffer.
    NewSeparators<Types> fresh(tree_);
    guard_.record().GrowWindowImage(sizeof(WindowImage<Types>));
    const NewBounds made =
        MakeBounds(extent, window, spread, at_end, split, fresh);
    const size_t active = made.active;
    auto& image = *reinterpret_cast<WindowImage<Types>*>(
        guard_.record().window_image.LoadRelaxed());

    Platform::FenceRelease();  // SYNC-8
    FillImage(image, extent, window, spread);
    PlaceHints(image, spread, contents, extent.CountRebalance(),
               split != nullptr);
    for (size_t j = 1; j < active; ++j) {
      image.separators.Store(j, made.bounds[j]);
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
      segment.word.StoreRelease(  // SYNC-5, SYNC-18
          word.Marked(Marker::kMove, guard_.record().slot, 0).bits());
    }
    Platform::FenceRelease();          // SYNC-7
    assert(IsMoving(extent, window));  // INV-2: or the separators must stay
    std::array<SeparatorBits, kMaxWindow> replaced;
    size_t replaced_count = 0;
    for (size_t i = window.begin + 1; i < std::min(window.end, old_active);
         ++i) {
      replaced[replaced_count++] = extent.index().Load(i);
    }
    for (size_t j = 1; j < active; ++j) {
      extent.index().Store(window.begin + j, made.bounds[j]);
    }
    if (at_end) {
      extent.set_active(window.begin + active);
      for (size_t i = window.begin + active; i < old_active; ++i) {
        extent.index().Clear(i);
      }
    }
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

  static bool IsMoving(const ExtentOf& extent, Window window) {
    for (size_t i = window.begin; i < window.end; ++i) {
      if (extent.segment(i).LoadWord().marker() != Marker::kMove) return false;
    }
    return true;
  }

  // Writes the window's cells to the image, spread anew.
  static void FillImage(WindowImage<Types>& image, ExtentOf& extent,
                        Window window, const Spread& spread) {
    CellRuns<Types> from(extent, window);
    for (size_t j = 0; j < window.size(); ++j) {
      SegmentOf& to = image.segments[j];
      const size_t count = spread.CountOf(j);
      from.CopyTo(to, 0, count);
      to.word.StoreRelaxed(Word().Marked(Marker::kIdle, 0, count).bits());
      to.hint.StoreRelaxed(0);
    }
  }

  // Carries the runs of the window's segments to where they go on.
  static void PlaceHints(WindowImage<Types>& image, const Spread& spread,
                         const Contents<Types>& contents, uint32_t now,
                         bool split) {
    contents.PlaceHints(0, spread, now, [&](size_t j, RunHint hint) {
      image.segments[j].hint.StoreRelaxed(hint.bits());
    });
    if (!split) return;
    // The run goes on in the second segment.
    const RunHint run(image.segments[0].hint.LoadRelaxed());
    image.segments[0].hint.StoreRelaxed(0);
    image.segments[1].hint.StoreRelaxed(run.At(0xff).bits());
  }

  TreeOf& tree_;
  GuardOf& guard_;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_REBALANCE_H_
