// SPDX-License-Identifier: Apache-2.0

// Counting entries without looking at them: segments whose keys are all wanted
// are counted by their words, and only those at the ends are searched.

#ifndef PMA_INTERNAL_READ_COUNT_H_
#define PMA_INTERNAL_READ_COUNT_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <optional>
#include <vector>

#include "pma/internal/read/scan.h"
#include "pma/internal/read/segment_walk.h"

namespace pma::inline PMA_VARIANT::internal {

// Goes over the segments from `start` on, as a scan does. Those of which all is
// wanted, as far as not end(fence) holds for their upper fence, are counted, as
// long as there are no more than most(counted) entries in them. The others are
// read: read(cells, counted, last) says how many of their cells count; `last`
// says that end(fence) holds for the fence behind them, which is where it ends.
// Returns how many have been counted.
template <class Types, class ProbeT, class End, class Most, class Read>
size_t CountSegments(const Tree<Types>& tree, const Start<ProbeT>& start,
                     const End& end, const Most& most, const Read& read) {
  using Key = typename Types::Key;
  using CursorProbe = typename Types::Order::template ProbeFor<Key>;
  Guard<typename Types::Platform> guard;
  SegmentMemory<Types> memory;
  CellBuffer<Types> cells(CellRoom<Types>::Of(memory));
  size_t counted = 0;
  std::optional<Key> cursor;
  std::optional<CursorProbe> cursor_probe;
  for (;;) {
    SegmentWalk<Types> walk(tree, guard, Direction::kForward);
    for (size_t segments = Types::Tuning::kSegmentsPerPin;;) {
      counted += walk.CountOn(most(counted), end, segments);
      if (segments == 0) break;
      --segments;
      cells.Clear();
      const bool more = cursor_probe.has_value()
                            ? walk.Next(Start{&*cursor_probe}, {}, cells)
                            : walk.Next(start, {}, cells);
      if (!more) return counted;
      const bool last = !walk.finite() || end(walk.fence_bits());
      counted += read(cells, counted, last);
      if (last || end(walk.fence_bits())) return counted;
      if (segments == 0) break;
    }
    cursor_probe.reset();
    cursor.emplace(walk.fence_key());
    cursor_probe.emplace(*cursor);
    guard.Refresh();
  }
}

// How many entries there are from `lo` on that are before `hi`.
template <class Types, class LoT, class HiT>
size_t CountBetween(const Tree<Types>& tree, const LoT& lo, const HiT& hi) {
  using KeyCodec = typename Types::KeyCodec;
  using SeparatorCodec = typename Types::SeparatorCodec;
  const auto& order = tree.order();
  return internal::CountSegments<Types>(
      tree, Start{&lo},
      [&](const typename Types::SeparatorBits& fence) {
        return !order.template Before<SeparatorCodec>(fence, hi);
      },
      [](size_t) { return kNoLimit; },
      [&](const auto& cells, size_t, bool last) {
        return !last ? cells.size()
                     : internal::PartitionPoint(cells.size(), [&](size_t i) {
                         return order.template Before<KeyCodec>(cells.keys()[i],
                                                                hi);
                       });
      });
}

// The keys of rank N/n, 2N/n, ... of N entries: n - 1 of them, ascending, fewer
// if there are not so many entries.
template <class Types>
std::vector<typename Types::Key> SplitKeys(const Tree<Types>& tree, size_t n) {
  using Key = typename Types::Key;
  using Probe = typename Types::Order::template ProbeFor<Key>;
  std::vector<Key> keys;
  const size_t entries = tree.EntryCount();
  const size_t parts = std::min(n, entries);
  if (parts <= 1) return keys;
  keys.reserve(parts - 1);
  // Of the next key.
  const auto rank = [&] {
    const size_t part = keys.size() + 1;
    return entries / parts * part + entries % parts * part / parts;
  };
  internal::CountSegments<Types>(
      tree, Start<Probe>(),
      [&](const auto&) { return keys.size() + 1 == parts; },
      [&](size_t counted) { return rank() - counted; },
      [&](const auto& cells, size_t counted, bool) {
        while (keys.size() + 1 < parts && rank() < counted + cells.size()) {
          keys.push_back(cells.key(rank() - counted));
        }
        return cells.size();
      });
  return keys;
}

// Segments of an extent by which its entries are estimated.
inline constexpr size_t kSegmentsSampled = 16;

// About how many entries an extent holds: exactly, if it has so few segments
// and nobody writes.
template <class Types>
size_t EstimateEntries(const Extent<Types>& extent) {
  const size_t active = extent.active();
  const size_t looks = std::min(active, kSegmentsSampled);
  size_t seen = 0;
  size_t entries = 0;
  for (size_t k = 0; k < looks; ++k) {
    const size_t middle = (2 * k + 1) * active / (2 * looks);
    const Word word = extent.segment(middle).LoadWord();
    // What moves is counted in the image only.
    if (word.marker() == Marker::kMove) continue;
    entries += word.count();
    ++seen;
  }
  return seen == 0 ? active * Types::kCells * 3 / 4 : entries * active / seen;
}

// About as many as CountBetween(): the extents of the two keys are counted,
// those in between estimated.
template <class Types, class LoT, class HiT>
size_t ApproximateCount(const Tree<Types>& tree, const LoT& lo, const HiT& hi) {
  using Key = typename Types::Key;
  using Probe = typename Types::Order::template ProbeFor<Key>;
  const Guard<typename Types::Platform> guard;
  for (;;) {
    const Place<Types> root(tree.LoadDirectory(guard), guard);
    if (root.directory == nullptr) return 0;
    const Directory<Types>& directory = *root.directory;
    const size_t first = directory.FindLast(
        internal::AtOrBefore<Types>(tree.order(), root.root, lo));
    const size_t last = directory.FindLast(
        internal::AtOrBefore<Types>(tree.order(), root.root, hi));
    // Else fences may have been too young to be looked at.
    if (!root.root.Holds()) continue;
    if (last <= first + 1) return internal::CountBetween(tree, lo, hi);
    // Fences belong to their extents, which the guard holds.
    decltype(auto) from =
        Types::SeparatorCodec::View(directory.extent(last)->lower().bits);
    decltype(auto) to =
        Types::SeparatorCodec::View(directory.extent(first)->upper().bits);
    size_t entries = internal::CountBetween(tree, lo, Probe(to)) +
                     internal::CountBetween(tree, Probe(from), hi);
    for (size_t e = first + 1; e < last; ++e) {
      entries += internal::EstimateEntries(*directory.extent(e));
    }
    return entries;
  }
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_COUNT_H_
