// SPDX-License-Identifier: Apache-2.0

// Maps of keys that have an encoding (key_encoding.h): what they answer is what
// a map by the comparator would, also to look-ups by other types than the
// keys', and the comparator is not called. Segments are tiny, so that few
// entries already split, merge and rebalance.

#include <algorithm>
#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/bytes.h"
#include "pma/concurrent_map.h"
#include "pma/key_encoding.h"
#include "pma/options.h"
#include "pma/testing/random.h"
#include "pma/testing/sample_types.h"

namespace users {

// Compares with a number of calls that is counted.
struct Ticket {
  std::uint32_t number = 0;
  std::int16_t line = 0;

  static inline int comparisons = 0;
  friend bool operator<(const Ticket& a, const Ticket& b) {
    ++comparisons;
    return std::pair(a.number, a.line) < std::pair(b.number, b.line);
  }
};

// No order but that of a comparator with an encoding, which takes other types,
// too: by the length of what a line is long.
struct Line {
  double from = 0;
  double to = 0;
};
struct ByLength {
  using is_transparent = void;
  static double Of(const Line& line) { return line.to - line.from; }
  static double Of(double length) { return length; }
  template <class First, class Second>
  bool operator()(const First& a, const Second& b) const {
    return Of(a) < Of(b);
  }
};

// Up to eight letters behind some that are always the same: with memory of its
// own, even where it is made by default.
struct Label {
  static constexpr std::size_t kSame = 40;
  std::string text = std::string(kSame, '-');
  friend auto operator<=>(const Label&, const Label&) = default;
};

}  // namespace users

template <>
struct pma::KeyEncoding<users::Label> {
  static std::uint64_t Encode(const users::Label& label) {
    std::uint64_t image = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const std::size_t at = users::Label::kSame + i;
      const char letter = at < label.text.size() ? label.text[at] : '\0';
      image = image << 8 | static_cast<unsigned char>(letter);
    }
    return image;
  }
  static users::Label Decode(std::uint64_t image) {
    users::Label label;
    for (; image != 0; image <<= 8) {
      label.text += static_cast<char>(image >> 56);
    }
    return label;
  }
};

template <>
struct pma::KeyEncoding<users::Ticket>
    : pma::MembersEncoding<&users::Ticket::number, &users::Ticket::line> {};

template <>
struct pma::KeyEncoding<users::Line, users::ByLength> {
  static std::uint64_t Encode(const users::Line& line) {
    return KeyEncoding<double>::Encode(users::ByLength::Of(line));
  }
  static users::Line Decode(std::uint64_t image) {
    return {0, KeyEncoding<double>::Decode(image)};
  }
};

namespace pma::testing {

template <>
struct Sample<Bytes> {
  static Bytes At(std::uint64_t i) { return {Sample<std::string>::At(i)}; }
};
template <>
struct Sample<std::vector<unsigned char>> {
  static std::vector<unsigned char> At(std::uint64_t i) {
    const std::string text = Sample<std::string>::At(i);
    return {text.begin(), text.end()};
  }
};

}  // namespace pma::testing

