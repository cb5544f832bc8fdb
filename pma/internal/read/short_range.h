// Reading the few entries next to a position, or between two: nearly always
// they lie in one segment or a few in a row, in which they are read in place,
// as a look-up does. All of them are read at one instant.

#ifndef PMA_INTERNAL_READ_SHORT_RANGE_H_
#define PMA_INTERNAL_READ_SHORT_RANGE_H_

#include <algorithm>
#include <array>
#include <cstddef>

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
template <class Types, class Predicate, class Wanted, class Cells>
[[gnu::noinline]] bool ReadAcross(const Extent<Types>& extent, size_t i,
                                  Word word, const Predicate& leads,
                                  size_t rank, Wanted wanted, Cells& cells) {
  std::array<uint64_t, kMostShown> words;
  words[0] = word.bits();
  Few few{word.count() - rank, false};
  cells.Clear();
  cells.Copy(extent.segment(i), rank);
  cells.Keep(few.count);
  size_t read = 1;
  while (!few.all) {
    if (read == cells.segments() || i + read >= extent.capacity()) return false;
    const Segment<Types>& next = extent.segment(i + read);
    const Word next_word = next.LoadWord();  // SYNC-5, SYNC-6
    const size_t active = extent.active();
    if (!next_word.quiet() || i + read >= active) return false;
    // The start may lie beyond the fence, unless an entry after it does not.
    if (cells.size() == 0 && leads(extent.UpperOf(i + read - 1, active).bits)) {
      return false;
    }
    wanted = wanted.Behind(few.count);
    few = wanted.Of(extent, i + read, 0, next_word.count());
    cells.Copy(next, 0);
    cells.Keep(few.count);
    words[read++] = next_word.bits();
  }
  Types::Platform::FenceAcquire();  // SYNC-7
  bool same = true;
  for (size_t k = 0; k < read; ++k) {
    same &= words[k] == extent.segment(i + k).word.LoadRelaxed();
  }
  return same;
}

// Reads what is wanted next to `start` in one direction if it lies in the first
// segment looked at (going forward, or the few that follow), which is stable
// and stays so: nearly always if it is little. False if it takes more, or there
// are not so many entries.
template <class Types, Direction kDirection, class ProbeT, class Wanted,
          class Cells>
[[gnu::always_inline]] inline bool ReadNearest(const Tree<Types>& tree,
                                               Directory<Types>* directory,
                                               const Start<ProbeT>& start,
                                               const Wanted& wanted,
                                               Cells& cells) {
  constexpr bool kForward = kDirection == Direction::kForward;
  Place<Types> place;
  const auto& order = tree.order();
  const auto leads = internal::LeadsTo<Types>(kDirection, order, start);
  if (start.probe == nullptr) {
    if (!internal::Descend(directory, leads, place)) return false;
  } else if (internal::WantsOwner(kDirection, start)) {
    const auto fast = internal::FastLeads<false, Types>(order, *start.probe);
    if (!internal::Descend(directory, fast, place)) return false;
  } else {
    const auto fast = internal::FastLeads<true, Types>(order, *start.probe);
    if (!internal::Descend(directory, fast, place)) return false;
  }
  const Extent<Types>& extent = *place.extent;
  const size_t i = place.segment;
  if (!wanted.Fetch(extent, i, cells.segments())) return false;
  const Segment<Types>& segment = extent.segment(i);
  // What fits into one extent is in a cache already.
  if (directory->count() > 1) segment.PrefetchAll();
  const Word word = segment.LoadWord();  // SYNC-5, SYNC-6
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
      return internal::ReadAcross(extent, i, word, leads, rank, wanted,
                                  cells) &&
             place.root.Holds();
    }
    return false;
  }
  const size_t n = wanted.CountOf(few);
  cells.Load(segment, kForward ? begin : end - n, n);
  Types::Platform::FenceAcquire();  // SYNC-7
  const Word now(segment.word.LoadRelaxed());
  const bool same = n == 1 ? Word::SameCells(word.bits(), now.bits())
                           : word.bits() == now.bits();
  return same && place.root.Holds();
}

