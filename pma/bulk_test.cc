// SPDX-License-Identifier: Apache-2.0

// Many entries at once, by one thread: from_sorted, clone, insert_sorted,
// erase_range, erase_if, the batches, shrink_to_fit and reserve.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/random.h"
#include "pma/testing/storage_kinds.h"

namespace pma {
namespace {

using testing::AllocationLedger;
using testing::CountingAllocator;
using testing::Random;
using testing::Scaled;

template <class Kind>
class BulkTest : public ::testing::Test {
 protected:
  using Key = typename Kind::Key;
  using Value = typename Kind::Value;
  using Map = ConcurrentMap<Key, Value, std::less<>, std::allocator<std::byte>,
                            TinyTuning>;
  using Oracle = std::map<Key, Value>;
  static constexpr std::size_t kKeys = 80;

  static Oracle Every(std::size_t step, std::size_t first = 0) {
    Oracle oracle;
    for (std::size_t i = first; i < kKeys; i += step) {
      oracle.emplace(Kind::MakeKey(i), Kind::MakeValue(i));
    }
    return oracle;
  }
  static Oracle Some(Random& random, std::size_t most, std::size_t mark) {
    Oracle oracle;
    for (std::size_t n = random.Below(most); n > 0; --n) {
      const std::size_t i = random.Below(kKeys);
      oracle.emplace(Kind::MakeKey(i), Kind::MakeValue(i + mark));
    }
    return oracle;
  }
  static void ExpectSame(const Map& map, const Oracle& oracle) {
    ASSERT_EQ(map.CheckInvariants(), "");
    ASSERT_EQ(map.size(), oracle.size());
    auto expected = oracle.begin();
    map.scan([&](const Key& key, const Value& value) {
      ASSERT_TRUE(expected != oracle.end());
      ASSERT_EQ(key, expected->first);
      ASSERT_EQ(value, expected->second);
      ++expected;
    });
    for (const auto& [key, value] : oracle) ASSERT_EQ(map.find(key), value);
  }
};
TYPED_TEST_SUITE(BulkTest, testing::StorageKinds);

TYPED_TEST(BulkTest, FromSortedHoldsWhatItWasGivenAndCanBeChanged) {
  using Map = typename TestFixture::Map;
  for (std::size_t count = 0; count <= TestFixture::kKeys; ++count) {
    typename TestFixture::Oracle oracle;
    for (std::size_t i = 0; i < count; ++i) {
      oracle.emplace(TypeParam::MakeKey(i), TypeParam::MakeValue(i));
    }
    Map map = Map::from_sorted(oracle);
    this->ExpectSame(map, oracle);
    if (::testing::Test::HasFatalFailure()) return;
    for (std::size_t i = 0; i < TestFixture::kKeys; i += 3) {
      const auto key = TypeParam::MakeKey(i);
      EXPECT_EQ(map.erase(key), oracle.erase(key) != 0);
    }
    for (std::size_t i = 0; i < TestFixture::kKeys; i += 2) {
      const auto key = TypeParam::MakeKey(i);
      const auto value = TypeParam::MakeValue(i + 1);
      EXPECT_EQ(map.insert(key, value), oracle.emplace(key, value).second);
    }
    this->ExpectSame(map, oracle);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TYPED_TEST(BulkTest, FromSortedNamesTheFirstElementThatDoesNotAscend) {
  using Map = typename TestFixture::Map;
  std::vector<std::pair<typename TestFixture::Key, typename TestFixture::Value>>
      entries;
  for (std::size_t i = 0; i < 60; ++i) {
    entries.emplace_back(TypeParam::MakeKey(i), TypeParam::MakeValue(i));
  }
  for (const std::size_t wrong : {1, 2, 23, 24, 25, 59}) {
    for (const bool equal : {false, true}) {
      auto unsorted = entries;
      unsorted[wrong].first = entries[wrong - (equal ? 1 : 0)].first;
      if (!equal) std::swap(unsorted[wrong].first, unsorted[wrong - 1].first);
      std::string message;
      try {
        Map::from_sorted(unsorted);
      } catch (const std::invalid_argument& error) {
        message = error.what();
      }
      EXPECT_EQ(message, "pma: from_sorted: element " + std::to_string(wrong) +
                             " is not greater than the one before");
    }
  }
}

TYPED_TEST(BulkTest, CloneIsAMapOfItsOwn) {
  auto oracle = this->Every(2);
  auto map = TestFixture::Map::from_sorted(oracle);
  const auto copy = map.clone();
  map.clear();
  map.insert(TypeParam::MakeKey(1), TypeParam::MakeValue(1));
  this->ExpectSame(copy, oracle);
  this->ExpectSame(typename TestFixture::Map().clone(), {});
}

TYPED_TEST(BulkTest, InsertSortedInsertsWhatIsNotThere) {
  Random random(3);
  for (int round = 0; round < Scaled(150, 40); ++round) {
    auto oracle = this->Some(random, 90, 0);
    auto map = TestFixture::Map::from_sorted(oracle);
    for (int merge = 0; merge < 4; ++merge) {
      const auto more = this->Some(random, merge % 2 == 0 ? 8 : 90, 1);
      const std::size_t before = oracle.size();
      oracle.insert(more.begin(), more.end());
      ASSERT_EQ(map.insert_sorted(more), oracle.size() - before);
      this->ExpectSame(map, oracle);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TYPED_TEST(BulkTest,
           InsertSortedMergesWhatComesBeforeAnElementThatDoesNotAscend) {
  using Entry =
      std::pair<typename TestFixture::Key, typename TestFixture::Value>;
  auto oracle = this->Every(4);
  auto map = TestFixture::Map::from_sorted(oracle);
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < 60; ++i) {
    entries.emplace_back(TypeParam::MakeKey(i), TypeParam::MakeValue(i));
  }
  std::swap(entries[40], entries[41]);
  EXPECT_THROW(map.insert_sorted(entries), std::invalid_argument);
  oracle.insert(entries.begin(), entries.begin() + 41);
  this->ExpectSame(map, oracle);
}

TYPED_TEST(BulkTest, EraseRangeErasesTheRangeAndNothingElse) {
  const auto all = this->Every(1);
  for (std::size_t lo = 0; lo < TestFixture::kKeys; lo += 9) {
    for (std::size_t hi = 0; hi < TestFixture::kKeys; hi += 5) {
      auto oracle = all;
      auto map = TestFixture::Map::from_sorted(oracle);
      const auto from = TypeParam::MakeKey(lo);
      const auto to = TypeParam::MakeKey(hi);
      if (lo < hi) {
        oracle.erase(oracle.lower_bound(from), oracle.lower_bound(to));
      }
      ASSERT_EQ(map.erase_range(from, to), all.size() - oracle.size());
      this->ExpectSame(map, oracle);
      ASSERT_EQ(map.erase_range(from, to), 0);
      if (::testing::Test::HasFatalFailure()) return;
      // What is left is a map like any other.
      for (std::size_t i = lo; i < TestFixture::kKeys; i += 4) {
        const auto key = TypeParam::MakeKey(i);
        ASSERT_EQ(map.insert(key, TypeParam::MakeValue(i)),
                  oracle.emplace(key, TypeParam::MakeValue(i)).second);
      }
      this->ExpectSame(map, oracle);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TYPED_TEST(BulkTest, EraseIfErasesWhatThePredicateHoldsFor) {
  auto oracle = this->Every(1);
  auto map = TestFixture::Map::from_sorted(oracle);
  using Entry =
      std::pair<typename TestFixture::Key, typename TestFixture::Value>;
  std::vector<Entry> wanted;
  for (std::size_t i = 0; i < TestFixture::kKeys; i += 3) {
    wanted.emplace_back(TypeParam::MakeKey(i), TypeParam::MakeValue(i));
  }
  const auto is_wanted = [&](const auto& key, const auto& value) {
    return std::ranges::find(wanted, Entry(key, value)) != wanted.end();
  };
  EXPECT_EQ(map.erase_if(is_wanted), wanted.size());
  for (const Entry& entry : wanted) oracle.erase(entry.first);
  this->ExpectSame(map, oracle);
  EXPECT_EQ(map.erase_if(is_wanted), 0);
  EXPECT_EQ(map.erase_if([](const auto&, const auto&) { return true; }),
            oracle.size());
  this->ExpectSame(map, {});
}

TYPED_TEST(BulkTest, BatchesDoWhatSingleOperationsDo) {
  using Key = typename TestFixture::Key;
  using Value = typename TestFixture::Value;
  typename TestFixture::Oracle oracle;
  typename TestFixture::Map map;
  Random random(5);
  for (int round = 0; round < Scaled(200, 60); ++round) {
    std::vector<Key> keys;
    std::vector<Value> values;
    for (std::size_t n = random.Below(50); n > 0; --n) {
      const std::size_t i = random.Below(TestFixture::kKeys);
      keys.push_back(TypeParam::MakeKey(i));
      values.push_back(TypeParam::MakeValue(random.Below(100)));
    }
    const auto said = std::make_unique<bool[]>(keys.size() + 1);
    const std::span<bool> results =
        round % 4 == 0 ? std::span<bool>() : std::span(said.get(), keys.size());
    const std::uint64_t kind = random.Below(3);
    std::size_t count = 0;
    std::vector<bool> expected;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      expected.push_back(
          kind == 0   ? oracle.emplace(keys[i], values[i]).second
          : kind == 1 ? oracle.insert_or_assign(keys[i], values[i]).second
                      : oracle.erase(keys[i]) > 0);
      count += expected.back();
    }
    const std::size_t answer =
        kind == 0   ? map.insert_batch(keys, values, results)
        : kind == 1 ? map.assign_batch(keys, values, results)
                    : map.erase_batch(keys, results);
    ASSERT_EQ(answer, count);
    for (std::size_t i = 0; i < results.size(); ++i) {
      ASSERT_EQ(results[i], expected[i]);
    }
    this->ExpectSame(map, oracle);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TYPED_TEST(BulkTest, ShrinkToFitPacksWhatErasuresHaveLeft) {
  for (const std::size_t step : {2, 5, 79}) {
    auto map = TestFixture::Map::from_sorted(this->Every(1));
    const auto kept = this->Every(step);
    map.erase_if(
        [&](const auto& key, const auto&) { return !kept.contains(key); });
    const std::size_t before = map.memory_usage().allocated_bytes;
    map.shrink_to_fit();
    EXPECT_LE(map.memory_usage().allocated_bytes, before);
    this->ExpectSame(map, kept);
  }
  typename TestFixture::Map empty;
  empty.shrink_to_fit();
  this->ExpectSame(empty, {});
}

// --- What ranges may be -----------------------------------------------------

TEST(BulkRangesTest, ViewsAndMoveIteratorsAndListsAreRanges) {
  using Words = ConcurrentMap<int, std::unique_ptr<int>>;
  std::vector<std::pair<int, std::unique_ptr<int>>> owned;
  for (int i = 0; i < 500; ++i) owned.emplace_back(i, std::make_unique<int>(i));
  const auto moved =
      std::ranges::subrange(std::move_iterator(owned.begin()),
                            std::move_iterator(owned.begin() + 300));
  auto map = Words::from_sorted(moved);
  EXPECT_EQ(map.size(), 300);
  EXPECT_EQ(owned[7].second, nullptr);
  EXPECT_EQ(map.insert_sorted(
                std::ranges::subrange(std::move_iterator(owned.begin() + 300),
                                      std::move_iterator(owned.end()))),
            200);
  EXPECT_TRUE(
      map.visit(499, [](const auto& value) { EXPECT_EQ(*value, 499); }));

  using Numbers = ConcurrentMap<std::uint64_t, std::uint64_t>;
  const auto squares =
      std::views::iota(0, 1000) | std::views::transform([](int i) {
        return std::pair<int, int>(i, i * i);
      });
  auto numbers = Numbers::from_sorted(squares);
  EXPECT_EQ(numbers.find(30), 900);
  EXPECT_EQ(numbers.insert_sorted({{5, 1}, {5000, 2}}), 1);
  EXPECT_EQ(Numbers::from_sorted({{1, 2}, {3, 4}}).find(3), 4);
  // Read once, and no longer than it is.
  std::istringstream words("1 2 3");
  auto read =
      std::views::istream<int>(words) | std::views::transform([](int i) {
        return std::pair<int, int>(i + 2000, i);
      });
  EXPECT_EQ(numbers.insert_sorted(read), 3);
}

TEST(BulkRangesTest, ComparatorsAndAllocatorsAreTheMaps) {
  AllocationLedger ledger;
  {
    using Map = ConcurrentMap<int, std::string, std::greater<>,
                              CountingAllocator<std::byte>>;
    const std::vector<std::pair<int, const char*>> entries = {
        {3, "c"}, {2, "b"}, {1, "a"}};
    auto map = Map::from_sorted(entries, std::greater<>(),
                                CountingAllocator<std::byte>(&ledger));
    EXPECT_EQ(map.first()->first, 3);
    EXPECT_GT(ledger.live_bytes(), 0);
    const auto copy = map.clone();
    EXPECT_EQ(copy.get_allocator().ledger(), &ledger);
    EXPECT_EQ(copy.find(2), "b");
    EXPECT_EQ(map.erase_range(3, 1), 2);
  }
  EXPECT_EQ(ledger.live_bytes(), 0);
}

TEST(BulkRangesTest, BoundsMayBeWhatKeysAreComparedWith) {
  ConcurrentMap<std::string, int> map;
  for (int i = 0; i < 5000; ++i) {
    map.insert("key " + std::to_string(10000 + i), i);
  }
  EXPECT_EQ(map.erase_range(std::string_view("key 11"), "key 12"), 1000);
  EXPECT_EQ(map.size(), 4000);
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(BulkRangesTest, BatchesOfWrongLengthsDoNothing) {
  ConcurrentMap<int, int> map;
  const std::vector<int> keys = {1, 2, 3};
  const std::vector<int> values = {1, 2};
  std::array<bool, 2> results{};
  EXPECT_THROW(map.insert_batch(keys, values), std::invalid_argument);
  EXPECT_THROW(map.assign_batch(keys, values), std::invalid_argument);
  EXPECT_THROW(map.insert_batch(keys, keys, results), std::invalid_argument);
  EXPECT_THROW(map.assign_batch(keys, keys, results), std::invalid_argument);
  EXPECT_THROW(map.erase_batch(keys, results), std::invalid_argument);
  EXPECT_TRUE(map.empty());
}

// --- Large maps -------------------------------------------------------------

using Large = ConcurrentMap<std::uint64_t, std::uint64_t>;

std::map<std::uint64_t, std::uint64_t> RandomEntries(std::uint64_t seed,
                                                     std::size_t count) {
  Random random(seed);
  std::map<std::uint64_t, std::uint64_t> entries;
  while (entries.size() < count) entries.emplace(random.Next(), count);
  return entries;
}

void ExpectSame(const Large& map,
                const std::map<std::uint64_t, std::uint64_t>& oracle) {
  ASSERT_EQ(map.CheckInvariants(), "");
  ASSERT_EQ(map.size(), oracle.size());
  auto expected = oracle.begin();
  map.scan([&](std::uint64_t key, std::uint64_t value) {
    ASSERT_TRUE(expected != oracle.end() && key == expected->first &&
                value == expected->second);
    ++expected;
  });
}

TEST(LargeBulkTest, FromSortedUsesNineCellsOfTen) {
  const auto entries = RandomEntries(1, 100'000);
  const auto map = Large::from_sorted(entries);
  ExpectSame(map, entries);
  EXPECT_LE(map.memory_usage().allocated_bytes,
            entries.size() * 16 * 121 / 100);
}

// A few entries for each extent, several for each segment, more than there is
// room for, a stretch between two others, and behind all.
TEST(LargeBulkTest, InsertSortedMergesFewAndMany) {
  for (const std::size_t more : {100, 3000, 20'000, 90'000}) {
    auto oracle = RandomEntries(2, 60'000);
    Large map;
    for (const auto& [key, value] : oracle) map.insert(key, value);
    const auto merged = RandomEntries(more, more);
    oracle.insert(merged.begin(), merged.end());
    EXPECT_EQ(map.insert_sorted(merged), more);
    ExpectSame(map, oracle);
    EXPECT_EQ(map.insert_sorted(merged), 0);
    ExpectSame(map, oracle);
    for (const std::uint64_t from :
         {std::uint64_t{1} << 63, ~std::uint64_t{0} - 100'000}) {
      std::map<std::uint64_t, std::uint64_t> run;
      for (std::uint64_t i = 0; i < 70'000; ++i) run.emplace(from + i, i);
      const std::size_t before = oracle.size();
      oracle.insert(run.begin(), run.end());
      EXPECT_EQ(map.insert_sorted(run), oracle.size() - before);
      ExpectSame(map, oracle);
    }
    if (::testing::Test::HasFatalFailure()) return;
  }
}

// The key that fills up segments, too.
TEST(LargeBulkTest, TheGreatestKeyIsAKeyLikeAnyOther) {
  std::map<std::uint64_t, std::uint64_t> oracle;
  for (std::uint64_t i = 0; i < 40'000; ++i) oracle.emplace(~i * 2 + 1, i);
  oracle.emplace(~std::uint64_t{0}, 7);
  auto map = Large::from_sorted(oracle);
  ExpectSame(map, oracle);
  std::map<std::uint64_t, std::uint64_t> more;
  for (std::uint64_t i = 0; i < 40'000; ++i)
    more.emplace(~std::uint64_t{0} - i, i);
  const std::size_t before = oracle.size();
  oracle.insert(more.begin(), more.end());
  EXPECT_EQ(map.insert_sorted(more), oracle.size() - before);
  ExpectSame(map, oracle);
  map.erase(~std::uint64_t{0});
  const std::array<std::uint64_t, 2> keys = {~std::uint64_t{0}, 3};
  EXPECT_EQ(map.insert_batch(keys, keys), 2);
  EXPECT_EQ(map.erase_range(0, ~std::uint64_t{0}), oracle.size());
  EXPECT_EQ(map.first()->first, ~std::uint64_t{0});
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(LargeBulkTest, EraseRangeGivesMemoryBack) {
  constexpr std::size_t kCount = Scaled(1'000'000, 200'000);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> entries(kCount);
  for (std::size_t i = 0; i < kCount; ++i) entries[i] = {i * 3, i};
  auto map = Large::from_sorted(entries);
  EXPECT_EQ(map.erase_range(kCount / 20 * 3, kCount / 20 * 19 * 3),
            kCount / 10 * 9);
  EXPECT_EQ(map.size(), kCount / 10);
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_LE(map.memory_usage().allocated_bytes, map.size() * 16 * 3 / 2);
  EXPECT_EQ(map.memory_usage().retired_bytes, 0);
  EXPECT_EQ(map.erase_range(0, kCount * 3), kCount / 10);
  EXPECT_LE(map.memory_usage().allocated_bytes, 64 << 10);
}

TEST(LargeBulkTest, ReserveMakesTheMemoryThatInsertionsWant) {
  AllocationLedger ledger;
  {
    ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                  CountingAllocator<std::byte>>
        map((CountingAllocator<std::byte>(&ledger)));
    constexpr std::size_t kCount = 300'000;
    map.reserve(kCount);
    const std::size_t reserved = map.memory_usage().allocated_bytes;
    EXPECT_GE(reserved, kCount * 16);
    EXPECT_LE(reserved, kCount * 32);
    map.reserve(kCount);
    EXPECT_EQ(map.memory_usage().allocated_bytes, reserved);
    const std::size_t slabs = ledger.LiveBytesInBlocksFrom(16 << 10);
    Random random(4);
    for (std::size_t i = 0; i < kCount; ++i) map.insert(random.Next(), i);
    EXPECT_EQ(ledger.LiveBytesInBlocksFrom(16 << 10), slabs);
    EXPECT_EQ(map.CheckInvariants(), "");
    map.clear();
    map.reserve(kCount);
    auto moved = std::move(map);
    moved.shrink_to_fit();
    EXPECT_LE(moved.memory_usage().allocated_bytes, 64 << 10);
  }
  EXPECT_EQ(ledger.live_bytes(), 0);
  EXPECT_EQ(ledger.wrong_deallocations(), 0);
}

}  // namespace
}  // namespace pma