namespace pma {
namespace {

using testing::Random;
using testing::Sample;
using users::ByLength;
using users::Label;
using users::Line;
using users::Ticket;

template <class Key, class Compare = std::less<>>
using TinyMap = ConcurrentMap<Key, std::uint32_t, Compare,
                              std::allocator<std::byte>, TinyTuning>;

template <class Map>
std::vector<std::uint32_t> ValuesOf(const Map& map) {
  std::vector<std::uint32_t> values;
  map.scan([&](const auto&, std::uint32_t value) { values.push_back(value); });
  return values;
}

// --- The map against std::map ------------------------------------------------

template <class KeyT, class CompareT = std::less<>>
struct Case {
  using Key = KeyT;
  using Compare = CompareT;
};

template <class CaseT>
class EncodedKeysTest : public ::testing::Test {};

using Cases =
    ::testing::Types<Case<std::uint64_t, std::ranges::less>,
                     Case<std::int8_t, std::ranges::greater>,  //
                     Case<bool, std::greater<>>,               //
                     Case<double, std::greater<>>,             //
                     Case<testing::Level>,                     //
                     Case<std::chrono::sys_time<std::chrono::nanoseconds>>,
                     Case<const char*, std::less<const char*>>,    //
                     Case<std::pair<std::int32_t, std::uint8_t>>,  //
#if defined(__SIZEOF_INT128__)
                     Case<testing::UInt128>,  //
#endif
                     Case<std::array<std::uint8_t, 16>, std::greater<>>,
                     Case<testing::Bid>, Case<Bytes>,
                     Case<std::vector<unsigned char>>>;
TYPED_TEST_SUITE(EncodedKeysTest, Cases);

TYPED_TEST(EncodedKeysTest, AnswersAsAMapByTheComparator) {
  using TestKey = typename TypeParam::Key;
  using TestCompare = typename TypeParam::Compare;
  const TestCompare less;
  TinyMap<TestKey, TestCompare> map;
  std::map<TestKey, std::uint32_t, TestCompare> oracle;
  Random random(23);
  for (std::uint32_t i = 0; i < 4000; ++i) {
    // The edges first; then it grows, and shrinks.
    const TestKey key = Sample<TestKey>::At(i < 100 ? i : random.Below(900));
    if (random.Below(4) < (i < 2000 ? 3u : 1u)) {
      ASSERT_EQ(map.insert(key, i), oracle.try_emplace(key, i).second) << i;
    } else {
      ASSERT_EQ(map.erase(key), oracle.erase(key) != 0) << i;
    }
    const TestKey sought = Sample<TestKey>::At(random.Below(900));
    const auto at_or_above = oracle.lower_bound(sought);
    const auto found = map.find(sought);
    const auto ceiling = map.ceiling(sought);
    const auto lower = map.lower(sought);
    ASSERT_EQ(ceiling.has_value(), at_or_above != oracle.end()) << i;
    ASSERT_EQ(lower.has_value(), at_or_above != oracle.begin()) << i;
    if (ceiling) {
      ASSERT_EQ(ceiling->second, at_or_above->second) << i;
      ASSERT_EQ(found.has_value(), !less(sought, at_or_above->first)) << i;
    }
    if (found) {
      ASSERT_EQ(*found, at_or_above->second) << i;
    }
    if (lower) {
      ASSERT_EQ(lower->second, std::prev(at_or_above)->second) << i;
    }
    if (i % 500 == 0) {
      ASSERT_EQ(map.CheckInvariants(), "");
    }
  }
  auto expected = oracle.begin();
  ASSERT_EQ(map.scan([&](const TestKey& key, std::uint32_t value) {
    ASSERT_NE(expected, oracle.end());
    EXPECT_FALSE(less(key, expected->first) || less(expected->first, key));
    EXPECT_EQ(value, expected->second);
    ++expected;
  }),
            oracle.size());
  EXPECT_EQ(map.CheckInvariants(), "");
}

// --- Where keys lie, and what is called --------------------------------------

TEST(EncodedKeysStorageTest, LieInTheMapWhateverTheirClass) {
  // A pair is not trivially copyable; it takes as many bytes as its members.
  const auto bytes_of = [](auto map, auto make_key) {
    for (std::uint32_t i = 0; i < 20000; ++i) map.insert(make_key(i), i);
    return map.memory_usage().allocated_bytes;
  };
  const auto plain = bytes_of(ConcurrentMap<std::uint64_t, std::uint64_t>(),
                              [](std::uint32_t i) { return i; });
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  EXPECT_EQ(bytes_of(ConcurrentMap<Pair, std::uint64_t>(),
                     [](std::uint32_t i) { return Pair(0, i); }),
            plain);
  using Wide = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_LT(bytes_of(ConcurrentMap<Wide, std::uint64_t>(),
                     [](std::uint32_t i) { return Wide(0, i); }),
            2 * plain);
}

TEST(EncodedKeysStorageTest, AreNotComparedByTheirComparator) {
  TinyMap<Ticket> map;
  Ticket::comparisons = 0;
  for (std::uint32_t i = 0; i < 500; ++i) {
    map.insert(Ticket{i * 7 % 500, static_cast<std::int16_t>(i % 3)}, i);
  }
  EXPECT_TRUE(map.contains(Ticket{7, 1}) && map.erase(Ticket{7, 1}));
  EXPECT_EQ(map.floor(Ticket{8, -1})->first.number, 6u);
  EXPECT_EQ(map.scan(Ticket{10, 0}, Ticket{20, 0},
                     [](const Ticket&, std::uint32_t) {}),
            10u);
#ifdef NDEBUG
  EXPECT_EQ(Ticket::comparisons, 0);
#else
  // Assertions ask whether keys that are written are less than themselves.
  EXPECT_LE(Ticket::comparisons, 501);
#endif
  EXPECT_EQ(map.CheckInvariants(), "");
}

// A key of any greatest or smallest image is a key like others.
TEST(EncodedKeysStorageTest, MayBeAllOnesOrAllZeros) {
  using Wide = std::pair<std::uint64_t, std::uint64_t>;
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  TinyMap<std::uint64_t, std::greater<>> down;
  TinyMap<Wide> wide;
  for (std::uint32_t i = 0; i < 40; ++i) {
    ASSERT_TRUE(down.insert(i, i) && down.insert(kOnes - i, i));
    ASSERT_TRUE(wide.insert(Wide(0, i), i));
    ASSERT_TRUE(wide.insert(Wide(kOnes, kOnes - i), i));
  }
  EXPECT_EQ(down.find(0), 0u);
  EXPECT_EQ(down.last()->first, 0u);
  EXPECT_EQ(down.first()->first, kOnes);
  EXPECT_EQ(down.floor(0)->first, 0u);
  EXPECT_FALSE(down.higher(0).has_value());
  EXPECT_TRUE(down.erase(0) && !down.contains(0) && down.insert(0, 7));
  EXPECT_EQ(wide.last()->first, Wide(kOnes, kOnes));
  EXPECT_EQ(wide.first()->first, Wide(0, 0));
  EXPECT_FALSE(wide.higher(Wide(kOnes, kOnes)).has_value());
  EXPECT_TRUE(wide.erase(Wide(kOnes, kOnes)) && wide.erase(Wide(0, 0)));
  EXPECT_EQ(wide.CheckInvariants(), "");
  EXPECT_EQ(down.CheckInvariants(), "");
}

TEST(EncodedKeysStorageTest, OfBothZerosAreOne) {
  TinyMap<double, std::greater<>> down;
  EXPECT_TRUE(down.insert(-0.0, 1));
  EXPECT_FALSE(down.insert(0.0, 2));
  EXPECT_EQ(down.find(0.0), 1u);
  TinyMap<std::pair<double, double>> pairs;
  EXPECT_TRUE(pairs.insert({0.0, -0.0}, 1));
  EXPECT_FALSE(pairs.insert({-0.0, 0.0}, 2));
  EXPECT_TRUE(pairs.erase({-0.0, -0.0}));
}

TEST(EncodedKeysStorageTest, MayHaveACompareOfTheirOwn) {
  TinyMap<Line, ByLength> lines;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::uint32_t length = i * 37 % 100;
    EXPECT_TRUE(lines.insert({5, 5.0 + length}, length));
  }
  EXPECT_FALSE(lines.insert({-1, 6}, 0)) << "another line as long";
  EXPECT_EQ(lines.find({-1, 6}), 7u);
  EXPECT_EQ(lines.find(7.0), 7u) << "by a length";
  EXPECT_EQ(lines.floor(7.5)->second, 7u);
  EXPECT_EQ(lines.last()->first.to, 99.0) << "what is shown is as long";
  EXPECT_EQ(lines.CheckInvariants(), "");
}

TEST(EncodedKeysStorageTest, MayHaveMemoryOfTheirOwnWhenShown) {
  TinyMap<Label> map;
  const auto label = [](std::uint32_t i) {
    Label made;
    made.text += std::to_string(i);
    return made;
  };
  for (std::uint32_t i = 0; i < 300; ++i) map.insert(label(i), i);
  for (std::uint32_t i = 0; i < 300; i += 3) EXPECT_TRUE(map.erase(label(i)));
  EXPECT_EQ(map.find(label(7)), 7u);
  EXPECT_EQ(map.floor(label(30))->second, 299u);
  EXPECT_EQ(map.extract(label(7)), 7u);
  EXPECT_EQ(map.first()->first, label(1));
  std::size_t seen = 0;
  for (const auto& [shown, value] : map.all()) seen += shown == label(value);
  map.snapshot_scan([&](const Label& shown, std::uint32_t value) {
    seen += shown == label(value);
  });
  EXPECT_EQ(seen, 2 * map.size());
  EXPECT_EQ(map.erase_range(label(1), label(5)) + map.size(), 199u);
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(EncodedKeysStorageTest, OfBytesAreShownWhereTheyLie) {
  TinyMap<Bytes> map;
  for (std::uint32_t i = 0; i < 300; ++i) {
    map.insert("some bytes, " + std::to_string(i), i);
  }
  EXPECT_EQ(map.find(std::string_view("some bytes, 7")), 7u);
  EXPECT_TRUE(map.contains("some bytes, 8"));
  EXPECT_FALSE(map.contains(Bytes("some bytes, 300")));
  // Twice the same, so it is no copy that is shown.
  std::vector<const char*> places;
  const auto note = [&](const auto& shown, std::uint32_t value) {
    static_assert(std::is_same_v<decltype(shown), const std::string_view&>);
    EXPECT_EQ(shown, "some bytes, " + std::to_string(value));
    places.push_back(shown.data());
  };
  map.scan(note);
  map.snapshot_scan(note);
  ASSERT_EQ(places.size(), 600u);
  EXPECT_TRUE(std::equal(places.begin(), places.begin() + 300,  //
                         places.begin() + 300));
  map.visit_entry("some bytes, 7", note);
  map.visit_first(note);
  map.visit_ceiling("some bytes, 7", note);
  ASSERT_EQ(places.size(), 603u);
  EXPECT_EQ(places[600], places[602]);
  EXPECT_EQ(places[601], places[0]);
  // What is handed over lives on.
  const std::optional<std::pair<Bytes, std::uint32_t>> taken = map.pop_first();
  EXPECT_EQ(taken->first, "some bytes, 0");
  const std::vector<Bytes> parts = map.split_keys(4);
  map.clear();
  EXPECT_EQ(parts.size(), 3u);
  for (const Bytes& part : parts) EXPECT_TRUE(part.starts_with("some bytes, "));
}

TEST(EncodedKeysStorageTest, AreShownInColumns) {
  using Pair = std::pair<std::uint64_t, std::int8_t>;
  TinyMap<Pair, std::greater<>> map;
  for (std::uint32_t i = 0; i < 200; ++i) {
    map.insert(Pair(i / 3, static_cast<std::int8_t>(-static_cast<int>(i % 3))),
               i / 3);
  }
  std::size_t seen = 0;
  map.scan_columns(
      [&](std::span<const Pair> keys, std::span<const std::uint32_t> values) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
          seen += keys[i].first == values[i] ? 1 : 0;
        }
      });
  EXPECT_EQ(seen, 200u);
}

