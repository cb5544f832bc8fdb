// SPDX-License-Identifier: Apache-2.0

// Showing ranges in order.
//
// What lies in a few segments in a row is read in place (short_range.h), all
// else by a walk (segment_walk.h), whose copies of a few segments are shown to
// the callback at a time.

#ifndef PMA_INTERNAL_READ_SCAN_H_
#define PMA_INTERNAL_READ_SCAN_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <optional>

#include "pma/internal/read/columns.h"
#include "pma/internal/read/segment_walk.h"
#include "pma/internal/read/short_range.h"

namespace pma::inline PMA_VARIANT::internal {

// Whether a scan shows the cells of several segments together. Boxes are shown
// as soon as they are fetched, and cells that come in descending order cannot
// be lined up by copies of fixed length.
template <class Types, Direction kDirection>
inline constexpr bool kShowsTogether =
    kDirection == Direction::kForward && !RootEpoch<Types>::kHasBoxes;

// Shows all entries from `start` on in one direction, until `limit` have been
// shown or, in scans without a limit, `past(key)` holds for an entry or
// `exhausted(fence)` for the bound of what has been read, or the callback ends
// it. Returns how many were shown.
template <class Types, Direction kDirection, class ProbeT, class Past,
          class Exhausted, class Function>
[[gnu::noinline]] size_t ScanSegments(const Tree<Types>& tree,
                                      const Start<ProbeT>& start, size_t limit,
                                      Past past, Exhausted exhausted,
                                      Function& f) {
  using Key = typename Types::Key;
  using CursorProbe = typename Types::Order::template ProbeFor<Key>;
  using Walk = SegmentWalk<Types>;
  Guard<typename Types::Platform> guard;
  SegmentMemory<Types> own;
  CellBuffer<Types> cells(kShowsTogether<Types, kDirection>
                              ? internal::RoomToShow<Types>(guard, own)
                              : CellRoom<Types>::Of(own));
  size_t shown = 0;
  std::optional<Key> cursor;
  std::optional<CursorProbe> cursor_probe;
  for (;;) {
    Walk walk(tree, guard, kDirection);
    for (size_t segments = 0; segments < Types::Tuning::kSegmentsPerPin;) {
      // Without a limit, as much again as has been shown.
      const size_t expected =
          limit == kNoLimit ? std::max<size_t>(shown, 1) : limit - shown;
      cells.Clear();
      const typename Walk::Wish wish{limit - shown, expected};
      size_t read = walk.placed() ? walk.template ReadOn<kDirection>(
                                        wish, cells, exhausted)
                                  : 0;
      if (read == 0) {
        const bool more = cursor_probe.has_value()
                              ? walk.Next(Start{&*cursor_probe}, wish, cells)
                              : walk.Next(start, wish, cells);
        if (!more) return shown;
        read = 1;
        if (walk.placed())
          read += walk.template ReadOn<kDirection>(wish, cells, exhausted);
      }
      segments += read;
      const bool last = !walk.finite() || exhausted(walk.fence_bits());
      // Mostly the bound of what has been read tells that all of it is wanted.
      const size_t wanted =
          !last ? cells.size()
                : internal::PartitionPoint(cells.size(), [&](size_t i) {
                    return !past(
                        cells.keys()[internal::At<kDirection>(cells, i)]);
                  });
      bool stopped = false;
      shown += internal::Show<Types, kDirection>(cells, wanted, f, stopped);
      assert(shown <= limit);
      if (stopped || last || shown == limit) return shown;
    }
    cursor_probe.reset();
    cursor.emplace(walk.fence_key());
    cursor_probe.emplace(*cursor);
    guard.Refresh();
  }
}

// Shows the entries from `lo` on that are before `hi`, by a walk.
template <class Types, Direction kDirection, class LoT, class HiT,
          class Function>
[[gnu::noinline]] size_t ScanSegmentsBetween(const Tree<Types>& tree,
                                             const LoT& lo, const HiT& hi,
                                             Function& f) {
  using KeyCodec = typename Types::KeyCodec;
  using SeparatorCodec = typename Types::SeparatorCodec;
  const auto& order = tree.order();
  if constexpr (kDirection == Direction::kForward) {
    return internal::ScanSegments<Types, kDirection>(
        tree, Start{&lo}, kNoLimit,
        [&](const typename Types::KeyBits& key) {
          return !order.template Before<KeyCodec>(key, hi);
        },
        [&](const typename Types::SeparatorBits& fence) {
          return !order.template Before<SeparatorCodec>(fence, hi);
        },
        f);
  } else {
    return internal::ScanSegments<Types, kDirection>(
        tree, Start{&hi}, kNoLimit,
        [&](const typename Types::KeyBits& key) {
          return order.template Before<KeyCodec>(key, lo);
        },
        [&](const typename Types::SeparatorBits& fence) {
          return !order.template After<SeparatorCodec>(fence, lo);
        },
        f);
  }
}

// Holds for no key.
struct Never {
  bool operator()(const auto&) const { return false; }
};

// The most entries that are read in place from a key on. Going backward they
// must lie in one segment.
template <class Types, Direction kDirection>
inline constexpr size_t kMostInPlace =
    kDirection == Direction::kForward ? kMostNearest<Types> : Types::kCells / 2;

// Shows the first `limit` entries from one side of a key on, until the callback
// ends it. Returns how many were shown. Out of line, with the key in a register
// where it is a number. Most scans end in the few segments looked at first.
template <class Types, Direction kDirection, Side kSide, class ProbeT,
          class Function>
[[gnu::noinline]] size_t ScanMany(const Tree<Types>& tree, ProbeT from,
                                  size_t limit, Function& f) {
  if constexpr (kNeverTorn<typename Types::KeyCodec>) {
    if (limit <= kMostInPlace<Types, kDirection>) {
      const size_t shown = internal::QuickShow<Types, kDirection, kDirection>(
          tree, Start<ProbeT>{&from, kSide}, FirstEntries<Types>{limit}, f);
      if (shown != kDeclined) return shown;
    }
  }
  return internal::WithCopy(Start<ProbeT>{&from, kSide}, [&](const auto& copy) {
    return internal::ScanSegments<Types, kDirection>(tree, copy, limit, Never(),
                                                     Never(), f);
  });
}

// Where code is not optimised, what is inlined takes much of the stack.
#if defined(__OPTIMIZE__)
constexpr bool kOptimised = true;
#else
constexpr bool kOptimised = false;
#endif

// Scans one to kFewCells entries, which nearly always lie in one segment.
template <class Types, Direction kDirection, Side kSide, class ProbeT,
          class Function>
[[gnu::noinline]] size_t ScanFew(const Tree<Types>& tree, ProbeT from,
                                 size_t limit, Function& f) {
  const size_t shown = internal::QuickShowFew<Types, kDirection>(
      tree, Start<ProbeT>{&from, kSide}, limit, f);
  if (shown == kDeclined) [[unlikely]] {
    return internal::ScanMany<Types, kDirection, kSide>(tree, from, limit, f);
  }
  return shown;
}

// Scans any number of entries from one side of a key on.
template <class Types, Direction kDirection, Side kSide, class ProbeT,
          class Function>
PMA_ALWAYS_INLINE inline size_t ScanFirst(const Tree<Types>& tree,
                                          const ProbeT& from, size_t limit,
                                          Function& f) {
  if (limit == 0) return 0;
  return internal::WithWideProbe<Types>(
      from, [&](const auto& sought) PMA_ALWAYS_INLINE_LAMBDA {
        if constexpr (kNeverTorn<typename Types::KeyCodec> && kOptimised) {
          if (limit <= kFewCells)
            return internal::ScanFew<Types, kDirection, kSide>(tree, sought,
                                                               limit, f);
        }
        return internal::ScanMany<Types, kDirection, kSide>(tree, sought, limit,
                                                            f);
      });
}

// Shows all entries, until the callback ends it. Returns how many were shown.
template <class Types, class Function>
size_t ScanAll(const Tree<Types>& tree, Function& f) {
  using Probe = typename Types::Order::template ProbeFor<typename Types::Key>;
  return internal::ScanSegments<Types, Direction::kForward>(
      tree, Start<Probe>(), kNoLimit, Never(), Never(), f);
}

// Shows the entries from `lo` on that are before `hi`, until the callback ends
// it. Returns how many were shown. Out of line, as above.
template <class Types, Direction kDirection, class LoT, class HiT,
          class Function>
[[gnu::noinline]] size_t ScanBetween(const Tree<Types>& tree, LoT lo, HiT hi,
                                     Function& f) {
  if constexpr (kNeverTorn<typename Types::KeyCodec>) {
    if (!internal::IsFiller<Types>(hi)) {
      const size_t shown =
          internal::QuickShow<Types, Direction::kForward, kDirection>(
              tree, Start{&lo}, EntriesBefore<Types, HiT>{&tree.order(), &hi},
              f);
      if (shown != kDeclined) return shown;
    }
  }
  // Copies, so that the keys need not be in memory until then.
  return internal::ScanSegmentsBetween<Types, kDirection>(tree, LoT(lo),
                                                          HiT(hi), f);
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_SCAN_H_
