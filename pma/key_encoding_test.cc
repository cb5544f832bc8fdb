// SPDX-License-Identifier: Apache-2.0

// Each encoding orders its images as the keys are ordered, and gives a key back
// that is equivalent.

#include "pma/key_encoding.h"

#include <array>
#include <bit>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <ratio>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/bytes.h"
#include "pma/internal/store/key_number.h"

namespace users {

// --- Types of users ----------------------------------------------------------

enum class Level : std::int8_t { kLow = -100, kNone = 0, kHigh = 100 };
enum Plain { kRed, kGreen, kBlue = 1000 };
enum class Flag : bool { kOff, kOn };

// Enumerations with an order of their own, in two ways.
enum class Backwards { kFirst, kSecond };
bool operator<(Backwards a, Backwards b) {
  return static_cast<int>(a) > static_cast<int>(b);
}
enum class Downwards { kFirst, kSecond };
std::strong_ordering operator<=>(Downwards a, Downwards b) {
  return static_cast<int>(b) <=> static_cast<int>(a);
}

// Ordered by its members.
struct Quote {
  std::uint32_t number = 0;
  std::int64_t ticks = 0;
  float weight = 0;
  friend auto operator<=>(const Quote&, const Quote&) = default;
};

// The same with nobody's encoding.
struct Numbered {
  std::uint32_t number = 0;
  friend auto operator<=>(const Numbered&, const Numbered&) = default;
};

// With an encoding for a Compare of its own alone.
struct Code {
  std::string_view letters;
};
struct ByLastLetter {
  bool operator()(const Code& a, const Code& b) const {
    return a.letters.back() < b.letters.back();
  }
};

// Encodings that do not do what they must.
struct NoWord {};
struct OneWordAsArray {};
struct DecodesToOther {};

}  // namespace users

template <>
struct pma::KeyEncoding<users::Quote>
    : pma::MembersEncoding<&users::Quote::number, &users::Quote::ticks,
                           &users::Quote::weight> {};

template <>
struct pma::KeyEncoding<users::Code, users::ByLastLetter> {
  static std::uint8_t Encode(const users::Code& code) {
    return static_cast<std::uint8_t>(code.letters.back());
  }
  static users::Code Decode(std::uint8_t letter) {
    constexpr std::string_view kAll = "abcdefghijklmnopqrstuvwxyz";
    return {kAll.substr(letter - std::uint8_t{'a'}, 1)};
  }
};

template <>
struct pma::KeyEncoding<users::NoWord> {
  static std::string Encode(const users::NoWord&) { return ""; }
  static users::NoWord Decode(const std::string&) { return {}; }
};
template <>
struct pma::KeyEncoding<users::OneWordAsArray> {
  static std::array<std::uint64_t, 1> Encode(const users::OneWordAsArray&) {
    return {};
  }
  static users::OneWordAsArray Decode(const std::array<std::uint64_t, 1>&) {
    return {};
  }
};
template <>
struct pma::KeyEncoding<users::DecodesToOther> {
  static std::uint32_t Encode(const users::DecodesToOther&) { return 0; }
  static int Decode(std::uint32_t) { return 0; }
};

