// SPDX-License-Identifier: Apache-2.0

// Keys and values of many kinds, numbered: Sample<T>::At(i) is the i-th sample.
//
// The first few samples of each type are its edge cases (zero, the largest
// value, infinities, empty strings, embedded NULs, equal 8-byte prefixes); the
// rest alternate between dense neighbours and values spread over the whole
// range. Two indices may give the same sample.

#ifndef PMA_TESTING_SAMPLE_TYPES_H_
#define PMA_TESTING_SAMPLE_TYPES_H_

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "pma/key_encoding.h"
#include "pma/testing/random.h"

namespace pma::testing {

// --- Struct keys and values --------------------------------------------------

// 16 bytes, ordered by its own operator<=>.
struct Pair16 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend auto operator<=>(const Pair16&, const Pair16&) = default;
  std::string Describe() const {
    return "Pair16{" + std::to_string(high) + ", " + std::to_string(low) + "}";
  }
};
static_assert(sizeof(Pair16) == 16);

// 32 bytes and no order of its own: needs ByThirdThenFirst, which disagrees
// with the order of its bytes.
struct Quad32 {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::int64_t third = 0;
  std::uint32_t fourth = 0;
  std::uint32_t fifth = 0;

  friend bool operator==(const Quad32&, const Quad32&) = default;
  std::string Describe() const {
    return "Quad32{" + std::to_string(first) + ", " + std::to_string(second) +
           ", " + std::to_string(third) + ", " + std::to_string(fourth) + ", " +
           std::to_string(fifth) + "}";
  }
};
static_assert(sizeof(Quad32) == 32);

struct ByThirdThenFirst {
  bool operator()(const Quad32& a, const Quad32& b) const {
    return std::tie(a.third, a.first, a.second, a.fifth, a.fourth) <
           std::tie(b.third, b.first, b.second, b.fifth, b.fourth);
  }
};

// 12 bytes: not a whole number of words.
struct Odd12 {
  std::array<std::uint32_t, 3> parts = {};

  friend auto operator<=>(const Odd12&, const Odd12&) = default;
  std::string Describe() const {
    return "Odd12{" + std::to_string(parts[0]) + ", " +
           std::to_string(parts[1]) + ", " + std::to_string(parts[2]) + "}";
  }
};
static_assert(sizeof(Odd12) == 12);

// 8 bytes, 3 of them padding: their content is no part of the value.
struct Padded {
  std::uint8_t tag = 0;
  std::uint32_t number = 0;

  friend auto operator<=>(const Padded&, const Padded&) = default;
  std::string Describe() const {
    return "Padded{" + std::to_string(tag) + ", " + std::to_string(number) +
           "}";
  }
};
static_assert(sizeof(Padded) == 8);

// 3 bytes.
struct Tiny3 {
  std::array<std::uint8_t, 3> bytes = {};

  friend auto operator<=>(const Tiny3&, const Tiny3&) = default;
  std::string Describe() const {
    return "Tiny3{" + std::to_string(bytes[0]) + ", " +
           std::to_string(bytes[1]) + ", " + std::to_string(bytes[2]) + "}";
  }
};
static_assert(sizeof(Tiny3) == 3);

// 40 bytes: trivially copyable, but too big to lie inline.
struct Big40 {
  std::array<std::uint64_t, 5> words = {};

  friend auto operator<=>(const Big40&, const Big40&) = default;
  std::string Describe() const {
    std::string text = "Big40{";
    for (const std::uint64_t word : words) text += std::to_string(word) + " ";
    return text + "}";
  }
};
static_assert(sizeof(Big40) == 40);

// An encoding of 144 bits, in three words: the price lies in two of them, and
// the last has 16 bits. Ordered by its members, of which one may be negative
// and one may be zero with either sign.
struct Bid {
  std::int16_t venue = 0;
  double price = 0;
  std::uint64_t number = 0;

  friend auto operator<=>(const Bid&, const Bid&) = default;
  std::string Describe() const {
    return "Bid{" + std::to_string(venue) + ", " + std::to_string(price) +
           ", " + std::to_string(number) + "}";
  }
};