// --- Look-ups by other types -------------------------------------------------

// What a look-up by `sought` says is what std::map's says.
template <class Map, class Oracle, class Sought>
void ExpectFoundAs(const Map& map, const Oracle& oracle, Sought sought) {
  const auto at_or_above = oracle.lower_bound(sought);
  const auto above = oracle.upper_bound(sought);
  EXPECT_EQ(map.contains(sought), at_or_above != above);
  EXPECT_EQ(map.find(sought), at_or_above == above
                                  ? std::nullopt
                                  : std::optional(at_or_above->second));
  const auto entry = [&](auto it) {
    return it == oracle.end()
               ? std::nullopt
               : std::optional<
                     std::pair<typename Oracle::key_type, std::uint32_t>>(*it);
  };
  const auto before = [&](auto it) {
    return it == oracle.begin() ? oracle.end() : std::prev(it);
  };
  EXPECT_EQ(map.ceiling(sought), entry(at_or_above));
  EXPECT_EQ(map.higher(sought), entry(above));
  EXPECT_EQ(map.floor(sought), entry(before(above)));
  EXPECT_EQ(map.lower(sought), entry(before(at_or_above)));
  EXPECT_EQ(map.scan_from(sought, [](const auto&, std::uint32_t) {}),
            static_cast<std::size_t>(std::distance(at_or_above, oracle.end())));
}