namespace pma {
namespace {

using users::Backwards;
using users::ByLastLetter;
using users::Code;
using users::DecodesToOther;
using users::Downwards;
using users::Flag;
using users::Level;
using users::NoWord;
using users::Numbered;
using users::OneWordAsArray;
using users::Plain;
using users::Quote;

template <class Number>
constexpr auto Numeric = std::numeric_limits<Number>();

template <class Key, class Compare>
using Encoding = internal::EncodingFor<Key, Compare>;

// Each pair of keys, each way round; `keys` need not be in order.
template <class EncodingT, class Compare, class Key>
void ExpectImagesOrderAs(std::initializer_list<Key> keys) {
  const Compare less;
  std::size_t a_at = 0;
  for (const Key& a : keys) {
    SCOPED_TRACE(::testing::Message() << "key " << a_at++);
    const auto image = EncodingT::Encode(a);
    const Key shown = EncodingT::Decode(image);
    EXPECT_FALSE(less(a, shown) || less(shown, a)) << "what is shown";
    EXPECT_EQ(EncodingT::Encode(shown), image);
    std::size_t b_at = 0;
    for (const Key& b : keys) {
      const auto other = EncodingT::Encode(b);
      EXPECT_EQ(image < other, less(a, b)) << "against key " << b_at;
      EXPECT_EQ(internal::NumberLess(image, other), less(a, b))
          << "against key " << b_at;
      ++b_at;
    }
  }
}

template <class Key>
void ExpectOrdered(std::initializer_list<Key> keys) {
  ExpectImagesOrderAs<KeyEncoding<Key>, std::less<>>(keys);
  ExpectImagesOrderAs<Encoding<Key, std::greater<>>, std::greater<>>(keys);
}

template <class Key>
void ExpectOrderedAtEdges() {
  constexpr auto kMin = Numeric<Key>.min();
  constexpr auto kMax = Numeric<Key>.max();
  constexpr auto kMiddle = static_cast<Key>(kMax / 2);
  ExpectOrdered<Key>({kMin, static_cast<Key>(kMin + 1), static_cast<Key>(-1),
                      Key{0}, Key{1}, kMiddle, static_cast<Key>(kMiddle + 1),
                      static_cast<Key>(kMax - 1), kMax});
}

TEST(KeyEncodingTest, OfIntegersIsInOrder) {
  ExpectOrderedAtEdges<std::int8_t>();
  ExpectOrderedAtEdges<std::uint8_t>();
  ExpectOrderedAtEdges<std::int16_t>();
  ExpectOrderedAtEdges<std::uint16_t>();
  ExpectOrderedAtEdges<std::int32_t>();
  ExpectOrderedAtEdges<std::uint32_t>();
  ExpectOrderedAtEdges<std::int64_t>();
  ExpectOrderedAtEdges<std::uint64_t>();
  ExpectOrderedAtEdges<char>();
  ExpectOrderedAtEdges<wchar_t>();
  ExpectOrderedAtEdges<char8_t>();
  ExpectOrdered<bool>({false, true});
}

TEST(KeyEncodingTest, IsOneNumberAsWideAsTheKey) {
  static_assert(KeyEncoding<std::int32_t>::Encode(-1) == 0x7fffffffu);
  static_assert(KeyEncoding<std::int8_t>::Encode(-128) == 0);
  static_assert(KeyEncoding<std::uint64_t>::Encode(7) == 7);
  static_assert(KeyEncoding<std::int64_t>::Decode(0) ==
                Numeric<std::int64_t>.min());
  using Small = decltype(KeyEncoding<std::int8_t>::Encode(0));
  static_assert(std::is_same_v<Small, std::uint8_t>);
}

#if defined(__SIZEOF_INT128__)
TEST(KeyEncodingTest, Of128BitsIsInOrder) {
  using Signed = internal::Int128;
  using Unsigned = internal::UInt128;
  constexpr Unsigned kTop = Unsigned{1} << 127;
  constexpr auto kWord = Unsigned{~std::uint64_t{0}};
  ExpectOrdered<Unsigned>({0, 1, kWord - 1, kWord, kWord + 1, kTop - 1, kTop,
                           kTop + 1, ~Unsigned{0} - 1, ~Unsigned{0}});
  constexpr auto kMax = static_cast<Signed>(kTop - 1);
  constexpr auto kOneWord = static_cast<Signed>(kWord);
  ExpectOrdered<Signed>({-kMax - 1, -kMax, -kOneWord - 1, -kOneWord, -1, 0, 1,
                         kOneWord, kOneWord + 1, kMax - 1, kMax});
}
#endif

template <class Key>
void ExpectFloatsOrdered() {
  constexpr auto kLimits = Numeric<Key>;
  ExpectOrdered<Key>({-kLimits.infinity(), kLimits.lowest(), Key{-2}, Key{-1},
                      -kLimits.min(), -kLimits.denorm_min(), -Key{0}, Key{0},
                      kLimits.denorm_min(), 2 * kLimits.denorm_min(),
                      kLimits.min(), Key{1}, Key{1} + kLimits.epsilon(),
                      kLimits.max(), kLimits.infinity()});
}

TEST(KeyEncodingTest, OfFloatsIsInOrder) {
  ExpectFloatsOrdered<float>();
  ExpectFloatsOrdered<double>();
}

TEST(KeyEncodingTest, BothZerosAreOneKey) {
  static_assert(KeyEncoding<double>::Encode(-0.0) ==
                KeyEncoding<double>::Encode(0.0));
  static_assert(KeyEncoding<float>::Encode(-0.0F) ==
                KeyEncoding<float>::Encode(0.0F));
  const double shown =
      KeyEncoding<double>::Decode(KeyEncoding<double>::Encode(-0.0));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(shown), 0u);
}

// Random bits, both as keys and as images.
TEST(KeyEncodingTest, OfAnyFloatIsInOrder) {
  std::uint64_t bits = 1;
  double before = 0;
  for (int i = 0; i < 20000; ++i) {
    bits = bits * 6364136223846793005u + 1442695040888963407u;
    const auto key = std::bit_cast<double>(bits ^ bits >> 29);
    if (key != key) continue;  // NOLINT(misc-redundant-expression): but NaN
    ASSERT_EQ(KeyEncoding<double>::Decode(KeyEncoding<double>::Encode(key)),
              key);
    ASSERT_EQ(
        KeyEncoding<double>::Encode(before) < KeyEncoding<double>::Encode(key),
        before < key)
        << before << " and " << key;
    before = key;
  }
}

TEST(KeyEncodingTest, OfEnumerationsIsTheirNumbers) {
  ExpectOrdered<Level>({Level::kHigh, Level::kLow, Level{-128}, Level{127},
                        Level{-1}, Level::kNone});
  ExpectOrdered<Plain>({users::kBlue, users::kRed, users::kGreen});
  ExpectOrdered<Flag>({Flag::kOn, Flag::kOff});
  ExpectOrdered<std::byte>(
      {std::byte{0}, std::byte{127}, std::byte{128}, std::byte{255}});
}

TEST(KeyEncodingTest, OfPointersIsTheirAddresses) {
  std::array<int, 3> objects{};
  ExpectOrdered<const int*>(
      {nullptr, &objects[0], &objects[1], objects.data() + 3});
  ExpectOrdered<void*>({&objects[2], nullptr});
}

TEST(KeyEncodingTest, OfTimesIsTheirCounts) {
  using std::chrono::nanoseconds;
  using std::chrono::sys_time;
  using std::chrono::years;
  using Fraction = std::chrono::duration<float, std::ratio<7, 3>>;
  ExpectOrdered<nanoseconds>({nanoseconds::min(), nanoseconds(-1),
                              nanoseconds(0), nanoseconds(1),
                              nanoseconds::max()});
  ExpectOrdered<Fraction>({Fraction(-0.0F), Fraction(0), Fraction(-1.5F)});
  ExpectOrdered<sys_time<nanoseconds>>(
      {sys_time<nanoseconds>::min(), sys_time<nanoseconds>(nanoseconds(-1)),
       sys_time<nanoseconds>(), sys_time<nanoseconds>::max()});
  ExpectOrdered<sys_time<years>>(
      {sys_time<years>(years(-1970)), sys_time<years>(years(54))});
  ExpectOrdered<std::chrono::steady_clock::time_point>(
      {std::chrono::steady_clock::time_point::min(),
       std::chrono::steady_clock::time_point::max()});
}

// --- Parts one behind the other ----------------------------------------------

TEST(KeyEncodingTest, OfPairsIsLexicographic) {
  ExpectOrdered<std::pair<std::int32_t, std::uint32_t>>(
      {{-1, 3}, {-1, 4}, {-1, ~0u}, {0, 0}, {0, ~0u}, {5, 0}, {-5, 7}});
  ExpectOrdered<std::pair<std::uint64_t, std::int64_t>>(
      {{0, -1}, {0, 0}, {~0u, 1}, {1, -1}, {~std::uint64_t{0}, 0}});
  ExpectOrdered<std::pair<Level, bool>>(
      {{Level::kHigh, false}, {Level::kHigh, true}, {Level::kLow, true}});
  ExpectOrdered<std::pair<double, std::uint8_t>>(
      {{0.0, 2}, {-0.0, 1}, {-0.0, 2}, {0.0, 1}, {-1.0, 255}, {1e300, 0}});
}

TEST(KeyEncodingTest, TakesAsLittleAsThePartsTogether) {
  using Two = std::pair<std::uint32_t, std::uint32_t>;
  static_assert(KeyEncoding<Two>::Encode({1, 2}) == 0x100000002u);
  using Three = std::tuple<std::uint8_t, std::uint16_t>;
  static_assert(
      std::is_same_v<decltype(KeyEncoding<Three>::Encode({})), std::uint32_t>);
  static_assert(KeyEncoding<Three>::Encode({1, 2}) == 0x10002u);
  using Nine = std::tuple<std::uint64_t, std::uint8_t>;
  constexpr auto kNine = KeyEncoding<Nine>::Encode({1, 2});
  static_assert(kNine.size() == 2 && kNine[0] == 1);
}

// 8, 64, 16 and 32 bits: the second part lies in two words.
TEST(KeyEncodingTest, OfTuplesIsLexicographicAcrossWords) {
  using Inner = std::pair<std::int16_t, float>;
  using Key = std::tuple<std::int8_t, std::uint64_t, Inner>;
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  ExpectOrdered<Key>({{-1, kOnes, {-3, 1.5F}},
                      {-1, kOnes, {-3, -1.5F}},
                      {-1, kOnes - 1, {-3, 1.5F}},
                      {-1, kOnes >> 1, {3, 0.0F}},
                      {-1, kOnes >> 1, {3, -0.0F}},
                      {1, 0, {3, 1.5F}},
                      {1, 1, {3, 1.5F}},
                      {1, 255, {3, 1.5F}},
                      {1, 256, {-3, 1.5F}},
                      {1, std::uint64_t{1} << 56, {3, 1.5F}},
                      {-128, 5, {0, 0.0F}},
                      {127, 5, {0, 0.0F}}});
}

// Every bit of a part counts, wherever it lies: 24 + 64 + 64 + 64 bits, both of
// the later parts across a border.
TEST(KeyEncodingTest, KeepsEveryBitOfParts) {
  using Key = std::tuple<std::array<std::uint8_t, 3>, std::uint64_t,
                         std::uint64_t, std::int64_t>;
  using Coded = KeyEncoding<Key>;
  const Key none{};
  const auto image = Coded::Encode(none);
  auto before = image;
  for (int bit = 0; bit < 216; ++bit) {  // from the last to the first
    Key key = none;
    if (bit < 64) {
      const std::uint64_t last = std::uint64_t{1} << bit;
      std::get<3>(key) = static_cast<std::int64_t>(last);
    } else if (bit < 128) {
      std::get<2>(key) = std::uint64_t{1} << (bit - 64);
    } else if (bit < 192) {
      std::get<1>(key) = std::uint64_t{1} << (bit - 128);
    } else {
      const int byte = (bit - 192) / 8;
      std::get<0>(key)[static_cast<std::size_t>(2 - byte)] =
          static_cast<std::uint8_t>(1 << (bit - 192) % 8);
    }
    ASSERT_EQ(Coded::Decode(Coded::Encode(key)), key) << bit;
    if (bit == 63) continue;  // negative
    ASSERT_LT(before, Coded::Encode(key)) << bit;
    before = Coded::Encode(key);
  }
}

// char may be signed or not: an array of it orders as its elements do.
TEST(KeyEncodingTest, OfArraysIsThatOfTheirElements) {
  using Name = std::array<char, 11>;
  Name eighth{};
  eighth[8] = 1;
  Name negative{};
  negative[7] = static_cast<char>(-1);
  ExpectOrdered<Name>({{'a', static_cast<char>(-3)},
                       {'a', 3},
                       {"abcdefghij"},
                       {"abcdefghik"},
                       {"abcdefg"},
                       Name{},
                       eighth,
                       negative});
  ExpectOrdered<std::array<unsigned char, 2>>({{128, 0}, {127, 255}, {0, 1}});
  ExpectOrdered<std::array<std::array<std::int16_t, 2>, 3>>(
      {{{{0, 1}, {-1, 1}, {5, 5}}},
       {{{0, 1}, {-1, 1}, {5, -5}}},
       {{{0, 1}, {-1, -1}, {5, 5}}},
       {{{-9, 1}, {1, 1}, {5, 5}}}});
  ExpectOrdered<std::array<std::array<bool, 1>, 1>>({{{{true}}}, {{{false}}}});
  using Pairs = std::array<std::pair<std::uint32_t, bool>, 2>;
  ExpectOrdered<Pairs>({{{{1, true}, {1, false}}},
                        {{{1, false}, {1, true}}},
                        {{{0, true}, {9, true}}}});
}

TEST(KeyEncodingTest, OfUuidsIsTheirBytesFromTheFirst) {
  using Uuid = std::array<std::uint8_t, 16>;
  constexpr auto kImage = KeyEncoding<Uuid>::Encode(
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255});
  static_assert(kImage[0] == 0x0001020304050607u);
  static_assert(kImage[1] == 0x08090a0b0c0d0effu);
  Uuid last{};
  last[15] = 1;
  Uuid ninth{};
  ninth[8] = 255;
  Uuid eighth{};
  eighth[7] = 1;
  Uuid first{};
  first[0] = 128;
  Uuid all;
  all.fill(255);
  ExpectOrdered<Uuid>({Uuid{}, last, ninth, eighth, first, all});
}

