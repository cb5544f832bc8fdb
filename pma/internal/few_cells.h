// Reading the few entries next to a position: nearly always they lie in one
// segment or two, in which they are read in place, as a look-up does.

#ifndef PMA_INTERNAL_FEW_CELLS_H_
#define PMA_INTERNAL_FEW_CELLS_H_

#include <algorithm>
#include <array>
#include <cstddef>

#include "pma/internal/cell_copies.h"
#include "pma/internal/start.h"

namespace pma::internal {

// So many entries are read like that, if they can be: to set up a walk costs as
// much as to read them.
template <class Types>
inline constexpr size_t kMostNearest =
    std::max(kFewCells, (Types::kCells + 1) / 2);

// Copies of at most that many cells side by side, in key order.
template <class Types>
class FewCells {
  static constexpr size_t kMost = kMostNearest<Types>;

 public:
  // Copies `count` cells of a segment, the first ones. Of few it copies as many
  // as can be few, wanted or not: a copy of fixed length takes no branches.
  void Load(const Segment<Types>& segment, size_t begin, size_t count) {
    if (count > kFewCells) {
      Append(segment, begin, count);
    } else {
      const size_t from = std::min(begin, Types::kCells - kFewCells);
      segment.keys.CopyTo(keys_.data(), from, from + kFewCells);
      segment.values.CopyTo(values_.data(), from, from + kFewCells);
      begin_ = begin - from;
      size_ = count;
    }
  }
  // Copies `count` cells behind those that Append() has copied before.
  void Append(const Segment<Types>& segment, size_t begin, size_t count) {
    segment.keys.CopyTo(keys_.data() + size_, begin, begin + count);
    segment.values.CopyTo(values_.data() + size_, begin, begin + count);
    size_ += count;
  }
  size_t size() const { return size_; }
  const typename Types::KeyBits* keys() const { return &keys_[begin_]; }
  const typename Types::ValueBits* values() const { return &values_[begin_]; }

 private:
  size_t begin_ = 0;
  size_t size_ = 0;
  std::array<typename Types::KeyBits, kMost> keys_;
  std::array<typename Types::ValueBits, kMost> values_;
};

// Reads the `wanted` entries after a start that lies before cell `rank` of the
// i-th segment, which has fewer, there and in the next one. Both words vouch at
// one instant, when both have been read and neither looked at again.
template <class Types, class Predicate>
[[gnu::noinline]] bool ReadAcross(const Extent<Types>& extent, size_t i,
                                  Word word, const Predicate& leads,
                                  size_t rank, size_t wanted,
                                  FewCells<Types>& cells) {
  if (i + 1 >= extent.capacity()) return false;
  const Segment<Types>& segment = extent.segment(i);
  const Segment<Types>& next = extent.segment(i + 1);
  const Word next_word = next.LoadWord();  // SYNC-5, SYNC-6
  const size_t active = extent.active();
  if (!next_word.quiet() || i + 1 >= active) return false;
  const size_t here = word.count() - rank;
  if (next_word.count() < wanted - here) return false;
  // The start may lie beyond the fence, unless an entry after it does not.
  if (here == 0 && leads(extent.UpperOf(i, active).bits)) return false;
  cells.Append(segment, rank, here);
  cells.Append(next, 0, wanted - here);
  Types::Platform::FenceAcquire();  // SYNC-7
  return word.bits() == segment.word.LoadRelaxed() &&
         next_word.bits() == next.word.LoadRelaxed();
}

// Reads the `wanted` entries nearest to `start` in one direction if they lie in
// the first segment looked at (going forward, or the next), which is stable and
// stays so: nearly always if they are few. False if it takes more, or there are
// not so many.
template <class Types, Direction kDirection, class Predicate, class ProbeT>
[[gnu::always_inline]] inline bool ReadNearest(const Tree<Types>& tree,
                                               Directory<Types>* directory,
                                               const Predicate& leads,
                                               const Start<ProbeT>& start,
                                               size_t wanted,
                                               FewCells<Types>& cells) {
  constexpr bool kForward = kDirection == Direction::kForward;
  Place<Types> place;
  if (!Descend(directory, leads, place)) return false;
  const Extent<Types>& extent = *place.extent;
  const size_t i = place.segment;
  const Segment<Types>& segment = extent.segment(i);
  segment.PrefetchAll();
  const Word word = segment.LoadWord();  // SYNC-5, SYNC-6
  if (!word.quiet()) return false;

  const size_t count = word.count();
  size_t rank = kForward ? 0 : count;  // the first entry after the start
  if (start.probe != nullptr) {
    rank = RankOfStart(segment, count, tree.order(), start);
  }
  const size_t there = kForward ? count - rank : rank;  // in this segment
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
  if (there < wanted) [[unlikely]] {
    if constexpr (kForward) {
      return ReadAcross(extent, i, word, leads, rank, wanted, cells) &&
             place.root.Holds();
    }
    return false;
  }
  cells.Load(segment, kForward ? rank : rank - wanted, wanted);
  Types::Platform::FenceAcquire();  // SYNC-7
  const Word now(segment.word.LoadRelaxed());
  const bool same = wanted == 1 ? Word::SameCells(word.bits(), now.bits())
                                : word.bits() == now.bits();
  return same && place.root.Holds();
}

// Shows the `wanted` entries nearest to `start` to f, if ReadNearest finds
// them. Returns how many f was called for: none if it takes more than that.
template <class Types, Direction kDirection, class ProbeT, class F>
[[gnu::always_inline]] inline size_t ShowNearestIn(Directory<Types>* directory,
                                                   const Tree<Types>& tree,
                                                   const Start<ProbeT>& start,
                                                   size_t wanted, F& f) {
  FewCells<Types> cells;
  const auto read = [&](const auto& leads) __attribute__((always_inline)) {
    return ReadNearest<Types, kDirection>(tree, directory, leads, start, wanted,
                                          cells);
  };
  if (!WithLeads<Types, kDirection>(tree.order(), start, read)) return 0;
  bool stopped = false;
  return Show<Types, kDirection>(cells, wanted, f, stopped);
}

// The same under a guard of its own, ...
template <class Types, Direction kDirection, class ProbeT, class F>
[[gnu::noinline]] size_t ShowNearestGuarded(const Tree<Types>& tree,
                                            const Start<ProbeT>& start,
                                            size_t wanted, F& f) {
  const Guard<typename Types::Platform> guard;
  return ShowNearestIn<Types, kDirection>(tree.LoadDirectory(guard), tree,
                                          start, wanted, f);
}

// ... and as it nearly always goes.
template <class Types, Direction kDirection, class ProbeT, class F>
[[gnu::always_inline]] inline size_t ShowNearest(const Tree<Types>& tree,
                                                 const Start<ProbeT>& start,
                                                 size_t wanted, F& f) {
  if (IsFiller<Types>(start)) return 0;
  {
    const OutermostGuard<typename Types::Platform> guard;
    Directory<Types>* directory;
    if (guard.holds() && tree.LoadDirectory(guard, directory)) [[likely]] {
      return ShowNearestIn<Types, kDirection>(directory, tree, start, wanted,
                                              f);
    }
  }
  return WithCopy(start, [&](const Start<ProbeT>& copy) {
    return ShowNearestGuarded<Types, kDirection>(tree, copy, wanted, f);
  });
}

}  // namespace pma::internal

#endif  // PMA_INTERNAL_FEW_CELLS_H_