// In place of a count: it takes more than to read few cells.
inline constexpr size_t kNotFew = ~size_t{0};

// The same out of line: what it needs of the stack is gone when the callback is
// called, and its code is not there once for each callback.
template <class Types, Direction kDirection, class ProbeT, class Wanted,
          class Cells>
[[gnu::noinline]] bool ReadApart(const Tree<Types>& tree,
                                 Directory<Types>* directory,
                                 const Start<ProbeT>& start,
                                 const Wanted& wanted, Cells& cells) {
  return internal::ReadNearest<Types, kDirection>(tree, directory, start,
                                                  wanted, cells);
}

// Shows cells that have been read. Returns how many f was called for.
template <class Types, Direction kDirection, class Cells, class Function>
[[gnu::always_inline]] inline size_t ShowAll(const Cells& cells, Function& f) {
  cells.FetchBoxes(0);
  bool stopped = false;
  return internal::Show<Types, kDirection>(cells, cells.size(), f, stopped);
}

// Shows what is wanted next to `start` to f, if ReadNearest<kReads> finds it,
// in the order of `kShows`. Returns how many f was called for, or kNotFew.
// Under a guard of its own, ...
template <class Types, Direction kReads, Direction kShows, class ProbeT,
          class Wanted, class Function>
[[gnu::noinline]] size_t ShowNearestGuarded(const Tree<Types>& tree,
                                            const Start<ProbeT>& start,
                                            const Wanted& wanted, Function& f) {
  const Guard<typename Types::Platform> guard;
  SegmentMemory<Types> own;
  CellBuffer<Types> cells(internal::RoomToShow<Types>(guard, own));
  if (!internal::ReadApart<Types, kReads>(tree, tree.LoadDirectory(guard),
                                          start, wanted, cells)) {
    return kNotFew;
  }
  return internal::ShowAll<Types, kShows>(cells, f);
}

// ... as it nearly always goes, ...
template <class Types, Direction kReads, Direction kShows, class ProbeT,
          class Wanted, class Function>
size_t ShowNearest(const Tree<Types>& tree, const Start<ProbeT>& start,
                   const Wanted& wanted, Function& f) {
  if (internal::IsFiller<Types>(start)) return kNotFew;
  {
    const OutermostGuard<typename Types::Platform> guard;
    Directory<Types>* directory;
    if (guard.holds() && tree.LoadDirectory(guard, directory)) [[likely]] {
      CellBuffer<Types> cells(
          internal::RoomInRecord<Types>(guard.record(), /*depth=*/1));
      if (!internal::ReadApart<Types, kReads>(tree, directory, start, wanted,
                                              cells)) {
        return kNotFew;
      }
      return internal::ShowAll<Types, kShows>(cells, f);
    }
  }
  return internal::WithCopy(start, [&](const auto& copy) {
    return internal::ShowNearestGuarded<Types, kReads, kShows>(tree, copy,
                                                               wanted, f);
  });
}

// ... and for at most kFewCells entries, of one segment. Calls nothing out of
// line, so that its caller need not save registers.
template <class Types, Direction kDirection, class ProbeT, class Function>
[[gnu::always_inline]] inline size_t ShowFew(const Tree<Types>& tree,
                                             const Start<ProbeT>& start,
                                             size_t wanted, Function& f) {
  if (internal::IsFiller<Types>(start)) return kNotFew;
  const OutermostGuard<typename Types::Platform> guard;
  Directory<Types>* directory;
  if (!guard.holds() || !tree.LoadDirectory(guard, directory)) [[unlikely]] {
    return kNotFew;
  }
  FewCells<Types> cells;
  if (!internal::ReadNearest<Types, kDirection>(
          tree, directory, start, FirstEntries<Types>{wanted}, cells)) {
    return kNotFew;
  }
  return internal::ShowAll<Types, kDirection>(cells, f);
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_SHORT_RANGE_H_