TEST(KeyEncodingTest, OfNestedTuplesIsThatOfTheirParts) {
  using Key = std::tuple<std::tuple<std::int8_t>>;
  ExpectOrdered<Key>({Key{std::tuple<std::int8_t>{std::int8_t{-1}}},
                      Key{std::tuple<std::int8_t>{std::int8_t{1}}}});
  using Deep = std::pair<std::pair<std::uint8_t, std::pair<bool, Level>>,
                         std::tuple<double>>;
  ExpectOrdered<Deep>({{{1, {true, Level::kLow}}, {0.5}},
                       {{1, {true, Level::kLow}}, {-0.5}},
                       {{1, {true, Level::kHigh}}, {-0.5}},
                       {{1, {false, Level::kHigh}}, {9.5}},
                       {{0, {false, Level::kHigh}}, {0.0}},
                       {{0, {false, Level::kHigh}}, {-0.0}}});
}

TEST(KeyEncodingTest, OfMembersIsThatOfTheClass) {
  static_assert(HasKeyEncoding<Quote>);
  ExpectOrdered<Quote>({{1, -1, 0.0F},
                        {1, -1, -0.0F},
                        {1, 0, -1.0F},
                        {1, 0, 1.0F},
                        {0, Numeric<std::int64_t>.max(), 0.0F},
                        {0, Numeric<std::int64_t>.min(), 0.0F}});
  const Quote shown =
      KeyEncoding<Quote>::Decode(KeyEncoding<Quote>::Encode({7, -8, 2.5F}));
  EXPECT_EQ(shown, (Quote{7, -8, 2.5F}));
  // It is a part like others.
  ExpectOrdered<std::pair<bool, Quote>>(
      {{true, {1, 2, 3}}, {false, {3, 2, 1}}});
}

