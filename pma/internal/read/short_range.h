// SPDX-License-Identifier: Apache-2.0

// Reading the few entries next to a position, or between two: nearly always
// they lie in one segment or a few in a row, in which they are read in place,
// as a look-up does. All of them are read at one instant.

#ifndef PMA_INTERNAL_READ_SHORT_RANGE_H_
#define PMA_INTERNAL_READ_SHORT_RANGE_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <optional>

#include "pma/internal/read/cell_buffer.h"
#include "pma/internal/read/position.h"

namespace pma::inline PMA_VARIANT::internal {

// So many entries are read like that, if it is known how many are wanted: to
// set up a walk costs as much.
template <class Types>
inline constexpr size_t kMostNearest = 2 * Types::kCells;

// How much of a segment is wanted.
struct Few {
  size_t count;  // cells, those next to the start
  bool all;      // nothing behind them is
};

// What is wanted of a short range, in terms of segments.
template <class Type, class Types>
concept IsWanted = requires(const Type& wanted, const Extent<Types>& extent,
                            size_t i, const Few& few) {
  { wanted.Fetch(extent, i, i) } -> std::same_as<bool>;
  { wanted.Of(extent, i, i, i) } -> std::same_as<Few>;
  { wanted.CountOf(few) } -> std::same_as<size_t>;
  { wanted.Behind(i) } -> std::same_as<Type>;
};

// What is wanted: the first entries in one direction.
template <class Types>
struct FirstEntries {
  size_t wanted;

  // A descent has led to the i-th segment. Fetches those that will be read
  // after it. False if there is no room for so many segments.
  bool Fetch(const Extent<Types>& extent, size_t i, size_t) const {
    constexpr size_t kSurelyInNext = Types::kCells * 3 / 4;
    for (size_t left = wanted; left > kSurelyInNext; left -= kSurelyInNext) {
      if (++i < extent.capacity()) extent.segment(i).PrefetchAll();
    }
    return true;
  }
  // Of cells [begin, end) of the i-th segment, an end of which is the start. To
  // be validated.
  Few Of(const Extent<Types>&, size_t, size_t begin, size_t end) const {
    return {std::min(end - begin, wanted), end - begin >= wanted};
  }
  // The count if it is all. It does not depend on what memory says, so that the
  // processor need not wait for that.
  size_t CountOf(const Few&) const { return wanted; }
  // What is wanted behind `read` entries.
  FirstEntries Behind(size_t read) const { return {wanted - read}; }
};

// What is wanted: the entries before a key, going forward; not for the filler.
template <class Types, class ProbeT>
struct EntriesBefore {
  const typename Types::Order* order;
  const ProbeT* probe;

  // Fetches nothing: the separators that tell how far they go would have to be
  // looked at first, which costs as much as it gains.
  bool Fetch(const Extent<Types>& extent, size_t i, size_t segments) const {
    return EndWithin(extent, i + segments - 1, extent.active());
  }
  Few Of(const Extent<Types>& extent, size_t i, size_t begin,
         size_t end) const {
    const size_t bound = std::min(
        internal::LowerBoundInPlace(extent.segment(i), end, *order, *probe),
        end);
    const size_t active = extent.active();
    return {std::max(bound, begin) - begin,
            bound < end || (i < active && EndWithin(extent, i, active))};
  }
  size_t CountOf(const Few& few) const { return few.count; }
  EntriesBefore Behind(size_t) const { return *this; }

