// SPDX-License-Identifier: Apache-2.0

// How keys become numbers that order as they do, which the map then searches,
// compares and stores instead of the keys.
//
// A key whose image is a number lies in the map as one to four words, whatever
// its class looks like, and is looked for without the comparator. One of up to
// 64 bits is as fast as uint64_t; a larger one takes some three times as long,
// and no memory of its own. Keys that are strings of characters are searched by
// eight of those at a time. Given are encodings of
//
//   std::string, std::u8string, std::vector of std::byte or unsigned char,
//   integers of up to 128 bits, float, double, bool, enumerations
//   without an operator< of their own, pointers, std::chrono::duration and
//   time_point, and std::pair, std::tuple and std::array of these
//
// under std::less, std::greater and their namesakes in std::ranges. For a class
// of one's own there is a line to write, outside all namespaces:
//
//   struct Quote { uint32_t venue; int64_t ticks; };   // ordered in that order
//   template <>
//   struct pma::KeyEncoding<Quote>
//       : pma::MembersEncoding<&Quote::venue, &Quote::ticks> {};
//
// A key without an encoding is compared by its comparator.

#ifndef PMA_KEY_ENCODING_H_
#define PMA_KEY_ENCODING_H_

#include <array>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT {

namespace internal {

inline constexpr size_t kMostImageBits = 256;

// What holds images of that many bits.
template <size_t kBits>
using ImageOf = std::conditional_t<
    kBits <= 8, uint8_t,
    std::conditional_t<
        kBits <= 16, uint16_t,
        std::conditional_t<
            kBits <= 32, uint32_t,
            std::conditional_t<kBits <= 64, uint64_t,
                               std::array<uint64_t, (kBits + 63) / 64>>>>>;
template <class Image>
inline constexpr size_t kImageBits = 8 * sizeof(Image);

template <class Image>
inline constexpr bool kIsNumberImage =
    std::same_as<Image, ImageOf<kImageBits<Image>>> &&
    kImageBits<Image> <= kMostImageBits;

// Images one behind the other, as one number: the last bit of the last is its
// last bit, or that of its last word but for what is missing to a whole word.
template <size_t kBits>
class ImageBits {
 public:
  using Image = ImageOf<kBits>;

  // None yet, or those of an image.
  constexpr ImageBits() = default;
  constexpr explicit ImageBits(const Image& image) {
    if constexpr (kWords == 1) {
      words_[0] = image;
    } else {
      words_ = image;
    }
  }

  // Puts an image behind the last.
  template <std::unsigned_integral Part>
  constexpr void Append(Part part) {
    AppendBits(part, kImageBits<Part>);
  }
  template <size_t kSize>
  constexpr void Append(const std::array<uint64_t, kSize>& part) {
    for (const uint64_t word : part) AppendBits(word, 64);
  }
  // The next of those appended, in their order.
  template <class Part>
  constexpr Part Take() {
    if constexpr (std::unsigned_integral<Part>) {
      return static_cast<Part>(TakeBits(kImageBits<Part>));
    } else {
      Part part{};
      for (uint64_t& word : part) word = TakeBits(64);
      return part;
    }
  }

  // All together.
  constexpr Image image() const {
    if constexpr (kWords == 1) {
      return static_cast<Image>(words_[0]);
    } else {
      return words_;
    }
  }

 private:
  static constexpr size_t kWords = (kBits + 63) / 64;
  // Bits of the first word that count, if it is the only one.
  static constexpr size_t kWordBits = kWords == 1 ? kBits : 64;

  constexpr void AppendBits(uint64_t bits, size_t count) {
    const size_t word = at_ / 64;
    const size_t room = kWordBits - at_ % 64;
    if (count <= room) {
      words_[word] |= bits << (room - count);
    } else {
      words_[word] |= bits >> (count - room);
      words_[word + 1] |= bits << (64 - (count - room));
    }
    at_ += count;
  }
  constexpr uint64_t TakeBits(size_t count) {
    const size_t word = at_ / 64;
    const size_t room = kWordBits - at_ % 64;
    at_ += count;
    if (count <= room) return words_[word] >> (room - count);
    return words_[word] << (count - room) |
           words_[word + 1] >> (64 - (count - room));
  }