// --- Which keys have one, and which is used ----------------------------------

TEST(KeyEncodingTest, IsThereForWhatFitsIntoFourWords) {
  static_assert(HasKeyEncoding<std::array<std::uint8_t, 32>>);
  static_assert(!HasKeyEncoding<std::array<std::uint8_t, 33>>);
  static_assert(HasKeyEncoding<std::tuple<std::int64_t, double, void*, Plain,
                                          std::uint16_t, bool, char>>);
  static_assert(!HasKeyEncoding<std::tuple<std::int64_t, double, void*, Plain,
                                           std::uint16_t, bool, char, char>>);
  static_assert(!HasKeyEncoding<std::tuple<>>);
  static_assert(!HasKeyEncoding<std::array<int, 0>>);
}

TEST(KeyEncodingTest, OfAStringIsTheString) {
  static_assert(HasKeyEncoding<std::string>);
  const std::string key("a\0b", 3);
  EXPECT_EQ(KeyEncoding<std::string>::Encode(key), key);
  EXPECT_EQ(KeyEncoding<std::string>::Decode(std::string_view(key)), key);
}

TEST(KeyEncodingTest, OfBytesIsTheBytes) {
  const auto expect_same = [](const auto& key) {
    using Key = std::remove_cvref_t<decltype(key)>;
    static_assert(HasKeyEncoding<Key>);
    const std::string_view bytes = KeyEncoding<Key>::Encode(key);
    EXPECT_EQ(bytes, std::string_view("a\0\xff", 3));
    EXPECT_EQ(KeyEncoding<Key>::Decode(bytes), key);
  };
  expect_same(Bytes("a\0\xff", 3));
  expect_same(std::u8string{u8'a', char8_t{0}, char8_t{0xff}});
  expect_same(std::vector<unsigned char>{'a', 0, 0xff});
  expect_same(
      std::vector<std::byte>{std::byte{'a'}, std::byte{0}, std::byte{0xff}});
  // In whose order bytes may be negative.
  static_assert(!HasKeyEncoding<std::vector<signed char>>);
}

