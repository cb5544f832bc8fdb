// SPDX-License-Identifier: Apache-2.0

// The entry nearest to a key in one direction, as of one instant.

#ifndef PMA_INTERNAL_READ_NEAREST_H_
#define PMA_INTERNAL_READ_NEAREST_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "pma/internal/read/segment_walk.h"
#include "pma/internal/read/short_range.h"

namespace pma::inline PMA_VARIANT::internal {

// All segments that walks in one directory have read, as one range of places.
template <class Types>
class ReadRange {
 public:
  void Add(const ReadSegments<Types>& read) {
    if (directory_ == nullptr) {
      directory_ = read.directory;
      begin_ = {read.position, read.segments.begin};
      end_ = {read.position, read.segments.end};
      return;
    }
    one_directory_ = one_directory_ && directory_ == read.directory;
    begin_ = std::min(begin_, {read.position, read.segments.begin});
    end_ = std::max(end_, {read.position, read.segments.end});
  }

  bool one_directory() const { return one_directory_; }
  const Directory<Types>* directory() const { return directory_; }

  // Equal sums mean that no segment in between changed between the two calls,
  // because each term only grows.
  uint64_t ChangeCount() const { return LookAtWords().changes; }
  // Whether a value is being replaced in place, which counts when it is done.
  bool AnyUpdating() const { return LookAtWords().updating; }

  friend bool operator==(const ReadRange&, const ReadRange&) = default;

 private:
  struct Sight {
    uint64_t changes = 0;
    bool updating = false;
  };
  [[gnu::noinline]] Sight LookAtWords() const {
    assert(begin_ < end_ && end_.first < directory_->count());
    Sight sight;
    for (size_t e = begin_.first; e <= end_.first; ++e) {
      const Extent<Types>& extent = *directory_->extent(e);
      const size_t begin = e == begin_.first ? begin_.second : 0;
      const size_t end = e == end_.first ? end_.second : extent.capacity();
      for (size_t i = begin; i < end; ++i) {
        const Word word = extent.segment(i).LoadWord();  // SYNC-18
        sight.changes += word.ChangeCount();
        sight.updating |= word.marker() == Marker::kUpdate;
      }
    }
    return sight;
  }

