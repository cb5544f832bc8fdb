// SPDX-License-Identifier: Apache-2.0

// Which keys the map handles as numbers, and how: those that the processor
// orders as the map does, and those that have an encoding (key_encoding.h).

#ifndef PMA_INTERNAL_STORE_KEY_NUMBER_H_
#define PMA_INTERNAL_STORE_KEY_NUMBER_H_

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/platform.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/store/search.h"
#include "pma/key_encoding.h"

namespace pma::inline PMA_VARIANT::internal {

// The orders of the standard library.
template <class Key, class Compare>
inline constexpr bool kIsLess = std::is_same_v<Compare, std::less<>> ||
                                std::is_same_v<Compare, std::less<Key>> ||
                                std::is_same_v<Compare, std::ranges::less>;
template <class Key, class Compare>
inline constexpr bool kIsGreater =
    std::is_same_v<Compare, std::greater<>> ||
    std::is_same_v<Compare, std::greater<Key>> ||
    std::is_same_v<Compare, std::ranges::greater>;

// Numbers that the processor compares, in either of these orders.
template <class Key, class Compare>
inline constexpr bool kNumericOrder =
    std::is_arithmetic_v<Key> && !std::is_same_v<Key, bool> &&
    sizeof(Key) <= sizeof(uint64_t) &&
    (kIsLess<Key, Compare> || kIsGreater<Key, Compare>);

// The other way round.
template <class Key>
struct DescendingEncoding {
  using Ascending = KeyEncoding<Key>;
  using Image = decltype(Ascending::Encode(std::declval<const Key&>()));
  static constexpr Image Encode(const Key& key) noexcept {
    return Complement(Ascending::Encode(key));
  }
  static constexpr Key Decode(const Image& image) noexcept {
    return Ascending::Decode(Complement(image));
  }

 private:
  static constexpr Image Complement(Image image) noexcept {
    if constexpr (std::unsigned_integral<Image>) {
      return static_cast<Image>(~image);
    } else {
      for (auto& word : image) word = ~word;
      return image;
    }
  }
};

struct NoEncoding {};

template <class Key, class Compare>
inline constexpr bool kHasNumberImage = false;
template <class Key, class Compare>
  requires HasKeyEncoding<Key, Compare>
inline constexpr bool kHasNumberImage<Key, Compare> =
    kIsNumberImage<decltype(KeyEncoding<Key, Compare>::Encode(
        std::declval<const Key&>()))>;

// How keys that are not numbers become some, or NoEncoding.
template <class Key, class Compare>
consteval auto ChooseEncoding() {
  constexpr bool kIsNumber =
      kNumericOrder<Key, Compare> && kIsLess<Key, Compare>;
  if constexpr (!kIsNumber && kHasNumberImage<Key, Compare>) {
    return std::type_identity<KeyEncoding<Key, Compare>>();
  } else if constexpr (!kIsNumber && kIsLess<Key, Compare> &&
                       kHasNumberImage<Key, std::less<>>) {
    return std::type_identity<KeyEncoding<Key>>();
  } else if constexpr (kIsGreater<Key, Compare> &&
                       kHasNumberImage<Key, std::less<>>) {
    return std::type_identity<DescendingEncoding<Key>>();
  } else {
    return std::type_identity<NoEncoding>();
  }
}
template <class Key, class Compare>
using EncodingFor = typename decltype(ChooseEncoding<Key, Compare>())::type;
template <class Key, class Compare>
inline constexpr bool kIsEncoded =
    !std::is_same_v<EncodingFor<Key, Compare>, NoEncoding>;

// How keys become characters, or NoEncoding.
template <class Key, class Compare>
consteval auto ChooseTextEncoding() {
  if constexpr (HasKeyEncoding<Key, Compare> &&
                !kHasNumberImage<Key, Compare>) {
    return std::type_identity<KeyEncoding<Key, Compare>>();
  } else if constexpr (!HasKeyEncoding<Key, Compare> && kIsLess<Key, Compare> &&
                       HasKeyEncoding<Key> &&
                       !kHasNumberImage<Key, std::less<>>) {
    return std::type_identity<KeyEncoding<Key>>();
  } else {
    return std::type_identity<NoEncoding>();
  }
}
template <class Key, class Compare>
using TextEncodingFor =
    typename decltype(ChooseTextEncoding<Key, Compare>())::type;
template <class Key, class Compare>
inline constexpr bool kIsText =
    !std::is_same_v<TextEncodingFor<Key, Compare>, NoEncoding>;

// Whether callbacks get the characters themselves.
template <class Encoding>
concept ShowsCharacters =
    std::same_as<typename Encoding::Shown, std::string_view>;
// Keys that are looked for as what a std::string_view can be made of.
template <class Key, class Compare>
inline constexpr bool kIsString =
    kIsText<Key, Compare> && (std::is_same_v<Key, std::string> ||
                              ShowsCharacters<TextEncodingFor<Key, Compare>>);

// What keys are to whoever compares them: numbers, of one word or of several,
// the first of which counts most.
template <class KeyType>
struct PlainNumbers {
  using Key = KeyType;
  using Number = KeyType;
  static constexpr bool kOneWord = true;
  PMA_ALWAYS_INLINE static Number Of(const Key& key) {
    return WithoutAssumptions(key);
  }
  static Key KeyOf(Number number) { return number; }
};
template <class KeyType, class Encoding>
struct EncodedNumbers {
  using Key = KeyType;
  using Number = decltype(Encoding::Encode(std::declval<const Key&>()));
  static constexpr bool kOneWord = std::unsigned_integral<Number>;
  static Number Of(const Key& key) { return Encoding::Encode(key); }
  static Key KeyOf(const Number& number) { return Encoding::Decode(number); }
};
// Of keys that are none.
template <class KeyType>
struct NoNumbers {
  using Key = KeyType;
  struct Number {};
  static constexpr bool kOneWord = false;
};

template <class Key, class Compare>
using NumbersFor =
    std::conditional_t<kIsEncoded<Key, Compare>,
                       EncodedNumbers<Key, EncodingFor<Key, Compare>>,
                       std::conditional_t<kNumericOrder<Key, Compare>,
                                          PlainNumbers<Key>, NoNumbers<Key>>>;

template <class Number>
bool NumberLess(const Number& a, const Number& b) {
  return a < b;
}
template <size_t kWords>
bool NumberLess(const std::array<uint64_t, kWords>& a,
                const std::array<uint64_t, kWords>& b) {
  bool less = false;
  for (size_t i = kWords; i-- > 0;) {
    less = a[i] < b[i] || (a[i] == b[i] && less);
  }
  return less;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_KEY_NUMBER_H_
