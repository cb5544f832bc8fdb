// SPDX-License-Identifier: Apache-2.0

// What frozen segments hold, as a spread needs it: how many entries, and where
// insertions have come lately and are expected next.

#ifndef PMA_INTERNAL_WRITE_WINDOW_CONTENTS_H_
#define PMA_INTERNAL_WRITE_WINDOW_CONTENTS_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pma/internal/machine/function_ref.h"
#include "pma/internal/machine/list.h"
#include "pma/internal/policy/run_hint.h"
#include "pma/internal/policy/spread.h"
#include "pma/internal/store/extent.h"

namespace pma::inline PMA_VARIANT::internal {

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
  bool in_run() const { return run().predictable(Types::kCells); }

  // True if the segment is as the insertion found it; certain under Freeze.
  bool still_full() const {
    return Word::SameCells(extent->segment(segment).word.LoadRelaxed(),
                           word.bits());
  }
};

// The content of a window, whatever the types.
class WindowContents {
 public:
  size_t entries() const { return entries_; }
  // Entries before the key that found no room.
  size_t before() const { return before_; }

  // Nearly all insertions belong to the run of this one.
  bool OneRun() const { return in_run_ && wanted_heat_ * 4 >= heat_ * 3; }
  // Few places are to be given room, rather than all alike.
  bool Uneven() const {
    return in_run_ ||
           (sources_.size() >= kUnevenFrom && HeatIsConcentrated(sources_));
  }

  // Of the first so many segments.
  [[gnu::noinline]] size_t EntriesBefore(size_t segments) const {
    size_t entries = 0;
    for (size_t i = 0; i < segments; ++i) entries += sources_[i].entries;
    return entries;
  }
  // The segments from `first` on as they are, and empty ones behind them.
  [[gnu::noinline]] Spread AsIs(size_t first, size_t segments) const {
    return Spread::AsIs(segments, [&](size_t i) {
      return first + i < sources_.size() ? sources_[first + i].entries : 0;
    });
  }

  // The part of the entries [first, end) for `segments`.
  [[gnu::noinline]] Spread SpreadOver(size_t first, size_t end,
                                      size_t segments) const {
    assert(first <= end && end <= entries_);
    if (Uneven()) {
      const Spread spread = Spread::ByHeat(Part(first, end), segments, cells_);
      // The key that found no room must find it, and is no part of the other
      // half when an extent is split.
      if (!IsWantedIn(first, end) ||
          spread.HasRoomAfter(before_ - first, cells_)) {
        return spread;
      }
    }
    return Spread::Even(end - first, segments, cells_);
  }

  // Whether next to no insertions are expected among the entries [first, end).
  [[gnu::noinline]] bool IsCold(size_t first, size_t end) const {
    if (!Uneven() || IsWantedIn(first, end)) return false;
    uint64_t heat = 0;
    for (const SpreadSource& source : Part(first, end)) heat += source.heat;
    return heat * 8 < heat_;
  }

  // Tells set(segment, hint) what to write beside the cells of a spread of the
  // entries from the `first` on, laid out as the `now`th rebalance. Runs go on
  // where their next key will land.
  [[gnu::noinline]] void PlaceHints(size_t first, const Spread& spread,
                                    uint32_t now,
                                    FunctionRef<size_t, RunHint> set) const {
    List<size_t> heat(spread.segments());
    List<RunHint> hints(spread.segments());
    internal::CarryHeat(
        sources_, first, spread,
        [&](size_t segment, size_t more) { heat[segment] += more; });
    size_t position = 0;
    for (size_t i = 0; i < sources_.size(); ++i) {
      const size_t gap =
          position + std::min(sources_[i].gap_at, sources_[i].entries);
      position += sources_[i].entries;
      if (sources_[i].gap_at == SpreadSource::kWithin) continue;
      if (!IsIn(gap, first, first + spread.entries())) continue;
      const size_t segment = spread.SegmentAfter(gap - first);
      size_t rank = gap - first;
      for (size_t s = 0; s < segment; ++s) rank -= spread.CountOf(s);
      assert(rank <= spread.CountOf(segment));
      hints[segment] = runs_[i].At(runs_[i].run() > 0 ? rank - 1 : rank);
    }
    for (size_t s = 0; s < spread.segments(); ++s) {
      set(s, hints[s].WithHeat(heat[s], now));
    }
  }