  std::array<uint64_t, kWords> words_{};
  size_t at_ = 0;
};

#if defined(__SIZEOF_INT128__)
// __extension__, which keeps compilers from warning, takes no alias.
__extension__ typedef __int128 Int128;            // NOLINT(modernize-use-using)
__extension__ typedef unsigned __int128 UInt128;  // NOLINT(modernize-use-using)
#endif

// Whether an enumeration has an order of its own: it is found by its name, as
// the one of the language is not.
template <class Key>
inline constexpr bool kHasOwnOrder = requires(const Key& key) {
  operator<(key, key);
} || requires(const Key& key) { operator<=>(key, key); };

}  // namespace internal

// The encoding of keys in the order of `Compare`, if there is one. A
// specialization has two static functions that throw nothing and give the same
// whenever they are called:
//
//   Image Encode(const Key&)    an unsigned integer of up to 64 bits, or a
//                               std::array<uint64_t, N> of two to four words,
//                               the first of which counts most, or a
//                               std::string_view of characters of the key's
//   Key Decode(const Image&)    an equivalent of the key that was encoded: what
//                               the map shows (of characters: may throw)
//
// If it gives characters and has a type Shown = std::string_view, callbacks get
// these, where they lie, until they return, and what a std::string_view can be
// made of is looked for as such (bytes.h). A Key must be made of one, too, and
// Encode(Key(text)) be that text.
//
// such that Compare()(a, b) says what Encode(a) < Encode(b) does, for all keys
// that have a place in the order. One for the default Compare serves std::less
// and std::ranges::less. If it gives numbers, it serves std::greater and
// std::ranges::greater, too, and keys that are parts of pairs, tuples and
// arrays.
//
// It must be seen wherever a map of such keys is, and be the same everywhere.
template <class Key, class Compare = std::less<>>
struct KeyEncoding {};

// Whether there is one.
template <class Key, class Compare = std::less<>>
concept HasKeyEncoding = requires(const Key& key) {
  requires internal::kIsNumberImage<decltype(KeyEncoding<Key, Compare>::Encode(
               key))> ||
               std::same_as<decltype(KeyEncoding<Key, Compare>::Encode(key)),
                            std::string_view>;
  {
    KeyEncoding<Key, Compare>::Decode(KeyEncoding<Key, Compare>::Encode(key))
  } -> std::same_as<Key>;
};

template <>
struct KeyEncoding<std::string> {
  static std::string_view Encode(const std::string& key) noexcept {
    return key;
  }
  static std::string Decode(std::string_view text) { return std::string(text); }
};

namespace internal {

// Of containers of bytes side by side.
template <class Key>
struct EncodingOfBytes {
  using Element = typename Key::value_type;
  // As those of any KeyEncoding.
  static std::string_view Encode(const Key& key) noexcept {
    return {reinterpret_cast<const char*>(key.data()), key.size()};
  }
  static Key Decode(std::string_view text) {
    const auto* first = reinterpret_cast<const Element*>(text.data());
    return Key(first, first + text.size());
  }
};

}  // namespace internal

template <>
struct KeyEncoding<std::u8string> : internal::EncodingOfBytes<std::u8string> {};

template <class Element>
  requires std::same_as<Element, std::byte> ||
           std::same_as<Element, unsigned char>
struct KeyEncoding<std::vector<Element>>
    : internal::EncodingOfBytes<std::vector<Element>> {};

template <std::integral Key>
  requires(sizeof(Key) <= sizeof(uint64_t))
struct KeyEncoding<Key> {
  using Image = internal::ImageOf<8 * sizeof(Key)>;
  static constexpr Image Encode(const Key& key) noexcept {
    return static_cast<Image>(static_cast<Image>(key) ^ kSign);
  }
  static constexpr Key Decode(const Image& image) noexcept {
    return static_cast<Key>(static_cast<Image>(image ^ kSign));
  }

 private:
  static constexpr Image kSign =
      std::is_signed_v<Key>
          ? static_cast<Image>(Image{1} << (8 * sizeof(Key) - 1))
          : Image{0};
};

