// SPDX-License-Identifier: Apache-2.0

// What the interface shows of an entry: its key and its value, or, in a set,
// the key alone.

#ifndef PMA_INTERNAL_STORE_ENTRIES_H_
#define PMA_INTERNAL_STORE_ENTRIES_H_

#include <type_traits>
#include <utility>

#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

// The value of every key of a set, which takes no memory and is shown to no
// one.
struct Presence {};

template <class Value>
inline constexpr bool kIsPresence = std::is_same_v<Value, Presence>;
template <class Types>
inline constexpr bool kIsSet = kIsPresence<typename Types::Value>;

// An entry that is handed over.
template <class Types>
using Entry =
    std::conditional_t<kIsSet<Types>, typename Types::Key,
                       std::pair<typename Types::Key, typename Types::Value>>;

// `f`, to which entries are shown, as what is called with a key and a value,
// or with a column of each.
template <class Types, class Function>
decltype(auto) OfKeyAndValue(Function& f) {
  if constexpr (kIsSet<Types>) {
    return [&f](const auto& keys, const auto&) -> decltype(auto) {
      return f(keys);
    };
  } else {
    return (f);
  }
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_ENTRIES_H_
