// SPDX-License-Identifier: Apache-2.0

// The contract of ConcurrentMap, one claim per test, on small explicit data.
// Random and large data are in the sibling concurrent_map_*_test.cc files.

#include "pma/concurrent_map.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/options.h"
#include "pma/testing/this_processor.h"

namespace pma {
namespace {

using IntMap = ConcurrentMap<std::uint64_t, std::uint64_t>;
using IntEntry = std::pair<std::uint64_t, std::uint64_t>;
using StringMap = ConcurrentMap<std::string, std::string>;

constexpr std::uint64_t kMaxKey = std::numeric_limits<std::uint64_t>::max();

template <class Map>
std::vector<IntEntry> Entries(const Map& map) {
  std::vector<IntEntry> entries;
  map.scan([&](std::uint64_t key, std::uint64_t value) {
    entries.emplace_back(key, value);
  });
  return entries;
}

// Keys 10, 20 .. 10 * count, each with its hundredfold as the value.
template <class Map>
void FillWithTens(Map& map, std::uint64_t count) {
  for (std::uint64_t i = 1; i <= count; ++i) map.insert(i * 10, i * 1000);
}

TEST(ConcurrentMapTest, NewMapIsEmpty) {
  const IntMap map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.size(), 0u);
  EXPECT_FALSE(map.contains(0));
  EXPECT_EQ(map.find(0), std::nullopt);
  EXPECT_EQ(map.first(), std::nullopt);
  EXPECT_EQ(map.last(), std::nullopt);
  EXPECT_EQ(map.floor(kMaxKey), std::nullopt);
  EXPECT_EQ(map.ceiling(0), std::nullopt);
  EXPECT_EQ(map.lower(kMaxKey), std::nullopt);
  EXPECT_EQ(map.higher(0), std::nullopt);
  EXPECT_EQ(Entries(map), std::vector<IntEntry>());
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapTest, EmptyMapCostsLittle) {
  EXPECT_LE(IntMap().memory_usage().allocated_bytes, 4096u);
  EXPECT_LE(sizeof(IntMap), 1024u);
}

TEST(ConcurrentMapTest, InsertLeavesPresentKeyUnchanged) {
  IntMap map;
  EXPECT_TRUE(map.insert(1, 10));
  EXPECT_FALSE(map.insert(1, 11));
  EXPECT_EQ(map.find(1), 10u);
  EXPECT_EQ(map.size(), 1u);
}

TEST(ConcurrentMapTest, TryEmplaceLeavesPresentKeyUnchanged) {
  StringMap map;
  EXPECT_TRUE(map.try_emplace("key", std::size_t{3}, 'x'));
  EXPECT_FALSE(map.try_emplace("key", "other"));
  EXPECT_EQ(map.find("key"), "xxx");
}

TEST(ConcurrentMapTest, TryEmplaceWithoutArgumentsInsertsDefaultValue) {
  IntMap map;
  EXPECT_TRUE(map.try_emplace(7));
  EXPECT_EQ(map.find(7), 0u);
}

TEST(ConcurrentMapTest, InsertOrAssignReplacesValue) {
  IntMap map;
  EXPECT_TRUE(map.insert_or_assign(1, 10));
  EXPECT_FALSE(map.insert_or_assign(1, 11));
  EXPECT_EQ(map.find(1), 11u);
  EXPECT_EQ(map.size(), 1u);
}

TEST(ConcurrentMapTest, EraseRemovesOnce) {
  IntMap map;
  map.insert(1, 10);
  EXPECT_FALSE(map.erase(2));
  EXPECT_TRUE(map.erase(1));
  EXPECT_FALSE(map.erase(1));
  EXPECT_EQ(map.find(1), std::nullopt);
  EXPECT_TRUE(map.empty());
}

TEST(ConcurrentMapTest, ErasedKeyCanBeInsertedAgain) {
  IntMap map;
  map.insert(1, 10);
  map.erase(1);
  EXPECT_TRUE(map.insert(1, 20));
  EXPECT_EQ(map.find(1), 20u);
}

TEST(ConcurrentMapTest, VisitSeesTheValueInPlace) {
  StringMap map;
  map.insert("key", "value");
  std::string seen;
  EXPECT_TRUE(
      map.visit("key", [&](const std::string& value) { seen = value; }));
  EXPECT_EQ(seen, "value");
  EXPECT_FALSE(map.visit("other", [](const std::string&) { FAIL(); }));
}

TEST(ConcurrentMapTest, SmallestAndLargestKeyAreOrdinaryKeys) {
  IntMap map;
  EXPECT_TRUE(map.insert(kMaxKey, 1));
  EXPECT_TRUE(map.insert(0, 2));
  EXPECT_TRUE(map.insert(kMaxKey - 1, 3));
  EXPECT_FALSE(map.insert(kMaxKey, 4));
  EXPECT_EQ(map.find(kMaxKey), 1u);
  EXPECT_EQ(map.first(), IntEntry(0, 2));
  EXPECT_EQ(map.last(), IntEntry(kMaxKey, 1));
  EXPECT_EQ(map.ceiling(kMaxKey), IntEntry(kMaxKey, 1));
  EXPECT_EQ(map.higher(kMaxKey - 1), IntEntry(kMaxKey, 1));
  EXPECT_EQ(map.higher(kMaxKey), std::nullopt);
  EXPECT_EQ(map.floor(0), IntEntry(0, 2));
  EXPECT_EQ(map.lower(0), std::nullopt);
  EXPECT_EQ(Entries(map),
            (std::vector<IntEntry>{{0, 2}, {kMaxKey - 1, 3}, {kMaxKey, 1}}));
  EXPECT_TRUE(map.erase(kMaxKey));
  EXPECT_EQ(map.last(), IntEntry(kMaxKey - 1, 3));
}

TEST(ConcurrentMapTest, AbsentLargestKeyIsNotFoundBesideItsNeighbours) {
  // A map that pads its free cells with the largest key would find it here.
  IntMap map;
  for (std::uint64_t i = 1; i <= 40; ++i) {
    map.insert(kMaxKey - i, i);
    ASSERT_FALSE(map.contains(kMaxKey));
    ASSERT_FALSE(map.erase(kMaxKey));
    ASSERT_EQ(map.higher(kMaxKey - 1), std::nullopt);
  }
}

// Free cells hold the greatest key of a type whose keys the processor compares.
template <class Key>
void TheFillerIsAKey(Key filler, Key below, int others = 0) {
  ConcurrentMap<Key, int> map;
  for (int i = 0; i < others; ++i) map.insert(static_cast<Key>(i), i);
  const auto find_in_batch = [&](Key key) {
    std::optional<int> value = -1;
    map.find_batch({&key, 1}, {&value, 1});
    return value;
  };
  for (const bool present : {false, true, false}) {
    ASSERT_EQ(map.contains(filler), present);
    ASSERT_EQ(find_in_batch(filler).has_value(), present);
    ASSERT_EQ(map.floor(filler).has_value(), !map.empty());
    ASSERT_EQ(map.ceiling(filler).has_value(), present);
    ASSERT_EQ(map.higher(filler), std::nullopt);
    ASSERT_EQ(map.scan_n(filler, 100, [](Key, int) {}), present ? 1u : 0u);
    ASSERT_EQ(map.erase(filler), present);
    if (!present) {
      ASSERT_TRUE(map.insert_or_assign(filler, 1));
      ASSERT_FALSE(map.insert_or_assign(filler, 2));
      ASSERT_FALSE(map.insert(filler, 3));
      ASSERT_EQ(map.find(filler), 2);
      ASSERT_EQ(map.lower(filler).has_value(), map.size() > 1);
      map.insert(below, 4);
    }
    ASSERT_EQ(map.CheckInvariants(), "");
  }
}

TEST(ConcurrentMapTest, FillersAreKeysOfEveryNaturalType) {
  TheFillerIsAKey<std::uint8_t>(255, 254);
  TheFillerIsAKey<std::int16_t>(32767, 32766);
  TheFillerIsAKey<std::int64_t>(std::numeric_limits<std::int64_t>::max(), 0);
  TheFillerIsAKey<std::uint64_t>(kMaxKey, kMaxKey - 1);
  TheFillerIsAKey<std::uint64_t>(kMaxKey, kMaxKey - 1, 40000);
  TheFillerIsAKey<std::int32_t>(0x7fffffff, -1, 40000);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  TheFillerIsAKey<double>(kInfinity, std::numeric_limits<double>::max());
  TheFillerIsAKey<float>(std::numeric_limits<float>::infinity(), 1.5f);
}

// NaN is no key, for it has no place in the order; it does no harm, though.
TEST(ConcurrentMapTest, NanFindsNothingWhereNothingIs) {
  ConcurrentMap<double, int> map;
  map.insert(1.0, 42);
  map.erase(1.0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(map.find(nan), std::nullopt);
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapTest, NeighboursOfPresentKey) {
  IntMap map;
  FillWithTens(map, 100);
  EXPECT_EQ(map.floor(500), IntEntry(500, 50000));
  EXPECT_EQ(map.ceiling(500), IntEntry(500, 50000));
  EXPECT_EQ(map.lower(500), IntEntry(490, 49000));
  EXPECT_EQ(map.higher(500), IntEntry(510, 51000));
}

TEST(ConcurrentMapTest, NeighboursOfAbsentKey) {
  IntMap map;
  FillWithTens(map, 100);
  EXPECT_EQ(map.floor(505), IntEntry(500, 50000));
  EXPECT_EQ(map.lower(505), IntEntry(500, 50000));
  EXPECT_EQ(map.ceiling(505), IntEntry(510, 51000));
  EXPECT_EQ(map.higher(505), IntEntry(510, 51000));
}

TEST(ConcurrentMapTest, NeighboursBeyondBothEnds) {
  IntMap map;
  FillWithTens(map, 100);
  EXPECT_EQ(map.floor(9), std::nullopt);
  EXPECT_EQ(map.lower(10), std::nullopt);
  EXPECT_EQ(map.ceiling(0), IntEntry(10, 1000));
  EXPECT_EQ(map.ceiling(1001), std::nullopt);
  EXPECT_EQ(map.higher(1000), std::nullopt);
  EXPECT_EQ(map.floor(kMaxKey), IntEntry(1000, 100000));
}

TEST(ConcurrentMapTest, ScanIncludesLowBoundAndExcludesHighBound) {
  IntMap map;
  FillWithTens(map, 100);
  std::vector<std::uint64_t> keys;
  const auto keep = [&](std::uint64_t key, std::uint64_t) {
    keys.push_back(key);
  };
  EXPECT_EQ(map.scan(200, 240, keep), 4u);
  EXPECT_EQ(keys, (std::vector<std::uint64_t>{200, 210, 220, 230}));
  keys.clear();
  EXPECT_EQ(map.scan(201, 241, keep), 4u);
  EXPECT_EQ(keys, (std::vector<std::uint64_t>{210, 220, 230, 240}));
}

TEST(ConcurrentMapTest, ScanReverseVisitsTheSameRangeDownwards) {
  IntMap map;
  FillWithTens(map, 100);
  std::vector<std::uint64_t> keys;
  const auto keep = [&](std::uint64_t key, std::uint64_t) {
    keys.push_back(key);
  };
  EXPECT_EQ(map.scan_reverse(200, 240, keep), 4u);
  EXPECT_EQ(keys, (std::vector<std::uint64_t>{230, 220, 210, 200}));
  keys.clear();
  EXPECT_EQ(map.scan_reverse(201, 241, keep), 4u);
  EXPECT_EQ(keys, (std::vector<std::uint64_t>{240, 230, 220, 210}));
}

TEST(ConcurrentMapTest, RangesOfAnyLengthAreVisitedBothWays) {
  IntMap map;
  FillWithTens(map, 300);
  for (const std::uint64_t length : {1, 2, 5, 30, 60, 100, 150, 200, 290}) {
    // From each key: the first one in its segment, the last, ...
    for (std::uint64_t first = 1; first + length <= 301; ++first) {
      const std::uint64_t lo = 10 * first;
      const std::uint64_t hi = lo + 10 * length;
      std::uint64_t next = lo;
      const auto up = [&](std::uint64_t key, std::uint64_t) {
        EXPECT_EQ(key, next);
        next += 10;
      };
      ASSERT_EQ(map.scan(lo, hi, up), length);
      const auto down = [&](std::uint64_t key, std::uint64_t) {
        next -= 10;
        EXPECT_EQ(key, next);
      };
      ASSERT_EQ(map.scan_reverse(lo - 9, hi - 9, down), length);
    }
  }
}

TEST(ConcurrentMapTest, EmptyAndInvertedRangesVisitNothing) {
  IntMap map;
  FillWithTens(map, 100);
  const auto never = [](std::uint64_t, std::uint64_t) { FAIL(); };
  EXPECT_EQ(map.scan(200, 200, never), 0u);
  EXPECT_EQ(map.scan(240, 200, never), 0u);
  EXPECT_EQ(map.scan(201, 210, never), 0u);
  EXPECT_EQ(map.scan(1001, kMaxKey, never), 0u);
  EXPECT_EQ(map.scan_reverse(200, 200, never), 0u);
  EXPECT_EQ(map.scan_reverse(240, 200, never), 0u);
  EXPECT_EQ(map.scan_reverse(0, 10, never), 0u);
  EXPECT_EQ(map.scan_from(1001, never), 0u);
}

TEST(ConcurrentMapTest, ScanFromReachesTheLargestKey) {
  IntMap map;
  FillWithTens(map, 100);
  map.insert(kMaxKey, 1);
  std::vector<std::uint64_t> keys;
  EXPECT_EQ(map.scan_from(991, [&](std::uint64_t key,
                                   std::uint64_t) { keys.push_back(key); }),
            2u);
  EXPECT_EQ(keys, (std::vector<std::uint64_t>{1000, kMaxKey}));
}

TEST(ConcurrentMapTest, ScanNEndsAtItsLimitTheEndOrTheCallersWish) {
  IntMap map;
  FillWithTens(map, 300);
  std::vector<std::uint64_t> keys;
  const auto keep = [&](std::uint64_t key, std::uint64_t value) {
    EXPECT_EQ(map.find(key), value);
    keys.push_back(key);
  };
  EXPECT_EQ(map.scan_n(201, 0, keep), 0u);
  EXPECT_EQ(map.scan_n(201, 3, keep), 3u);
  EXPECT_EQ(keys, (std::vector<std::uint64_t>{210, 220, 230}));
  for (const std::size_t limit : {1, 4, 5, 31, 64, 100, 112, 113, 1000}) {
    // From each key: the first one in its segment, the last, ...
    for (std::uint64_t from = 10; from <= 3000; from += 10) {
      keys.clear();
      const std::size_t expected =
          std::min<std::size_t>(limit, (3010 - from) / 10);
      EXPECT_EQ(map.scan_n(from, limit, keep), expected);
      ASSERT_EQ(keys.size(), expected);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_EQ(keys[i], from + 10 * i);
      }
    }
  }
  std::size_t calls = 0;
  const auto three = [&](std::uint64_t, std::uint64_t) { return ++calls < 3; };
  EXPECT_EQ(map.scan_n(10, 50, three), 3u);
}

TEST(ConcurrentMapTest, CallbackReturningFalseEndsTheScanAndIsCounted) {
  IntMap map;
  FillWithTens(map, 100);
  std::size_t calls = 0;
  const auto three = [&](std::uint64_t, std::uint64_t) { return ++calls < 3; };
  EXPECT_EQ(map.scan(three), 3u);
  calls = 0;
  EXPECT_EQ(map.scan(0, 1000, three), 3u);
  calls = 0;
  EXPECT_EQ(map.scan_from(10, three), 3u);
  calls = 0;
  EXPECT_EQ(map.scan_reverse(0, 1000, three), 3u);
}

TEST(ConcurrentMapTest, ScanAcceptsCallbackThatCannotBeCopied) {
  IntMap map;
  FillWithTens(map, 100);
  struct Sum {
    std::uint64_t total = 0;
    Sum() = default;
    Sum(const Sum&) = delete;
    Sum& operator=(const Sum&) = delete;
    void operator()(const std::uint64_t& key, const std::uint64_t&) {
      total += key;
    }
  };
  Sum sum;
  map.scan(std::ref(sum));
  EXPECT_EQ(sum.total, 50500u);
}

TEST(ConcurrentMapTest, ClearEmptiesAndTheMapStaysUsable) {
  IntMap map;
  FillWithTens(map, 5000);
  map.clear();
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.first(), std::nullopt);
  EXPECT_EQ(Entries(map), std::vector<IntEntry>());
  EXPECT_EQ(map.CheckInvariants(), "");
  FillWithTens(map, 5000);
  EXPECT_EQ(map.size(), 5000u);
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapTest, SizeNeverWrapsBelowZero) {
  IntMap map;
  for (std::uint64_t i = 0; i < 100; ++i) {
    map.erase(i);
    map.insert(i, i);
    map.erase(i);
    map.erase(i);
    ASSERT_EQ(map.size(), 0u);
  }
}