 private:
  // Whether no entry behind the i-th segment is wanted.
  bool EndWithin(const Extent<Types>& extent, size_t i, size_t active) const {
    const Fence<Types> upper = extent.UpperOf(i, active);
    return !upper.finite ||
           !order->template Before<typename Types::SeparatorCodec>(upper.bits,
                                                                   *probe);
  }
};

// Reads what is wanted after a start that lies before cell `rank` of the i-th
// segment, there and in those that follow. All words vouch at one instant, when
// all have been read and none looked at again.
template <class Types, class Predicate, IsWanted<Types> Wanted, class Cells>
[[gnu::noinline]] bool ReadAcross(const Extent<Types>& extent, size_t i,
                                  RootEpoch<Types> root,
                                  const SegmentRead<Types>& first,
                                  const Predicate& leads, size_t rank,
                                  Wanted wanted, Cells& cells) {
  std::array<SegmentRead<Types>, Types::Tuning::kSegmentsShown> reads;
  reads[0] = first;
  Few few{first.word().count() - rank, false};
  cells.Clear();
  cells.Copy(first.segment(), rank);
  cells.Keep(few.count);
  size_t read = 1;
  while (!few.all) {
    if (read == cells.segments() || i + read >= extent.capacity()) return false;
    assert(read < reads.size());
    const size_t at = i + read;
    const Segment<Types>& next = extent.segment(at);
    reads[read] = SegmentRead(next, root);
    const Word next_word = reads[read++].word();
    const size_t active = extent.active();
    if (!next_word.quiet() || at >= active) return false;
    // The start may lie beyond the fence, unless an entry after it does not.
    if (cells.size() == 0 && leads(extent.UpperOf(at - 1, active).bits)) {
      return false;
    }
    wanted = wanted.Behind(few.count);
    few = wanted.Of(extent, at, 0, next_word.count());
    cells.Copy(next, 0);
    cells.Keep(few.count);
  }
  return SegmentRead<Types>::AllUnchanged({reads.data(), read});
}

// Reads what is wanted next to `start` in one direction, from the directory of
// `place`. Declines if it does not lie in the first segment looked at (going
// forward, or the few that follow), if a writer is at work there, or if there
// are not so many entries. Not for the filler.
template <class Types, Direction kDirection, class ProbeT,
          IsWanted<Types> Wanted, class Cells>
PMA_ALWAYS_INLINE inline bool QuickRead(const Tree<Types>& tree,
                                        Place<Types> place,
                                        const Start<ProbeT>& start,
                                        const Wanted& wanted, Cells& cells) {
  constexpr bool kForward = kDirection == Direction::kForward;
  const auto& order = tree.order();
  const auto leads =
      internal::LeadsTo<Types>(kDirection, order, place.root, start);
  if (start.probe == nullptr) {
    if (!internal::Descend(leads, place)) return false;
  } else if (internal::WantsOwner(kDirection, start)) {
    if (!internal::Descend(
            internal::QuickLeads<false, Types>(order, place.root, *start.probe),
            place))
      return false;
  } else {
    if (!internal::Descend(
            internal::QuickLeads<true, Types>(order, place.root, *start.probe),
            place))
      return false;
  }
  const Extent<Types>& extent = *place.extent;
  const size_t i = place.segment;
  if (!wanted.Fetch(extent, i, cells.segments())) return false;
  const Segment<Types>& segment = extent.segment(i);
  // What fits into one extent is in a cache already.
  if (place.directory->count() > 1) segment.PrefetchAll();
  const SegmentRead<Types> read(segment, place.root);
  const Word word = read.word();
  if (!word.quiet()) return false;

  const size_t count = word.count();
  size_t rank = kForward ? 0 : count;  // the first entry after the start
  if (start.probe != nullptr) {
    rank = internal::RankOfStart(segment, count, tree.order(), start);
  }
  const size_t begin = kForward ? rank : 0;
  const size_t end = kForward ? count : rank;
  if (rank == (kForward ? 0 : count)) {
    // No entry beyond the fence may be nearer.
    const size_t active = extent.active();
    if (i >= active) return false;
    const Fence<Types> fence =
        kForward ? extent.LowerOf(i) : extent.UpperOf(i, active);
    if (fence.finite &&
        (start.probe == nullptr || leads(fence.bits) != kForward)) {
      return false;
    }
  }
  const Few few = wanted.Of(extent, i, begin, end);
  if (!few.all) [[unlikely]] {
    if constexpr (kForward && Cells::kAcross) {
      return internal::ReadAcross(extent, i, place.root, read, leads, rank,
                                  wanted, cells);
    }
    return false;
  }
  const size_t n = wanted.CountOf(few);
  assert(n <= end - begin);
  cells.Load(segment, kForward ? begin : end - n, n);
  return n == 1 ? read.SameCells() : read.Unchanged();
}

// In place of a count: the short way has declined.
inline constexpr size_t kDeclined = ~size_t{0};

// QuickRead() out of line: what it needs of the stack is gone when the callback
// is called, and its code is not there once for each callback.
template <class Types, Direction kDirection, class ProbeT,
          IsWanted<Types> Wanted, class Cells>
[[gnu::noinline]] bool QuickReadApart(const Tree<Types>& tree,
                                      const Place<Types>& place,
                                      const Start<ProbeT>& start,
                                      const Wanted& wanted, Cells& cells) {
  return internal::QuickRead<Types, kDirection>(tree, place, start, wanted,
                                                cells);
}

// Shows cells that have been read. Returns how many f was called for.
template <class Types, Direction kDirection, class Cells, class Function>
PMA_ALWAYS_INLINE inline size_t ShowAll(const Cells& cells, Function& f) {
  cells.FetchBoxes(0);
  bool stopped = false;
  return internal::Show<Types, kDirection>(cells, cells.size(), f, stopped);
}

// QuickShow() under a guard of its own.
template <class Types, Direction kReads, Direction kShows, class ProbeT,
          IsWanted<Types> Wanted, class Function>
[[gnu::noinline]] size_t QuickShowGuarded(const Tree<Types>& tree,
                                          const Start<ProbeT>& start,
                                          const Wanted& wanted, Function& f) {
  if (internal::IsFiller<Types>(start)) return kDeclined;
  const Guard<typename Types::Platform> guard;
  SegmentMemory<Types> own;
  CellBuffer<Types> cells(internal::RoomToShow<Types>(guard, own));
  const Place<Types> place(tree.LoadDirectory(guard), guard);
  if (!internal::QuickReadApart<Types, kReads>(tree, place, start, wanted,
                                               cells)) {
    return kDeclined;
  }
  return internal::ShowAll<Types, kShows>(cells, f);
}

// QuickShow() under a quick guard; nullopt if there is none. A function of its
// own: where nothing is inlined its frame is gone before the one above comes.
template <class Types, Direction kReads, Direction kShows, class ProbeT,
          IsWanted<Types> Wanted, class Function>
std::optional<size_t> ShowUnderQuickGuard(const Tree<Types>& tree,
                                          const Start<ProbeT>& start,
                                          const Wanted& wanted, Function& f) {
  size_t shown = kDeclined;
  if (!internal::TryQuick(
          tree, start.probe,
          [&](const auto& guard, const Place<Types>& place)
              PMA_ALWAYS_INLINE_LAMBDA {
                CellBuffer<Types> cells(
                    internal::RoomInRecord<Types>(guard.record(), /*depth=*/1));
                if (internal::QuickReadApart<Types, kReads>(tree, place, start,
                                                            wanted, cells)) {
                  shown = internal::ShowAll<Types, kShows>(cells, f);
                }
                return true;
              })) [[unlikely]] {
    return std::nullopt;
  }
  return shown;
}

// Shows what is wanted next to `start` to f, read in the direction kReads, in
// the order of kShows. Returns how many f was called for, or kDeclined as
// QuickRead() does.
template <class Types, Direction kReads, Direction kShows, class ProbeT,
          IsWanted<Types> Wanted, class Function>
size_t QuickShow(const Tree<Types>& tree, const Start<ProbeT>& start,
                 const Wanted& wanted, Function& f) {
  if (const auto shown = internal::ShowUnderQuickGuard<Types, kReads, kShows>(
          tree, start, wanted, f)) [[likely]] {
    return *shown;
  }
  return internal::WithCopy(start, [&](const auto& copy) {
    return internal::QuickShowGuarded<Types, kReads, kShows>(tree, copy, wanted,
                                                             f);
  });
}

// QuickShow() of at most kFewCells entries of one segment, under a quick guard
// only. Calls nothing out of line, so that its caller need not save registers.
template <class Types, Direction kDirection, class ProbeT, class Function>
PMA_ALWAYS_INLINE inline size_t QuickShowFew(const Tree<Types>& tree,
                                             const Start<ProbeT>& start,
                                             size_t wanted, Function& f) {
  size_t shown = kDeclined;
  internal::TryQuick(
      tree, start.probe,
      [&](const auto&, const Place<Types>& place) PMA_ALWAYS_INLINE_LAMBDA {
        FewCells<Types> cells;
        if (!internal::QuickRead<Types, kDirection>(
                tree, place, start, FirstEntries<Types>{wanted}, cells)) {
          return false;
        }
        shown = internal::ShowAll<Types, kDirection>(cells, f);
        return true;
      });
  return shown;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_SHORT_RANGE_H_
