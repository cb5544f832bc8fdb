// SPDX-License-Identifier: Apache-2.0

// The user's order, between what is stored and what is looked for.

#ifndef PMA_INTERNAL_STORE_KEY_ORDER_H_
#define PMA_INTERNAL_STORE_KEY_ORDER_H_

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/platform.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/store/codec.h"
#include "pma/internal/store/heads.h"
#include "pma/internal/store/key_number.h"
#include "pma/internal/store/search.h"

namespace pma::inline PMA_VARIANT::internal {

// What is looked for.
template <class Query, class TextEncoding>
class Probe {
 public:
  explicit Probe(const Query& q) : key_(q) {}
  // It would be gone.
  explicit Probe(const Query&& q)
    requires(!std::is_arithmetic_v<Query>)
  = delete;
  const Query& key() const { return key_; }

 private:
  // A number is held by value, so that a search keeps it in a register.
  std::conditional_t<std::is_arithmetic_v<Query>, const Query, const Query&>
      key_;
};

// Looked for among texts, as one.
template <class Query, class TextEncoding>
  requires(!std::is_void_v<TextEncoding>)
class Probe<Query, TextEncoding> {
 public:
  explicit Probe(const Query& q) : key_(q), text_(TextEncoding::Encode(q)) {}
  explicit Probe(const Query&& q) = delete;
  const Query& key() const { return key_; }
  std::string_view text() const { return text_; }
  TextWords words() const { return {text_}; }

 private:
  const Query& key_;
  const std::string_view text_;
};

// Of what is a text by itself.
struct PlainTextEncoding {
  static std::string_view Encode(std::string_view text) { return text; }
  static std::string_view Encode(std::u8string_view text) {
    return {reinterpret_cast<const char*>(text.data()), text.size()};
  }
};

// A key that is looked for as a number (key_number.h).
template <class Numbers>
class NumberProbe {
 public:
  PMA_ALWAYS_INLINE explicit NumberProbe(const typename Numbers::Key& key)
      : number(Numbers::Of(key)) {}
  typename Numbers::Key key() const { return Numbers::KeyOf(number); }
  auto words() const
    requires(!Numbers::kOneWord)
  {
    return NumberWords<std::tuple_size_v<typename Numbers::Number>>{number};
  }
  const typename Numbers::Number number;
};

// A number that is sought where kWideRegisters (compare16.h): whoever gets one
// need not ask.
template <class Numbers>
struct WideProbe : NumberProbe<Numbers> {
  explicit WideProbe(const NumberProbe<Numbers>& probe)
      : NumberProbe<Numbers>(probe) {}
};
template <class ProbeT>
inline constexpr bool kIsWide = false;
template <class Numbers>
inline constexpr bool kIsWide<WideProbe<Numbers>> = true;

// A copy as a probe that may be used anywhere.
template <class Query, class TextEncoding>
Probe<Query, TextEncoding> AnyProbe(const Probe<Query, TextEncoding>& probe) {
  return probe;
}
template <class Numbers>
NumberProbe<Numbers> AnyProbe(const NumberProbe<Numbers>& probe) {
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

  using Numbers = NumbersFor<Key, Compare>;
  static constexpr bool kNumbers = !std::is_same_v<Numbers, NoNumbers<Key>>;
  static constexpr bool kText = kIsText<Key, Compare>;
  // As which text a query is looked for, or void.
  template <class Query>
  using TextEncodingOf = std::conditional_t<
      kText && std::is_same_v<Query, Key>, TextEncodingFor<Key, Compare>,
      std::conditional_t<
          (kIsString<Key, Compare> &&
           std::is_convertible_v<const Query&, std::string_view>) ||
              (kText && std::is_same_v<Key, std::u8string> &&
               std::is_convertible_v<const Query&, std::u8string_view>),
          PlainTextEncoding, void>>;
  template <class Query>
  using ProbeFor = std::conditional_t<kNumbers && std::is_same_v<Query, Key>,
                                      NumberProbe<Numbers>,
                                      Probe<Query, TextEncodingOf<Query>>>;

  // stored < probe
  template <class Codec, class Query, class TextEncoding>
  bool Before(const typename Codec::Bits& stored,
              const Probe<Query, TextEncoding>& probe) const {
    if constexpr (kIsTextCodec<Codec> && !std::is_void_v<TextEncoding>) {
      return Codec::Text(stored) < probe.text();
    } else {
      return compare_(Codec::View(stored), probe.key());
    }
  }
  template <class Codec>
  bool Before(const typename Codec::Bits& stored,
              const NumberProbe<Numbers>& probe) const {
    return NumberLess(NumberIn<Codec>(stored), probe.number);
  }
  // probe < stored
  template <class Codec, class Query, class TextEncoding>
  bool After(const typename Codec::Bits& stored,
             const Probe<Query, TextEncoding>& probe) const {
    if constexpr (kIsTextCodec<Codec> && !std::is_void_v<TextEncoding>) {
      return probe.text() < Codec::Text(stored);
    } else {
      return compare_(probe.key(), Codec::View(stored));
    }
  }
  template <class Codec>
  bool After(const typename Codec::Bits& stored,
             const NumberProbe<Numbers>& probe) const {
    return NumberLess(probe.number, NumberIn<Codec>(stored));
  }

  const Compare& compare() const { return compare_; }

  // An order of the standard library's.
  static constexpr bool kOfStandard =
      kIsLess<Key, Compare> || kIsGreater<Key, Compare>;

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
  static constexpr bool kNatural =
      Numbers::kOneWord && std::is_base_of_v<NumberProbe<Numbers>, ProbeT>;
  // Probes that have heads (heads.h).
  template <class ProbeT>
  static constexpr bool kHeaded =
      requires(const ProbeT& probe) { probe.words(); };

 private:
  template <class Codec>
  PMA_ALWAYS_INLINE static typename Numbers::Number NumberIn(
      const typename Codec::Bits& stored) {
    using Number = typename Numbers::Number;
    if constexpr (Codec::kBoxed) {
      return Numbers::Of(Codec::View(stored));
    } else if constexpr (Numbers::kOneWord) {
      return std::bit_cast<Number>(stored[0]);
    } else {
      return stored;
    }
  }

  [[no_unique_address]] Compare compare_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_KEY_ORDER_H_