template <class Key, class Compare>
class FoundByOthers {
 public:
  void Put(Key key) {
    const auto value = static_cast<std::uint32_t>(oracle_.size());
    map_.insert(key, value);
    oracle_.try_emplace(key, value);
  }
  template <class... Sought>
  void Expect(Sought... sought) {
    (ExpectFoundAs(map_, oracle_, sought), ...);
  }

 private:
  TinyMap<Key, Compare> map_;
  std::map<Key, std::uint32_t, Compare> oracle_;
};

template <class Compare>
void FindUnsignedByOthers() {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  FoundByOthers<std::uint64_t, Compare> found;
  for (std::uint64_t i = 0; i < 70; ++i) {
    found.Put(3 * i);
    found.Put(kOnes - 3 * i);
    found.Put((std::uint64_t{1} << 32) + 3 * i);
  }
  for (int i = 0; i < 40; ++i) {
    // Negative numbers are compared as what they are converted to: huge ones.
    found.Expect(i, -i, static_cast<std::int64_t>(-i), std::int8_t(-i),
                 static_cast<std::uint8_t>(i), static_cast<std::uint16_t>(i));
  }
  found.Expect(std::numeric_limits<int>::min(), ~0u,
               std::numeric_limits<std::int64_t>::min(), true, 'a');
}

