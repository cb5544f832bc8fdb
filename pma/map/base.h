// SPDX-License-Identifier: Apache-2.0

// What all parts of the map's interface stand on: the tree, and how a key that
// is sought becomes a probe.

#ifndef PMA_MAP_BASE_H_
#define PMA_MAP_BASE_H_

#include <utility>

#include "pma/internal/machine/variant.h"
#include "pma/internal/read/with_probe.h"
#include "pma/internal/store/requirements.h"
#include "pma/internal/store/types.h"
#include "pma/internal/write/movable_tree.h"

namespace pma::inline PMA_VARIANT::internal {

// The types of a map, of which it says in one line what will not do.
template <class Key, class Value, class Compare, class Allocator, class Tuning>
struct TypesChecked {
  static_assert(CheckKeyAndValue<Key, Value>());
  static_assert(CheckCompare<Key, Compare>());
  static_assert(CheckAllocator<Allocator>());
  using Types = MapTypes<Key, Value, Compare, Allocator, Tuning>;
};
template <class Key, class Value, class Compare, class Allocator, class Tuning>
using CheckedTypes =
    typename TypesChecked<Key, Value, Compare, Allocator, Tuning>::Types;

// The interface is one class, written down in parts: each is the base of the
// next, up to ConcurrentMap, and says what one kind of operation means.
template <class Types>
class MapBase {
 protected:
  using Key = typename Types::Key;
  using Value = typename Types::Value;
  using Compare = typename Types::Compare;
  using Allocator = typename Types::Allocator;
  using Order = typename Types::Order;
  using KeyProbe = typename Order::template ProbeFor<Key>;

  MapBase(const Compare& compare, const Allocator& allocator)
      : tree_(compare, allocator) {}
  MapBase(MovableTree<Types>&& tree, const Allocator& allocator)
      : tree_(std::move(tree), allocator) {}
  MapBase(MapBase&&) noexcept = default;
  MapBase& operator=(MapBase&&) noexcept(MovableTree<Types>::kAssignedInOne) =
      default;
  ~MapBase() = default;

  // Calls fn with a probe for `q`, in the cheapest form that orders alike.
  template <class Query, class Fn>
  static decltype(auto) WithProbe(const Query& q, Fn fn) {
    return internal::WithProbe<Types>(q, fn);
  }

  MovableTree<Types> tree_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_MAP_BASE_H_
