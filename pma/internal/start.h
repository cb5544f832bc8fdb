// Where a walk over entries begins, and which way it goes.

#ifndef PMA_INTERNAL_START_H_
#define PMA_INTERNAL_START_H_

#include <algorithm>
#include <cstddef>

#include "pma/internal/locate.h"

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
template <Direction kDirection, class ProbeT>
bool WantsOwner(const Start<ProbeT>& start) {
  return kDirection == Direction::kForward || start.side == Side::kAfter;
}

// Calls fn with a copy of the start, for what is out of line: the start itself
// need not be in memory then.
template <class ProbeT, class Fn>
[[gnu::always_inline]] inline auto WithCopy(const Start<ProbeT>& start, Fn fn) {
  using Copy = decltype(internal::AnyProbe(*start.probe));
  if (start.probe == nullptr) return fn(Start<Copy>{nullptr, start.side});
  const Copy probe = internal::AnyProbe(*start.probe);
  return fn(Start<Copy>{&probe, start.side});
}

// Whether it may not take the fast ways.
template <class Types, class ProbeT>
bool IsFiller(const Start<ProbeT>& start) {
  return start.probe != nullptr && internal::IsFiller<Types>(*start.probe);
}

// Calls fn(predicate) with the one that leads to the segment where a walk from
// `start`, which is not the filler, begins.
template <class Types, Direction kDirection, class ProbeT, class Fn>
[[gnu::always_inline]] inline bool WithFastLeads(
    const typename Types::Order& order, const Start<ProbeT>& start, Fn fn) {
  if (start.probe == nullptr) {
    return fn(LeadsToEnd{kDirection == Direction::kBackward});
  }
  return internal::WantsOwner<kDirection>(start)
             ? fn(internal::FastLeads<false, Types>(order, *start.probe))
             : fn(internal::FastLeads<true, Types>(order, *start.probe));
}

// The same for any start.
template <class Types, Direction kDirection, class ProbeT, class Fn>
[[gnu::always_inline]] inline bool WithLeads(const typename Types::Order& order,
                                             const Start<ProbeT>& start,
                                             Fn fn) {
  if (internal::IsFiller<Types>(start)) [[unlikely]] {
    return internal::WantsOwner<kDirection>(start)
               ? fn(Leads<Types, ProbeT, false>{order, *start.probe})
               : fn(Leads<Types, ProbeT, true>{order, *start.probe});
  }
  return internal::WithFastLeads<Types, kDirection>(order, start, fn);
}

// The first of `count` cells after the start, of keys that are never torn; not
// for the filler.
template <class Types, class ProbeT>
[[gnu::always_inline]] inline size_t RankOfStart(
    const Segment<Types>& segment, size_t count,
    const typename Types::Order& order, const Start<ProbeT>& start) {
  size_t rank = std::min(
      internal::LowerBoundInPlace(segment, count, order, *start.probe), count);
  if (start.side == Side::kAfter && rank < count) {
    rank += !order.template After<typename Types::KeyCodec>(
        segment.keys.Load(rank), *start.probe);
  }
  return rank;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_START_H_