// --- Ownership ---

TEST(ConcurrentMapTest, MapIsMoveOnly) {
  static_assert(!std::is_copy_constructible_v<IntMap>);
  static_assert(!std::is_copy_assignable_v<IntMap>);
  static_assert(std::is_move_constructible_v<IntMap>);
  static_assert(std::is_move_assignable_v<IntMap>);
}

TEST(ConcurrentMapTest, MoveCarriesTheEntriesAndLeavesAnEmptyMap) {
  IntMap source;
  FillWithTens(source, 5000);
  IntMap target(std::move(source));
  EXPECT_EQ(target.size(), 5000u);
  EXPECT_EQ(target.find(12340), 1234000u);
  EXPECT_EQ(target.CheckInvariants(), "");
  // NOLINTNEXTLINE(bugprone-use-after-move): the state after a move is tested.
  EXPECT_TRUE(source.empty());
  EXPECT_TRUE(source.insert(1, 1));
  EXPECT_EQ(source.size(), 1u);
  EXPECT_EQ(target.size(), 5000u);
}

TEST(ConcurrentMapTest, MoveAssignmentReplacesTheEntries) {
  StringMap source;
  source.insert("source", "s");
  StringMap target;
  for (int i = 0; i < 1000; ++i) target.insert(std::to_string(i), "t");
  target = std::move(source);
  EXPECT_EQ(target.size(), 1u);
  EXPECT_EQ(target.find("source"), "s");
  EXPECT_FALSE(target.contains("1"));
  EXPECT_EQ(target.CheckInvariants(), "");
}