TEST(KeyEncodingTest, IsNotThereForOtherKeys) {
  static_assert(!HasKeyEncoding<std::string_view>);
  static_assert(!HasKeyEncoding<long double>);
  static_assert(!HasKeyEncoding<std::nullptr_t>);
  static_assert(!HasKeyEncoding<std::pair<int, std::string>>);
  static_assert(!HasKeyEncoding<std::pair<const int, int>>);
  static_assert(!HasKeyEncoding<std::tuple<int&, int>>);
  static_assert(!HasKeyEncoding<std::array<std::string, 1>>);
  static_assert(!HasKeyEncoding<std::chrono::duration<long double>>);
  static_assert(!HasKeyEncoding<Numbered>);
}

TEST(KeyEncodingTest, IsNotThereForEnumerationsWithTheirOwnOrder) {
  static_assert(!HasKeyEncoding<Backwards> && !HasKeyEncoding<Downwards>);
  static_assert(!HasKeyEncoding<std::pair<int, Backwards>>);
  static_assert(!HasKeyEncoding<std::array<Downwards, 2>>);
  static_assert(!internal::kIsEncoded<Backwards, std::less<>>);
}

TEST(KeyEncodingTest, IsRefusedIfItsImageOrKeyIsNone) {
  static_assert(!HasKeyEncoding<NoWord> && !HasKeyEncoding<OneWordAsArray>);
  static_assert(!HasKeyEncoding<DecodesToOther>);
}