enum class Level : std::int16_t {};

#if defined(__SIZEOF_INT128__)
__extension__ typedef unsigned __int128 UInt128;  // NOLINT(modernize-use-using)
#endif

// --- Comparators ---

// Strings without regard to the case of ASCII letters: equivalent keys need not
// be equal, and an order-preserving prefix of the bytes would be wrong.
struct IgnoringCase {
  using is_transparent = void;

  static char Lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  bool operator()(std::string_view a, std::string_view b) const {
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
      const char x = Lower(a[i]);
      const char y = Lower(b[i]);
      if (x != y) return x < y;
    }
    return a.size() < b.size();
  }
};

// Has state and no default constructor: a map that default-constructs a
// comparator anywhere does not compile.
class ByBitsXor {
 public:
  explicit ByBitsXor(std::uint64_t mask) : mask_(mask) {}
  bool operator()(std::uint64_t a, std::uint64_t b) const {
    return (a ^ mask_) < (b ^ mask_);
  }

 private:
  std::uint64_t mask_;
};

// --- Samples ---

template <class T>
struct Sample;

template <class T>
  requires std::is_integral_v<T>
struct Sample<T> {
  static T At(std::uint64_t i) {
    using Limits = std::numeric_limits<T>;
    constexpr T kEdges[] = {Limits::min(),
                            Limits::max(),
                            T{0},
                            T{1},
                            static_cast<T>(Limits::max() - 1),
                            static_cast<T>(Limits::min() + 1),
                            static_cast<T>(Limits::max() / 2),
                            static_cast<T>(Limits::max() / 2 + 1),
                            static_cast<T>(-1),
                            static_cast<T>(-2)};
    if (i < std::size(kEdges)) return kEdges[i];
    return static_cast<T>(i % 2 == 0 ? i / 2 : Mix64(i));
  }
};

template <class T>
  requires std::is_floating_point_v<T>
struct Sample<T> {
  static T At(std::uint64_t i) {
    using Limits = std::numeric_limits<T>;
    const T kEdges[] = {T{0},
                        -T{0},
                        Limits::infinity(),
                        -Limits::infinity(),
                        Limits::denorm_min(),
                        -Limits::denorm_min(),
                        Limits::min(),
                        -Limits::min(),
                        Limits::max(),
                        Limits::lowest(),
                        T{1},
                        T{-1},
                        std::nextafter(T{1}, T{2}),
                        std::nextafter(T{0}, T{-1})};
    if (i < std::size(kEdges)) return kEdges[i];
    if (i % 2 == 0) return (static_cast<T>(i) - 500) / 8;
    using Bits =
        std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    const T spread = std::bit_cast<T>(static_cast<Bits>(Mix64(i)));
    return std::isnan(spread) ? static_cast<T>(i) : spread;
  }
};

template <>
struct Sample<std::string> {
  static std::string At(std::uint64_t i) {
    using namespace std::string_literals;
    static const std::string kEdges[] = {
        ""s,         "\0"s,         "\0\0"s,      "a"s,
        "a\0"s,      "a\0b"s,       "\xff"s,      std::string(8, '\xff'),
        "prefix__"s, "prefix__\0"s, "prefix__a"s, std::string(9, '\xff'),
        "\x7f"s,     "\x80"s,       "prefix_"s,   std::string(300, 'x')};
    if (i < std::size(kEdges)) return kEdges[i];
    switch (i % 4) {
      case 0:
        return std::to_string(i);
      case 1:
        return "a/prefix/far/longer/than/eight/bytes/" + std::to_string(i / 4);
      case 2: {  // 8 bytes of any kind, NULs among them
        std::string bytes;
        for (int shift = 56; shift >= 0; shift -= 8) {
          bytes += static_cast<char>((i / 4 * 0x0100000000010001u) >> shift);
        }
        return bytes;
      }
      default:
        return "prefix__" + std::string(i / 4 % 5, '\0') +
               std::to_string(i / 20);
    }
  }
};