TEST(ConcurrentMapTest, MapsDoNotShareEntries) {
  IntMap a;
  IntMap b;
  FillWithTens(a, 100);
  EXPECT_TRUE(b.empty());
  b.insert(10, 7);
  a.erase(10);
  EXPECT_EQ(b.find(10), 7u);
}

// --- Callbacks call the map ---

TEST(ConcurrentMapTest, VisitCallbackMayCallTheMap) {
  ConcurrentMap<std::string, std::string, std::less<>,
                std::allocator<std::byte>, TinyTuning>
      map;
  map.insert("key", "value");
  EXPECT_TRUE(map.visit("key", [&](const std::string& value) {
    EXPECT_EQ(map.find("key"), "value");
    EXPECT_TRUE(map.erase("key"));
    for (int i = 0; i < 100; ++i) map.insert(std::to_string(i), "other");
    // The value is pinned: it stays readable though its entry is gone.
    EXPECT_EQ(value, "value");
  }));
  EXPECT_EQ(map.size(), 100u);
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapTest, ScanCallbackMayEraseWhatItVisits) {
  ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                std::allocator<std::byte>, TinyTuning>
      map;
  FillWithTens(map, 1000);
  const std::size_t visited = map.scan(
      [&](std::uint64_t key, std::uint64_t) { EXPECT_TRUE(map.erase(key)); });
  EXPECT_EQ(visited, 1000u);
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapTest, ReverseScanCallbackMayInsertBehindAndEraseAhead) {
  ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                std::allocator<std::byte>, TinyTuning>
      map;
  FillWithTens(map, 1000);
  std::uint64_t previous = kMaxKey;
  std::size_t never_erased = 0;
  map.scan_reverse(0, 20000, [&](std::uint64_t key, std::uint64_t) {
    EXPECT_LT(key, previous);
    previous = key;
    if (key % 20 == 10) ++never_erased;
    map.insert(key + 1, 0);
    // A few entries ahead: the scan may have read it already or not.
    if (key > 50 && (key - 50) % 20 == 0) map.erase(key - 50);
  });
  EXPECT_EQ(never_erased, 500u);
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapTest, ScansNest) {
  IntMap map;
  FillWithTens(map, 40);
  std::size_t pairs = 0;
  map.scan([&](std::uint64_t outer, std::uint64_t) {
    pairs += map.scan_from(outer, [](std::uint64_t, std::uint64_t) {});
  });
  EXPECT_EQ(pairs, 820u);
}