#if defined(__SIZEOF_INT128__)
template <class Key>
  requires std::same_as<Key, internal::Int128> ||
           std::same_as<Key, internal::UInt128>
struct KeyEncoding<Key> {
  using Image = std::array<uint64_t, 2>;
  static constexpr Image Encode(const Key& key) noexcept {
    return {static_cast<uint64_t>(key >> 64) ^ kSign,
            static_cast<uint64_t>(key)};
  }
  static constexpr Key Decode(const Image& image) noexcept {
    using Bits = internal::UInt128;
    return static_cast<Key>(Bits{image[0] ^ kSign} << 64 | image[1]);
  }

 private:
  static constexpr uint64_t kSign =
      std::same_as<Key, internal::Int128> ? uint64_t{1} << 63 : 0;
};
#endif

// Zero is shown without its sign: both are one key. NaN has no place in the
// order.
template <class Key>
  requires(std::same_as<Key, float> || std::same_as<Key, double>)
struct KeyEncoding<Key> {
  using Image = internal::ImageOf<8 * sizeof(Key)>;
  static_assert(std::numeric_limits<Key>::is_iec559);
  static constexpr Image Encode(const Key& key) noexcept {
    const auto bits = std::bit_cast<Image>(key);
    if (bits == kSign) return kSign;
    return (bits & kSign) != 0 ? static_cast<Image>(~bits) : bits | kSign;
  }
  static constexpr Key Decode(const Image& image) noexcept {
    return std::bit_cast<Key>(
        (image & kSign) != 0 ? image ^ kSign : static_cast<Image>(~image));
  }

 private:
  static constexpr Image kSign = Image{1} << (8 * sizeof(Key) - 1);
};

template <class Key>
  requires std::is_enum_v<Key> && (!internal::kHasOwnOrder<Key>)
struct KeyEncoding<Key> {
 private:
  using Number = std::underlying_type_t<Key>;

 public:
  static constexpr auto Encode(const Key& key) noexcept {
    return KeyEncoding<Number>::Encode(static_cast<Number>(key));
  }
  template <class Image>
  static constexpr Key Decode(const Image& image) noexcept {
    return static_cast<Key>(KeyEncoding<Number>::Decode(image));
  }
};

template <class Pointee>
struct KeyEncoding<Pointee*> {
  static uintptr_t Encode(Pointee* const& key) noexcept {
    return reinterpret_cast<uintptr_t>(key);
  }
  static Pointee* Decode(const uintptr_t& image) noexcept {
    return reinterpret_cast<Pointee*>(image);
  }
};

template <class Count, class Period>
  requires HasKeyEncoding<Count>
struct KeyEncoding<std::chrono::duration<Count, Period>> {
  using Key = std::chrono::duration<Count, Period>;
  static constexpr auto Encode(const Key& key) noexcept {
    return KeyEncoding<Count>::Encode(key.count());
  }
  template <class Image>
  static constexpr Key Decode(const Image& image) noexcept {
    return Key(KeyEncoding<Count>::Decode(image));
  }
};

template <class Clock, class Duration>
  requires HasKeyEncoding<Duration>
struct KeyEncoding<std::chrono::time_point<Clock, Duration>> {
  using Key = std::chrono::time_point<Clock, Duration>;
  static constexpr auto Encode(const Key& key) noexcept {
    return KeyEncoding<Duration>::Encode(key.time_since_epoch());
  }
  template <class Image>
  static constexpr Key Decode(const Image& image) noexcept {
    return Key(KeyEncoding<Duration>::Decode(image));
  }
};

namespace internal {

template <class Key>
using ImageOfKey =
    decltype(KeyEncoding<Key>::Encode(std::declval<const Key&>()));

// Keys that are parts of another, whose images lie one behind the other.
template <class Part>
concept IsPart = HasKeyEncoding<Part> && kIsNumberImage<ImageOfKey<Part>>;
template <class... Parts>
concept AreParts = sizeof...(Parts) > 0 && (IsPart<Parts> && ...) &&
                   (kImageBits<ImageOfKey<Parts>> + ...) <= kMostImageBits;

template <class... Parts>
struct PartsEncoding {
  static constexpr size_t kBits = (kImageBits<ImageOfKey<Parts>> + ...);
  using Image = ImageOf<kBits>;