TEST(EncodedKeysLookupTest, DescendingNumbersAreFoundByOtherIntegers) {
  FindUnsignedByOthers<std::greater<>>();
}

TEST(EncodedKeysLookupTest, NumbersOfRangesAreFoundByOtherIntegers) {
  FindUnsignedByOthers<std::ranges::less>();
  FindUnsignedByOthers<std::ranges::greater>();
}

TEST(EncodedKeysLookupTest, NarrowDescendingNumbersAreFoundByWiderOnes) {
  FoundByOthers<std::int16_t, std::greater<>> found;
  for (int i = -60; i < 60; ++i) found.Put(static_cast<std::int16_t>(3 * i));
  found.Put(std::numeric_limits<std::int16_t>::min());
  found.Put(std::numeric_limits<std::int16_t>::max());
  for (int i = -80; i < 80; ++i) {
    found.Expect(i, std::int64_t{i}, static_cast<std::int8_t>(i), i + 0.5);
  }
  // Out of the keys' range: before or after all, and not around the corner.
  found.Expect(40000, -40000, 65536, 65536 + 3, -65536 + 3,
               std::int64_t{1} << 40);
}

TEST(EncodedKeysLookupTest, DescendingFloatsAreFoundByNumbers) {
  FoundByOthers<float, std::greater<>> found;
  for (int i = -50; i < 50; ++i) found.Put(static_cast<float>(i) / 4);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  found.Put(kInfinity);
  found.Put(-kInfinity);
  for (int i = -60; i < 60; ++i) found.Expect(i, i / 8.0, i / 8.0F);
  // Between two floats.
  found.Expect(0.1, 1e300, -1e300, double{kInfinity}, -0.0, -0.0F);
}

TEST(EncodedKeysLookupTest, TimePointsAreFoundByThoseOfAnotherPrecision) {
  using std::chrono::milliseconds;
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  using std::chrono::sys_time;
  FoundByOthers<sys_time<milliseconds>, std::less<>> found;
  FoundByOthers<sys_time<milliseconds>, std::greater<>> down;
  for (int i = -60; i < 60; ++i) {
    found.Put(sys_time<milliseconds>(milliseconds(i * 250)));
    down.Put(sys_time<milliseconds>(milliseconds(i * 250)));
  }
  for (int i = -20; i < 20; ++i) {
    const sys_time<seconds> coarse{seconds(i)};
    const sys_time<nanoseconds> fine{
        nanoseconds(i * std::int64_t{125'000'001})};
    found.Expect(coarse, fine);
    down.Expect(coarse, fine);
  }
}

TEST(EncodedKeysLookupTest, PairsAreFoundByPairsOfOthers) {
  using Key = std::pair<std::int32_t, std::uint64_t>;
  FoundByOthers<Key, std::less<>> found;
  for (int i = -40; i < 40; ++i) found.Put({i / 3, std::uint64_t(i + 40)});
  // The standard's operator< of pairs takes one type; a pair of others is made
  // into a key if the order is not transparent.
  found.Expect(Key(0, 40), Key(-13, 0), Key(13, ~std::uint64_t{0}));
  TinyMap<Key, std::less<Key>> converts;
  converts.insert({-1, 5}, 1);
  EXPECT_EQ(converts.find(std::pair<short, int>(-1, 5)), 1u);
}

}  // namespace
}  // namespace pma
