// SPDX-License-Identifier: Apache-2.0

// How a key that is sought becomes a probe.

#ifndef PMA_INTERNAL_READ_WITH_PROBE_H_
#define PMA_INTERNAL_READ_WITH_PROBE_H_

#include <string>
#include <string_view>
#include <type_traits>

#include "pma/internal/machine/variant.h"
#include "pma/internal/store/requirements.h"
#include "pma/internal/store/types.h"

namespace pma::inline PMA_VARIANT::internal {

// What keys are sought by.
template <class Types>
inline constexpr bool kTransparent =
    requires { typename Types::Compare::is_transparent; };
template <class Types, class Query>
inline constexpr bool kLookup =
    kTransparent<Types> ||
    std::is_convertible_v<const Query&, typename Types::Key>;

// Calls fn with a probe for `q`, in the cheapest form that orders alike.
template <class Types, class Query, class Fn>
PMA_ALWAYS_INLINE inline decltype(auto) WithProbe(const Query& q, Fn fn) {
  using Key = typename Types::Key;
  using Compare = typename Types::Compare;
  using Order = typename Types::Order;
  using KeyProbe = typename Order::template ProbeFor<Key>;
  static_assert(!kTransparent<Types> ||
                internal::CheckQuery<Key, Compare, Query>());
  if constexpr (std::is_same_v<Query, Key>) {
    return fn(KeyProbe(q));
  } else if constexpr (!kTransparent<Types>) {
    const Key& key = q;
    return fn(KeyProbe(key));
  } else if constexpr (internal::kNumericOrder<Key, Compare> &&
                       internal::kIsOtherNumber<Key, Query>) {
    if (!internal::OrdersAsKey<Key>(q)) {
      return fn(typename Order::template ProbeFor<Query>(q));
    }
    return fn(KeyProbe(static_cast<Key>(q)));
  } else if constexpr (internal::kIsString<Key, Compare> &&
                       std::is_convertible_v<const Query&, std::string_view>) {
    const std::string_view text = q;
    return fn(typename Order::template ProbeFor<std::string_view>(text));
  } else {
    return fn(typename Order::template ProbeFor<Query>(q));
  }
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_WITH_PROBE_H_