// --- Look-up by other types ---

TEST(ConcurrentMapTest, StringKeysAreFoundByStringView) {
  StringMap map;
  map.insert("apple", "a");
  map.insert("banana", "b");
  map.insert("cherry", "c");
  const std::string_view banana("banana, not terminated", 6);
  EXPECT_EQ(map.find(banana), "b");
  EXPECT_TRUE(map.contains(banana));
  EXPECT_EQ(map.floor(std::string_view("bz"))->first, "banana");
  EXPECT_EQ(map.ceiling(std::string_view("bz"))->first, "cherry");
  EXPECT_EQ(map.lower(banana)->first, "apple");
  EXPECT_EQ(map.higher("banana")->first, "cherry");
  EXPECT_EQ(map.scan(std::string_view("b"), "c",
                     [](const std::string& key, const std::string& value) {
                       EXPECT_EQ(key, "banana");
                       EXPECT_EQ(value, "b");
                     }),
            1u);
  EXPECT_TRUE(map.erase(banana));
  EXPECT_EQ(map.size(), 2u);
}

TEST(ConcurrentMapTest, IntegerKeysAreFoundByOtherIntegerTypes) {
  ConcurrentMap<std::int64_t, int> map;
  map.insert(-5, 1);
  map.insert(5, 2);
  EXPECT_EQ(map.find(-5), 1);
  EXPECT_EQ(map.find(std::int16_t{5}), 2);
  EXPECT_EQ(map.floor(4)->first, -5);
}