 protected:
  // Of so many segments, which are then set one after the other. Throws
  // std::bad_alloc.
  WindowContents(size_t segments, size_t cells, uint32_t rebalances)
      : cells_(cells), now_(rebalances), runs_(segments), sources_(segments) {}

  void Set(size_t i, size_t entries, RunHint run) {
    Set(i, entries, run,
        run.run() > 0 ? ((run.rank() + 1) & 0xff) : run.rank());
  }
  // The one that was found full, by an insertion before cell `rank`.
  void SetFull(size_t i, size_t entries, RunHint run, size_t rank) {
    assert(rank <= entries);
    before_ = entries_ + rank;
    Set(i, entries, run, rank);
  }
  // However cold it was: this is where room is wanted now.
  void WantRoomIn(size_t full) {
    assert(full < sources_.size());
    SpreadSource& wanted = sources_[full];
    wanted.heat += 1 + heat_ / 16;
    heat_ += 1 + heat_ / 16;
    in_run_ = wanted.gap_at != SpreadSource::kWithin;
    wanted_heat_ = wanted.heat;
  }

 private:
  // `next`: the cell before which a run goes on.
  void Set(size_t i, size_t entries, RunHint run, size_t next) {
    runs_[i] = run;
    SpreadSource& source = sources_[i];
    source.entries = entries;
    source.heat = run.HeatAt(now_);
    if (run.predictable(cells_)) source.gap_at = next;
    entries_ += entries;
    heat_ += source.heat;
  }

  // In smaller windows chance looks like heat.
  static constexpr size_t kUnevenFrom = 8;

  // Whether a key with `position` entries before it belongs among the entries
  // [first, end): right between two pieces, to the left one.
  static bool IsIn(size_t position, size_t first, size_t end) {
    return (position > first || first == 0) && position <= end;
  }
  bool IsWantedIn(size_t first, size_t end) const {
    return IsIn(before_, first, end);
  }

  // The sources cut to the entries [first, end).
  [[gnu::noinline]] List<SpreadSource> Part(size_t first, size_t end) const {
    List<SpreadSource> part;
    part.reserve(sources_.size());
    size_t position = 0;
    for (const SpreadSource& source : sources_) {
      const size_t from = std::max(position, first);
      const size_t to = std::min(position + source.entries, end);
      const size_t gap = position + std::min(source.gap_at, source.entries);
      position += source.entries;
      SpreadSource cut = source;
      if (source.gap_at != SpreadSource::kWithin) {
        cut.entries = to > from ? to - from : 0;
        const bool here = IsIn(gap, first, end);
        cut.gap_at = here ? gap - std::min(gap, from) : SpreadSource::kWithin;
        if (!here) cut.heat = 0;
        if (cut.entries == 0 && !here) continue;
      } else {
        if (to <= from) continue;
        cut.entries = to - from;
        cut.heat = source.heat * cut.entries / source.entries;
      }
      part.push_back(cut);
    }
    return part;
  }

  size_t cells_;
  uint32_t now_;
  List<RunHint> runs_;
  List<SpreadSource> sources_;
  size_t entries_ = 0;
  size_t before_ = 0;
  uint64_t heat_ = 0;
  uint64_t wanted_heat_ = 0;
  bool in_run_ = false;
};

// The content of a window of an extent.
template <class Types>
class ContentsOf : public WindowContents {
 public:
  // Both require that the window is frozen, and throw std::bad_alloc.
  ContentsOf(const Extent<Types>& extent, Window window)
      : ContentsOf(extent, window, nullptr) {}
  // The window includes a full segment.
  ContentsOf(const Extent<Types>& extent, Window window,
             const FullSegment<Types>& full)
      : ContentsOf(extent, window, &full) {
    WantRoomIn(full.segment - window.begin);
  }

 private:
  ContentsOf(const Extent<Types>& extent, Window window,
             const FullSegment<Types>* full)
      : WindowContents(window.size(), Types::kCells, extent.rebalances()) {
    for (size_t i = 0; i < window.size(); ++i) {
      const Segment<Types>& segment = extent.segment(window.begin + i);
      const size_t entries = Word(segment.word.LoadRelaxed()).count();
      if (full != nullptr && window.begin + i == full->segment) {
        SetFull(i, entries, full->run(), full->rank);
      } else {
        Set(i, entries, RunHint(segment.hint.LoadRelaxed()));
      }
    }
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_WINDOW_CONTENTS_H_