template <>
struct Sample<Pair16> {
  static Pair16 At(std::uint64_t i) {
    // Few high words, so that the low word often decides.
    return {Sample<std::uint64_t>::At(i % 7), Sample<std::uint64_t>::At(i / 7)};
  }
};

template <class First, class Second>
struct Sample<std::pair<First, Second>> {
  static std::pair<First, Second> At(std::uint64_t i) {
    return {Sample<First>::At(i % 7), Sample<Second>::At(i / 7)};
  }
};

template <>
struct Sample<Bid> {
  static Bid At(std::uint64_t i) {
    return {Sample<std::int16_t>::At(i % 3), Sample<double>::At(i / 3 % 9),
            Sample<std::uint64_t>::At(i / 27)};
  }
};

template <>
struct Sample<Level> {
  static Level At(std::uint64_t i) {
    return static_cast<Level>(Sample<std::int16_t>::At(i));
  }
};

template <class Clock, class Duration>
struct Sample<std::chrono::time_point<Clock, Duration>> {
  static std::chrono::time_point<Clock, Duration> At(std::uint64_t i) {
    return std::chrono::time_point<Clock, Duration>(
        Duration(Sample<typename Duration::rep>::At(i)));
  }
};

// Addresses of nothing: to be compared only.
template <>
struct Sample<const char*> {
  static const char* At(std::uint64_t i) {
    return reinterpret_cast<const char*>(Sample<std::uintptr_t>::At(i));
  }
};

#if defined(__SIZEOF_INT128__)
template <>
struct Sample<UInt128> {
  static UInt128 At(std::uint64_t i) {
    return UInt128{Sample<std::uint64_t>::At(i % 5)} << 64 |
           Sample<std::uint64_t>::At(i / 5);
  }
};
#endif

template <>
struct Sample<std::array<std::uint8_t, 16>> {
  static std::array<std::uint8_t, 16> At(std::uint64_t i) {
    std::array<std::uint8_t, 16> bytes{};
    const std::array<std::uint64_t, 2> words = {
        Sample<std::uint64_t>::At(i % 5), Sample<std::uint64_t>::At(i / 5)};
    for (std::size_t at = 0; at < 16; ++at) {
      bytes[at] = static_cast<std::uint8_t>(words[at / 8] >> (56 - at % 8 * 8));
    }
    return bytes;
  }
};

template <>
struct Sample<Quad32> {
  static Quad32 At(std::uint64_t i) {
    return {Sample<std::uint64_t>::At(i / 5), Mix64(i) % 2,
            Sample<std::int64_t>::At(i % 5), static_cast<std::uint32_t>(i % 3),
            static_cast<std::uint32_t>(i % 2)};
  }
};

template <>
struct Sample<Odd12> {
  static Odd12 At(std::uint64_t i) {
    return {{Sample<std::uint32_t>::At(i % 3), Sample<std::uint32_t>::At(i / 3),
             static_cast<std::uint32_t>(i % 2)}};
  }
};

template <>
struct Sample<Padded> {
  static Padded At(std::uint64_t i) {
    return {static_cast<std::uint8_t>(i % 5), Sample<std::uint32_t>::At(i / 5)};
  }
};

template <>
struct Sample<Tiny3> {
  static Tiny3 At(std::uint64_t i) {
    return {{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
             static_cast<std::uint8_t>(i % 3)}};
  }
};

template <>
struct Sample<Big40> {
  static Big40 At(std::uint64_t i) {
    return {{i % 3, i % 2, Sample<std::uint64_t>::At(i), i, Mix64(i)}};
  }
};

}  // namespace pma::testing

template <>
struct pma::KeyEncoding<pma::testing::Bid>
    : pma::MembersEncoding<&pma::testing::Bid::venue, &pma::testing::Bid::price,
                           &pma::testing::Bid::number> {};

#endif  // PMA_TESTING_SAMPLE_TYPES_H_