TEST(ConcurrentMapTest, FindsByTypeNarrowerOrWiderThanTheKeyDoNotTruncate) {
  ConcurrentMap<std::uint8_t, int> map;
  map.insert(std::uint8_t{44}, 1);
  // 300 modulo 256 is 44: a conversion to the key type would find it.
  EXPECT_FALSE(map.contains(300));
  EXPECT_EQ(map.floor(300)->first, 44);
  EXPECT_EQ(map.scan(0, 300, [](std::uint8_t, int) {}), 1u);
}

TEST(ConcurrentMapTest, FindsByOtherNumbersOrderAsTheComparisonDoes) {
  ConcurrentMap<std::uint64_t, int> naturals;
  naturals.insert(7, 1);
  naturals.insert(~std::uint64_t{0} - 4, 2);
  EXPECT_EQ(naturals.find(7), 1);
  EXPECT_EQ(naturals.find(-5), 2);  // what -5 is among unsigned numbers
  EXPECT_EQ(naturals.scan(0, 8, [](std::uint64_t, int) {}), 1u);
  EXPECT_TRUE(naturals.erase(7));

  ConcurrentMap<std::int32_t, int> integers;
  integers.insert(-1, 1);
  integers.insert(1, 2);
  constexpr auto kBeyond = std::int64_t{1} << 40;
  EXPECT_EQ(integers.find(std::int64_t{-1}), 1);
  EXPECT_FALSE(integers.contains(kBeyond + 1));
  EXPECT_EQ(integers.floor(kBeyond)->first, 1);
  EXPECT_FALSE(integers.ceiling(kBeyond));
  EXPECT_EQ(integers.ceiling(-kBeyond)->first, -1);

  // Beside unsigned numbers negative ones count as large.
  ConcurrentMap<std::int64_t, int> negatives;
  negatives.insert(-9, 1);
  EXPECT_FALSE(negatives.floor(std::uint64_t{5}));
  EXPECT_EQ(negatives.ceiling(std::uint64_t{5})->first, -9);

  ConcurrentMap<double, int> reals;
  reals.insert(2, 1);
  EXPECT_EQ(reals.find(2), 1);
  EXPECT_EQ(reals.floor(2.5f)->second, 1);
  EXPECT_FALSE(reals.contains(1));
}

}  // namespace
}  // namespace pma
