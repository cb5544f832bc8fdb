// SPDX-License-Identifier: Apache-2.0

// The way from the directory to a segment: the extent, then the segment in it.
//
// It is made of racing reads, and leads to the segment that owned the key a
// moment ago.

#ifndef PMA_INTERNAL_READ_DESCEND_H_
#define PMA_INTERNAL_READ_DESCEND_H_

#include <bit>
#include <cstddef>
#include <type_traits>

#include "pma/internal/read/view.h"
#include "pma/internal/store/tree.h"

namespace pma::inline PMA_VARIANT::internal {

// A segment reached from the directory; no extent if the map has none.
template <class Types>
struct Place {
  Place() = default;
  // The directory has just been loaded under the guard, of either kind.
  template <class GuardT>
  PMA_ALWAYS_INLINE Place(Directory<Types>* loaded, const GuardT& guard)
      : directory(loaded), root(guard) {}

  Directory<Types>* directory = nullptr;
  RootEpoch<Types> root;  // when it was loaded
  size_t position = 0;    // of the extent in the directory
  Extent<Types>* extent = nullptr;
  size_t segment = 0;

  // The steps of a descent, given the directory.
  template <class Predicate>
  PMA_ALWAYS_INLINE void FindExtent(const Predicate& predicate) {
    position = directory->FindLast(predicate);
    extent = directory->extent(position);
    extent->PrefetchSlabs();
  }
  template <class Predicate>
  PMA_ALWAYS_INLINE void FindSegment(const Predicate& predicate) {
    segment = extent->index().FindLast([this] { return extent->active(); },
                                       predicate);
  }
};

// Whether a separator is at or before the probed key, or before it if `flag`
// (strictly): the last that is leads to the segment wanted. Without a probe,
// `flag` is the answer for all: to the last segment, or the first. Told when it
// runs, so that what is out of line is there once.
template <class Types, class ProbeT>
struct Leads {
  using Codec = typename Types::SeparatorCodec;

  const typename Types::Order& order;
  const ProbeT* probe;
  bool flag;
  [[no_unique_address]] RootEpoch<Types> root;

  bool operator()(const typename Types::SeparatorBits& separator) const {
    if (probe == nullptr) return flag;
    // A box too young to be followed, on a way that will not count: any answer
    // will do.
    if (Codec::kBoxed && !root.Holds()) return false;
    return flag ? order.template Before<Codec>(separator, *probe)
                : !order.template After<Codec>(separator, *probe);
  }
};

// The short way: for natural keys but the filler (search.h), by value.
template <class Types, bool kStrictly, bool kKnownWide>
struct NaturalLeads {
  static constexpr bool kStrict = kStrictly;
  static constexpr bool kWide = kKnownWide;
  const typename Types::Number key;

  bool operator()(const typename Types::SeparatorBits& separator) const {
    const auto there = std::bit_cast<typename Types::Number>(separator[0]);
    return kStrict ? there < key : there <= key;
  }
};

// The short way for keys with heads (heads.h).
template <class Types, class ProbeT, bool kStrictly>
struct HeadedLeads {
  using Codec = typename Types::SeparatorCodec;

  const typename Types::Order& order;
  const ProbeT& probe;
  [[no_unique_address]] RootEpoch<Types> root;

  auto words() const { return probe.words(); }

  bool operator()(const typename Types::SeparatorBits& separator) const {
    // As above.
    if (!root.Holds()) return false;
    return kStrictly ? order.template Before<Codec>(separator, probe)
                     : !order.template After<Codec>(separator, probe);
  }
  // How the first `count` characters compare with those of a separator, which
  // has as many.
  int CompareBeginning(const typename Types::SeparatorBits& separator,
                       size_t count) const {
    if (!root.Holds()) return -1;
    return internal::CompareBeginning(
        probe.words(), SeparatorsFor<Types>::WordsOf(separator), count);
  }
};

// Whether a probe is for the filler, which may not take the short ways; nor may
// what is not in order with it (NaN).
template <class Types, class ProbeT>
PMA_ALWAYS_INLINE inline bool IsFiller(const ProbeT& probe) {
  if constexpr (Types::Order::template kNatural<ProbeT>) {
    return Segment<Types>::Natural::IsFiller(probe.number);
  }
  return false;
}

// What leads to the segment of a key the short way; not for the filler, which
// would be led past all separators.
template <bool kStrict, class Types, class ProbeT>
PMA_ALWAYS_INLINE inline auto QuickLeads(const typename Types::Order& order,
                                         RootEpoch<Types> root,
                                         const ProbeT& probe) {
  if constexpr (Types::Order::template kNatural<ProbeT>) {
    return NaturalLeads<Types, kStrict, kIsWide<ProbeT>>{probe.number};
  } else if constexpr (Types::Order::template kHeaded<ProbeT>) {
    return HeadedLeads<Types, ProbeT, kStrict>{order, probe, root};
  } else {
    return Leads<Types, ProbeT>{order, &probe, kStrict, root};
  }
}

// Calls fn with the probe, or with a wide one where that may be: once for a
// whole operation that is short. What fn calls must never be inlined
// (compare16.h).
template <class Types, class ProbeT, class Fn>
PMA_ALWAYS_INLINE inline auto WithWideProbe(const ProbeT& probe, Fn fn) {
  if constexpr (Types::Order::template kNatural<ProbeT>) {
    if constexpr (Segment<Types>::Natural::kMayBeWide) {
      if (kWideRegisters) [[likely]]
        return fn(WideProbe(probe));
    }
  }
  return fn(probe);
}

// Leads to the segment that owns the probed key.
template <class Types, class ProbeT>
Leads<Types, ProbeT> AtOrBefore(const typename Types::Order& order,
                                RootEpoch<Types> root, const ProbeT& probe) {
  return {order, &probe, /*flag=*/false, root};
}

// Descends from the directory of `place` to the last segment whose separator
// satisfies the predicate (the first of all if none does). False if the map has
// no extents.
template <class Types, class Predicate>
PMA_ALWAYS_INLINE inline bool Descend(const Predicate& predicate,
                                      Place<Types>& place) {
  if (place.directory == nullptr) [[unlikely]] {
    place.extent = nullptr;
    return false;
  }
  place.FindExtent(predicate);
  place.FindSegment(predicate);
  return true;
}

// Whether the fences enclose the probed key. To be validated.
template <class Types, class ProbeT>
bool Owns(const Fence<Types>& lower, const Fence<Types>& upper,
          const typename Types::Order& order, const ProbeT& probe) {
  using Codec = typename Types::SeparatorCodec;
  return !(lower.finite && order.template After<Codec>(lower.bits, probe)) &&
         !(upper.finite && !order.template After<Codec>(upper.bits, probe));
}

// The preamble of short ways: calls fn(guard, place), the directory of `place`
// loaded, for what is done if fn says so. Declines, and nothing has happened,
// if no quick guard is to be had, if it does not cover the directory, or if the
// probe, if any, is for the filler.
template <class Types, class ProbeT, class Fn>
PMA_ALWAYS_INLINE inline bool TryQuick(const Tree<Types>& tree,
                                       const ProbeT* probe, Fn fn) {
  const QuickGuard<typename Types::Platform> guard;
  Directory<Types>* directory;
  if (!guard.holds() || !tree.QuickLoadDirectory(guard, directory) ||
      (probe != nullptr && internal::IsFiller<Types>(*probe))) [[unlikely]] {
    return false;
  }
  Place<Types> place(directory, guard);
  return fn(guard, place);
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_DESCEND_H_
