// SPDX-License-Identifier: Apache-2.0

// Where a walk over entries begins, and which way it goes.

#ifndef PMA_INTERNAL_READ_POSITION_H_
#define PMA_INTERNAL_READ_POSITION_H_

#include <algorithm>
#include <cstddef>

#include "pma/internal/read/locate.h"

namespace pma::inline PMA_VARIANT::internal {

// Which way a walk goes. Its cursor is a position between keys; a forward walk
// wants what follows it, a backward walk what precedes it. After each segment
// the cursor is the position just before the fence of what was read.
enum class Direction { kForward, kBackward };

// Where a walk begins: just before or just after a key, or (null) at the map's
// near end.
enum class Side { kBefore, kAfter };

template <class ProbeT>
struct Start {
  const ProbeT* probe = nullptr;
  Side side = Side::kBefore;
};

// Whether the segment that owns the start's key is the one wanted: it is not if
// the walk goes backward from just before the key.
template <class ProbeT>
bool WantsOwner(Direction direction, const Start<ProbeT>& start) {
  return direction == Direction::kForward || start.side == Side::kAfter;
}

// Calls fn with a copy of the start, for what is out of line: the start itself
// need not be in memory then.
template <class ProbeT, class Fn>
PMA_ALWAYS_INLINE inline auto WithCopy(const Start<ProbeT>& start, Fn fn) {
  using Copy = decltype(internal::AnyProbe(*start.probe));
  if (start.probe == nullptr) return fn(Start<Copy>{nullptr, start.side});
  const Copy probe = internal::AnyProbe(*start.probe);
  return fn(Start<Copy>{&probe, start.side});
}

// Whether it may not take the short ways.
template <class Types, class ProbeT>
bool IsFiller(const Start<ProbeT>& start) {
  return start.probe != nullptr && internal::IsFiller<Types>(*start.probe);
}

// Leads to the segment where a walk from `start` begins.
template <class Types, class ProbeT>
PMA_ALWAYS_INLINE inline Leads<Types, AnyProbeFor<ProbeT>> LeadsTo(
    Direction direction, const typename Types::Order& order,
    RootEpoch<Types> root, const Start<ProbeT>& start) {
  return {order, start.probe,
          start.probe == nullptr ? direction == Direction::kBackward
                                 : !internal::WantsOwner(direction, start),
          root};
}

// Descends there. Out of line; the short way to where most walks begin, if
// `quick`. Keys with heads may be misled on that for as long as a writer stands
// still: whoever finds so comes back by the complete way.
template <class Types, class ProbeT>
[[gnu::noinline]] bool DescendTo(Direction direction, const Tree<Types>& tree,
                                 const Guard<typename Types::Platform>& guard,
                                 const Start<ProbeT>& start,
                                 Place<Types>& place,
                                 bool quick = !Types::kHeadedKeys) {
  place = Place<Types>(tree.LoadDirectory(guard), guard);
  const auto& order = tree.order();
  if (quick && start.probe != nullptr &&
      !internal::IsFiller<Types>(*start.probe) &&
      internal::WantsOwner(direction, start)) [[likely]] {
    return internal::Descend(
        internal::QuickLeads<false, Types>(order, place.root, *start.probe),
        place);
  }
  return internal::Descend(LeadsTo<Types>(direction, order, place.root, start),
                           place);
}

// The first of `count` cells after the start, of keys that are never torn; not
// for the filler.
template <class Types, class ProbeT>
PMA_ALWAYS_INLINE inline size_t RankOfStart(const Segment<Types>& segment,
                                            size_t count,
                                            const typename Types::Order& order,
                                            const Start<ProbeT>& start) {
  size_t rank = std::min(
      internal::LowerBoundInPlace(segment, count, order, *start.probe), count);
  if (start.side == Side::kAfter && rank < count) {
    rank += !order.template After<typename Types::KeyCodec>(
        segment.keys.Load(rank), *start.probe);
  }
  return rank;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_POSITION_H_