TEST(KeyEncodingTest, ServesTheOrdersOfTheStandardLibrary) {
  using Key = std::pair<int, int>;
  static_assert(
      std::is_same_v<Encoding<Key, std::less<Key>>, KeyEncoding<Key>>);
  static_assert(
      std::is_same_v<Encoding<Key, std::ranges::less>, KeyEncoding<Key>>);
  using Descending = internal::DescendingEncoding<Key>;
  static_assert(std::is_same_v<Encoding<Key, std::greater<>>, Descending>);
  static_assert(std::is_same_v<Encoding<Key, std::greater<Key>>, Descending>);
  static_assert(
      std::is_same_v<Encoding<Key, std::ranges::greater>, Descending>);
  // Another order is nobody's but its own, though it may be the same.
  struct Mine {
    bool operator()(Key a, Key b) const { return a < b; }
  };
  static_assert(!internal::kIsEncoded<Key, Mine>);
  static_assert(!internal::kIsEncoded<Key, std::less<std::pair<long, long>>>);
}

TEST(KeyEncodingTest, OfACompareOfItsOwnServesThatAlone) {
  static_assert(HasKeyEncoding<Code, ByLastLetter> && !HasKeyEncoding<Code>);
  static_assert(std::is_same_v<Encoding<Code, ByLastLetter>,
                               KeyEncoding<Code, ByLastLetter>>);
  static_assert(!HasKeyEncoding<std::array<Code, 1>>);
  ExpectImagesOrderAs<KeyEncoding<Code, ByLastLetter>, ByLastLetter, Code>(
      {{"az"}, {"ba"}, {"a"}, {"zzm"}});
}

}  // namespace
}  // namespace pma
