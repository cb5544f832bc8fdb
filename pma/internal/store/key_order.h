// SPDX-License-Identifier: Apache-2.0

// The user's order, between what is stored and what is looked for.

#ifndef PMA_INTERNAL_STORE_KEY_ORDER_H_
#define PMA_INTERNAL_STORE_KEY_ORDER_H_

#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/variant.h"
#include "pma/internal/store/codec.h"
#include "pma/internal/store/search.h"

namespace pma::inline PMA_VARIANT::internal {

// What is looked for, with its prefix if the keys have one. A number is held by
// value, so that a search keeps it in a register.
template <class Query, bool kPrefixed>
struct Probe {
  explicit Probe(const Query& q) : key(q) {}
  const Query& key;
};
template <class Query>
  requires std::is_arithmetic_v<Query>
struct Probe<Query, false> {
  explicit Probe(const Query& q) : key(WithoutAssumptions(q)) {}
  const Query key;
};
template <class Query>
struct Probe<Query, true> {
  explicit Probe(const Query& q) : key(q), prefix(PrefixOf(q)) {}
  const Query& key;
  uint64_t prefix;
};

// A number that is sought where kWideRegisters (compare16.h): whoever gets one
// need not ask.
template <class Query>
struct WideProbe : Probe<Query, false> {
  explicit WideProbe(const Probe<Query, false>& probe)
      : Probe<Query, false>(probe) {}
};
template <class ProbeT>
inline constexpr bool kIsWide = false;
template <class Query>
inline constexpr bool kIsWide<WideProbe<Query>> = true;

// A copy as a probe that may be used anywhere.
template <class Query, bool kPrefixed>
Probe<Query, kPrefixed> AnyProbe(const Probe<Query, kPrefixed>& probe) {
  return probe;
}
template <class ProbeT>
using AnyProbeFor = decltype(AnyProbe(std::declval<const ProbeT&>()));

// The order of cells and separators against probes.
template <class Key, class Compare>
class KeyOrder {
 public:
  KeyOrder() = default;
  explicit KeyOrder(const Compare& compare) : compare_(compare) {}

  static constexpr bool kPrefixed = kHasPrefix<Key, Compare>;
  template <class Query>
  using ProbeFor =
      Probe<Query,
            kPrefixed && std::is_convertible_v<const Query&, std::string_view>>;

  // stored < probe
  template <class Codec, class Query, bool kP>
  bool Before(const typename Codec::Bits& stored,
              const Probe<Query, kP>& probe) const {
    if constexpr (kP) {
      if (stored[0] != probe.prefix) return stored[0] < probe.prefix;
    }
    return compare_(Codec::View(stored), probe.key);
  }
  // probe < stored
  template <class Codec, class Query, bool kP>
  bool After(const typename Codec::Bits& stored,
             const Probe<Query, kP>& probe) const {
    if constexpr (kP) {
      if (stored[0] != probe.prefix) return probe.prefix < stored[0];
    }
    return compare_(probe.key, Codec::View(stored));
  }

  const Compare& compare() const { return compare_; }

  // An order of the standard library's.
  static constexpr bool kOfStandard =
      std::is_same_v<Compare, std::less<>> ||
      std::is_same_v<Compare, std::less<Key>> ||
      std::is_same_v<Compare, std::greater<>> ||
      std::is_same_v<Compare, std::greater<Key>>;

  // For assertions: whether what is put or erased has a place in the order. NaN
  // has none, nor has what a comparator takes to be less than itself.
  template <class Query>
  bool Admits(const Query& q) const {
    if constexpr (kOfStandard && std::is_floating_point_v<Query>) {
      return q == q;  // NOLINT(misc-redundant-expression): but NaN
    } else if constexpr (std::is_same_v<Query, Key>) {
      return !compare_(q, q);
    } else {
      return true;
    }
  }

  // Probes that the processor can compare with cells by itself.
  template <class ProbeT>
  static constexpr bool kNatural = kNaturalOrder<Key, Compare> &&
                                   std::is_base_of_v<Probe<Key, false>, ProbeT>;

 private:
  [[no_unique_address]] Compare compare_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_KEY_ORDER_H_