  const Directory<Types>* directory_ = nullptr;
  bool one_directory_ = true;
  std::pair<size_t, size_t> begin_;  // position, segment
  std::pair<size_t, size_t> end_;    // position, one past the segment
};

// Nearest() by a walk.
//
// As a rule the nearest entry lies in the first segment looked at, and then
// that segment's word vouches for the answer. Otherwise empty segments lie
// between, and the answer is right only if they were all empty at the moment
// the entry was there: the walk is repeated between two equal readings of the
// change counts of all the segments it crosses.
template <class Types, Direction kDirection, class ProbeT, class Function>
[[gnu::noinline]] bool NearestByWalk(
    const Tree<Types>& tree, const Guard<typename Types::Platform>& guard,
    const Start<ProbeT>& start, Function&& f) {
  SegmentMemory<Types> memory;
  CellBuffer<Types> cells(CellRoom<Types>::Of(memory));
  struct Walked {
    ReadRange<Types> range;
    size_t segments = 0;
    bool found = false;
  };
  const auto walk_once = [&] {
    SegmentWalk<Types> walk(tree, guard, kDirection);
    Walked walked;
    cells.Clear();
    while (!walked.found && walk.Next(start, {}, cells)) {
      walked.range.Add(walk.read());
      ++walked.segments;
      walked.found = cells.size() > 0;
    }
    return walked;
  };
  const auto show = [&] {
    const size_t cell =
        kDirection == Direction::kForward ? 0 : cells.size() - 1;
    [[maybe_unused]] Viewer<typename Types::KeyCodec> viewer;
    const typename Types::ShownKey& key = viewer.View(cells.keys()[cell]);
    const typename Types::Value& value = cells.value(cell);
    f(key, value);
    return true;
  };

  for (;;) {
    const Walked first = walk_once();
    if (first.segments <= 1) return first.found && show();
    if (!first.range.one_directory()) continue;
    const uint64_t before = first.range.ChangeCount();
    const Walked second = walk_once();
    if (!(second.range == first.range)) continue;
    Types::Platform::FenceAcquire();
    if (first.range.ChangeCount() == before &&
        tree.LoadDirectory(guard) == first.range.directory()) {
      return second.found && show();
    }
  }
}

// Reads the entry nearest to `start`, not the filler, in one direction, or
// finds that there is none, if no more than a few segments are to be crossed
// and all are stable. All their words vouch for that at one instant, when all
// have been read and none looked at again. False if it takes more.
template <class Types, class ProbeT>
[[gnu::noinline]] bool QuickReadBeyond(
    Direction direction, const Tree<Types>& tree,
    const Guard<typename Types::Platform>& guard, const Start<ProbeT>& start,
    FewCells<Types>& cell) {
  const bool forward = direction == Direction::kForward;
  Place<Types> place;
  if (!internal::DescendTo(direction, tree, guard, start, place)) return false;
  const auto leads =
      internal::LeadsTo<Types>(direction, tree.order(), place.root, start);
  std::array<SegmentRead<Types>, Types::Tuning::kSegmentsToCross> reads;
  size_t read = 0;
  bool came_from_next_extent = false;
  for (;;) {
    const Extent<Types>& extent = *place.extent;
    const size_t i = place.segment;
    const Segment<Types>& segment = extent.segment(i);
    if (read == reads.size()) return false;
    reads[read] = SegmentRead(segment, place.root);
    const Word word = reads[read++].word();
    const size_t active = extent.active();
    if (!word.quiet() || i >= active) return false;
    if (came_from_next_extent && i + 1 < active) return false;
    size_t rank = forward ? 0 : word.count();
    if (read == 1) {
      const Fence<Types> lower = extent.LowerOf(i);
      const Fence<Types> upper = extent.UpperOf(i, active);
      if (lower.finite && !leads(lower.bits)) return false;
      if (upper.finite && leads(upper.bits)) return false;
      if (start.probe != nullptr) {
        rank =
            internal::RankOfStart(segment, word.count(), tree.order(), start);
      }
    }
    if (forward ? rank < word.count() : rank > 0) {
      cell.Load(segment, forward ? rank : rank - 1, 1);
      break;
    }
    came_from_next_extent = false;
    if (forward ? i + 1 < active : i > 0) {
      forward ? ++place.segment : --place.segment;
      continue;
    }
    if (place.position == (forward ? place.directory->count() - 1 : 0)) break;
    forward ? ++place.position : --place.position;
    place.extent = place.directory->extent(place.position);
    place.segment = forward ? 0 : place.extent->active() - 1;
    came_from_next_extent = !forward;
  }
  // An extent that has been replaced stands still a moment longer, beside
  // others that do not.
  return SegmentRead<Types>::AllUnchanged({reads.data(), read}) &&
         tree.LoadDirectory(guard) == place.directory;
}

// Nearest() where the first segment does not have it.
template <class Types, Direction kDirection, class ProbeT, class Function>
[[gnu::noinline]] bool NearestBeyond(const Tree<Types>& tree,
                                     const Start<ProbeT>& start, Function& f) {
  const Guard<typename Types::Platform> guard;
  if constexpr (kNeverTorn<typename Types::KeyCodec>) {
    FewCells<Types> cell;
    cell.Clear();
    if (!internal::IsFiller<Types>(start) &&
        internal::QuickReadBeyond(kDirection, tree, guard, start, cell)) {
      if (cell.size() == 0) return false;
      bool stopped = false;
      internal::Show<Types, kDirection>(cell, 1, f, stopped);
      return true;
    }
  }
  return internal::NearestByWalk<Types, kDirection>(tree, guard, start, f);
}

// The entry nearest to `start` in one direction, as of one instant: f(key,
// value) on it. False if there is none. The first segment looked at nearly
// always has it.
template <class Types, Direction kDirection, class ProbeT, class Function>
PMA_ALWAYS_INLINE inline bool Nearest(const Tree<Types>& tree,
                                      const Start<ProbeT>& start, Function& f) {
  if constexpr (kNeverTorn<typename Types::KeyCodec>) {
    if (internal::QuickShowFew<Types, kDirection>(tree, start, 1, f) == 1)
        [[likely]] {
      return true;
    }
  }
  return internal::WithCopy(start, [&](const auto& copy) {
    return internal::NearestBeyond<Types, kDirection>(tree, copy, f);
  });
}

// Nearest() to a key. Out of line, with the key in a register where it is a
// number.
template <class Types, Direction kDirection, Side kSide, class ProbeT,
          class Function>
[[gnu::noinline]] bool NearestToKey(const Tree<Types>& tree, ProbeT key,
                                    Function& f) {
  return internal::Nearest<Types, kDirection>(tree, Start<ProbeT>{&key, kSide},
                                              f);
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_NEAREST_H_