  // The images of all parts, from the first to the last, and the parts again.
  static constexpr Image Encode(const Parts&... parts) noexcept {
    ImageBits<kBits> bits;
    (bits.Append(KeyEncoding<Parts>::Encode(parts)), ...);
    return bits.image();
  }
  static constexpr std::tuple<Parts...> Decode(const Image& image) noexcept {
    ImageBits<kBits> bits(image);
    // Braces: from the first to the last.
    return std::tuple<Parts...>{
        KeyEncoding<Parts>::Decode(bits.template Take<ImageOfKey<Parts>>())...};
  }
};

template <class Pointer>
struct MemberPointer;
template <class ClassType, class MemberType>
struct MemberPointer<MemberType ClassType::*> {
  using Class = ClassType;
  using Member = MemberType;
};

}  // namespace internal

// In the order of their parts, from the first to the last. Up to 256 bits.
template <class First, class Second>
  requires internal::AreParts<First, Second>
struct KeyEncoding<std::pair<First, Second>> {
  using Key = std::pair<First, Second>;
  using Parts = internal::PartsEncoding<First, Second>;
  static constexpr typename Parts::Image Encode(const Key& key) noexcept {
    return Parts::Encode(key.first, key.second);
  }
  static constexpr Key Decode(const typename Parts::Image& image) noexcept {
    return std::make_from_tuple<Key>(Parts::Decode(image));
  }
};

template <class... Elements>
  requires internal::AreParts<Elements...>
struct KeyEncoding<std::tuple<Elements...>> {
  using Key = std::tuple<Elements...>;
  using Parts = internal::PartsEncoding<Elements...>;
  static constexpr typename Parts::Image Encode(const Key& key) noexcept {
    return std::apply(Parts::Encode, key);
  }
  static constexpr Key Decode(const typename Parts::Image& image) noexcept {
    return Parts::Decode(image);
  }
};

template <class Element, size_t kSize>
  requires internal::IsPart<Element> && (kSize > 0) &&
           (kSize * internal::kImageBits<internal::ImageOfKey<Element>> <=
            internal::kMostImageBits)
struct KeyEncoding<std::array<Element, kSize>> {
  using Key = std::array<Element, kSize>;
  using Bits =
      internal::ImageBits<kSize *
                          internal::kImageBits<internal::ImageOfKey<Element>>>;
  static constexpr typename Bits::Image Encode(const Key& key) noexcept {
    Bits bits;
    for (const Element& element : key) {
      bits.Append(KeyEncoding<Element>::Encode(element));
    }
    return bits.image();
  }
  static constexpr Key Decode(const typename Bits::Image& image) noexcept {
    Bits bits(image);
    return Elements(bits, std::make_index_sequence<kSize>());
  }

 private:
  template <size_t... kIndexes>
  static constexpr Key Elements(Bits& bits, std::index_sequence<kIndexes...>) {
    return {((void)kIndexes,
             KeyEncoding<Element>::Decode(
                 bits.template Take<internal::ImageOfKey<Element>>()))...};
  }
};

// Of a class that is ordered by these members, from the first to the last: a
// base for the specialization, as shown above. The class must be
// default-constructible, and the members all there is to an object; the first
// is none of a base's.
template <auto kFirst, auto... kOthers>
struct MembersEncoding {
  using Key = typename internal::MemberPointer<decltype(kFirst)>::Class;
  using Parts = internal::PartsEncoding<
      typename internal::MemberPointer<decltype(kFirst)>::Member,
      typename internal::MemberPointer<decltype(kOthers)>::Member...>;
  // The image of an object, and such an object.
  static constexpr typename Parts::Image Encode(const Key& key) noexcept {
    return Parts::Encode(key.*kFirst, key.*kOthers...);
  }
  static constexpr Key Decode(const typename Parts::Image& image) noexcept {
    Key key{};
    std::apply(
        [&](const auto& first, const auto&... others) {
          key.*kFirst = first;
          ((key.*kOthers = others), ...);
        },
        Parts::Decode(image));
    return key;
  }
};

}  // namespace pma::inline PMA_VARIANT

#endif  // PMA_KEY_ENCODING_H_
