// SPDX-License-Identifier: Apache-2.0

// Nothing is lost, repeated or misplaced in any order of insertion and erasure.
//
// Each case inserts the keys in one order, compares the whole content with
// absl::btree_map, looks every key and every gap up, erases most of it in
// another order, compares again and erases the rest.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/container/btree_map.h"
#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/key_orders.h"
#include "pma/testing/random.h"

namespace pma {
namespace {

using testing::KeyOrder;
using testing::kKeyOrders;
using testing::Scaled;

// Number n as a key. Numbers are multiples of kStep, so that n - 1 and n + 1
// fall into the gaps between the keys.
constexpr std::uint64_t kStep = 4;

template <class Key>
Key KeyOf(std::uint64_t number) {
  if constexpr (std::is_same_v<Key, std::string>) {
    std::string digits = std::to_string(number);
    return "/shared/prefix/" + std::string(10 - digits.size(), '0') + digits;
  } else {
    return static_cast<Key>(number);
  }
}

std::uint64_t ValueOf(std::uint64_t number) { return testing::Mix64(number); }

// The number of the key with this index; the first is not 0, so that there is
// a gap below it.
std::uint64_t NumberOf(std::uint64_t index) { return (index + 1) * kStep; }

template <class Key>
using Oracle = absl::btree_map<Key, std::uint64_t>;
template <class Key>
using Entry = std::pair<Key, std::uint64_t>;

template <class Key>
Oracle<Key> OracleOf(std::size_t count) {
  Oracle<Key> oracle;
  for (std::size_t i = 0; i < count; ++i) {
    oracle.emplace_hint(oracle.end(), KeyOf<Key>(NumberOf(i)),
                        ValueOf(NumberOf(i)));
  }
  return oracle;
}

template <class Key, class Map>
void ExpectSameEntries(const Map& map, const Oracle<Key>& oracle) {
  ASSERT_EQ(map.CheckInvariants(), "");
  ASSERT_EQ(map.size(), oracle.size());
  std::size_t differences = 0;
  auto expected = oracle.begin();
  std::size_t count = map.scan([&](const Key& key, const std::uint64_t& value) {
    if (expected == oracle.end() || expected->first != key ||
        expected->second != value) {
      ++differences;
      return false;
    }
    ++expected;
    return true;
  });
  ASSERT_EQ(differences, 0u) << "ascending, at entry " << count - 1;
  ASSERT_EQ(count, oracle.size());
  if (oracle.empty()) return;
  expected = std::prev(oracle.end());
  ASSERT_EQ(map.last(), Entry<Key>(*expected));
  ASSERT_EQ(map.first(), Entry<Key>(*oracle.begin()));
  count = map.scan_reverse(
      oracle.begin()->first, expected->first,
      [&](const Key& key, const std::uint64_t& value) {
        --expected;
        if (expected->first != key || expected->second != value) {
          ++differences;
          return false;
        }
        return true;
      });
  ASSERT_EQ(differences, 0u) << "descending, at entry " << count - 1;
  ASSERT_EQ(count, oracle.size() - 1);
}

// Each key by every kind of look-up, and the gaps beside it.
template <class Key, class Map>
void ExpectEveryKeyAndGapIsAnswered(const Map& map, const Oracle<Key>& oracle,
                                    std::size_t count, std::size_t stride) {
  const auto entry = [&](auto it) {
    return it == oracle.end() ? std::optional<Entry<Key>>() : Entry<Key>(*it);
  };
  for (std::size_t i = 0; i < count; i += stride) {
    const std::uint64_t number = NumberOf(i);
    const auto it = oracle.find(KeyOf<Key>(number));
    const bool present = it != oracle.end();
    ASSERT_EQ(map.contains(KeyOf<Key>(number)), present) << number;
    ASSERT_EQ(map.find(KeyOf<Key>(number)),
              present ? std::optional(it->second) : std::nullopt)
        << number;
    const Key gap_below = KeyOf<Key>(number - 1);
    const Key gap_above = KeyOf<Key>(number + 1);
    ASSERT_FALSE(map.contains(gap_below)) << number;
    ASSERT_FALSE(map.find(gap_above).has_value()) << number;
    const auto above = oracle.upper_bound(KeyOf<Key>(number));
    const auto at_or_above = present ? it : above;
    const auto below =
        at_or_above == oracle.begin() ? oracle.end() : std::prev(at_or_above);
    const auto at_or_below = present ? it : below;
    ASSERT_EQ(map.floor(gap_above), entry(at_or_below)) << number;
    ASSERT_EQ(map.lower(gap_above), entry(at_or_below)) << number;
    ASSERT_EQ(map.ceiling(gap_below), entry(at_or_above)) << number;
    ASSERT_EQ(map.higher(gap_below), entry(at_or_above)) << number;
    ASSERT_EQ(map.floor(KeyOf<Key>(number)), entry(at_or_below)) << number;
    ASSERT_EQ(map.ceiling(KeyOf<Key>(number)), entry(at_or_above)) << number;
    ASSERT_EQ(map.lower(KeyOf<Key>(number)), entry(below)) << number;
    ASSERT_EQ(map.higher(KeyOf<Key>(number)), entry(above)) << number;
  }
}

template <class Key, class Tuning>
void InsertCompareEraseCompare(const KeyOrder& insertion,
                               const KeyOrder& erasure) {
  const std::size_t count = insertion.size();
  // Ten look-ups per key are dear: of a large map every 10th key is asked for
  // (10 shares no factor with the cells of a segment), and all by find below.
  const std::size_t stride = count > Scaled(50000, 5000) ? 10 : 1;
  ConcurrentMap<Key, std::uint64_t, std::less<>, std::allocator<std::byte>,
                Tuning>
      map;
  for (const std::uint32_t i : insertion) {
    const std::uint64_t number = NumberOf(i);
    ASSERT_TRUE(map.insert(KeyOf<Key>(number), ValueOf(number))) << number;
  }
  Oracle<Key> oracle = OracleOf<Key>(count);
  ASSERT_NO_FATAL_FAILURE(ExpectSameEntries(map, oracle));
  for (const std::uint32_t i : insertion) {
    const std::uint64_t number = NumberOf(i);
    ASSERT_EQ(map.find(KeyOf<Key>(number)), ValueOf(number)) << number;
  }
  ASSERT_NO_FATAL_FAILURE(
      ExpectEveryKeyAndGapIsAnswered(map, oracle, count, stride));
  for (const std::uint32_t i : insertion) {
    ASSERT_FALSE(map.insert(KeyOf<Key>(NumberOf(i)), 0)) << NumberOf(i);
  }
  ASSERT_EQ(map.size(), count);

  // All but a tenth, then the rest.
  const std::size_t most = count - count / 10;
  for (std::size_t i = 0; i < most; ++i) {
    const Key key = KeyOf<Key>(NumberOf(erasure[i]));
    ASSERT_TRUE(map.erase(key)) << NumberOf(erasure[i]);
    if (count <= 50000) oracle.erase(key);
  }
  if (count > 50000) {  // erasing from a large btree is slower than rebuilding
    oracle.clear();
    KeyOrder rest(erasure.begin() + static_cast<std::ptrdiff_t>(most),
                  erasure.end());
    std::sort(rest.begin(), rest.end());
    for (const std::uint32_t i : rest) {
      oracle.emplace_hint(oracle.end(), KeyOf<Key>(NumberOf(i)),
                          ValueOf(NumberOf(i)));
    }
  }
  ASSERT_NO_FATAL_FAILURE(ExpectSameEntries(map, oracle));
  ASSERT_NO_FATAL_FAILURE(
      ExpectEveryKeyAndGapIsAnswered(map, oracle, count, stride));
  for (std::size_t i = most; i < count; ++i) {
    ASSERT_TRUE(map.erase(KeyOf<Key>(NumberOf(erasure[i]))));
  }
  ASSERT_NO_FATAL_FAILURE(ExpectSameEntries(map, Oracle<Key>()));
}

// One order of insertion; the orders of erasure go round, so that each meets
// others in the course of the sizes.
class ConcurrentMapOrdersTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  template <class Key, class Tuning = DefaultTuning>
  void Run(std::size_t count, std::size_t erasure_distance) {
    const std::size_t insertion = GetParam();
    const std::size_t erasure =
        (insertion + erasure_distance) % std::size(kKeyOrders);
    SCOPED_TRACE(::testing::Message()
                 << count << " keys erased " << kKeyOrders[erasure].name);
    InsertCompareEraseCompare<Key, Tuning>(kKeyOrders[insertion].make(count),
                                           kKeyOrders[erasure].make(count));
  }
};

TEST_P(ConcurrentMapOrdersTest, OneKey) {
  Run<std::uint64_t>(1, 0);
  Run<std::uint64_t, TinyTuning>(1, 0);
}

TEST_P(ConcurrentMapOrdersTest, TwoKeys) {
  Run<std::uint64_t>(2, 2);
  Run<std::uint64_t, TinyTuning>(2, 2);
}

TEST_P(ConcurrentMapOrdersTest, OneFullSegment) {
  Run<std::uint64_t>(56, 1);
  Run<std::uint64_t>(56, 2);
}

TEST_P(ConcurrentMapOrdersTest, OneKeyMoreThanASegmentHolds) {
  Run<std::uint64_t>(57, 1);
  Run<std::uint64_t>(57, 3);
}

TEST_P(ConcurrentMapOrdersTest, ThousandKeys) {
  Run<std::uint64_t>(1000, 1);
  Run<std::uint64_t>(1000, 4);
}

TEST_P(ConcurrentMapOrdersTest, ThousandStringKeys) {
  Run<std::string>(1000, 2);
  Run<std::string, TinyTuning>(1000, 5);
}

TEST_P(ConcurrentMapOrdersTest, TinySegmentsUnderEveryOrderOfErasure) {
  for (std::size_t i = 0; i < std::size(kKeyOrders); ++i) {
    Run<std::uint64_t, TinyTuning>(Scaled(600, 200), i);
  }
  Run<std::uint64_t, TinyTuning>(Scaled(10000, 2000), 1);
}

// A million in the binary users get; under sanitizers as many as make several
// extents, since they look for misuse and not for size.
TEST_P(ConcurrentMapOrdersTest, MillionKeys) {
  Run<std::uint64_t>(Scaled(1000000, 20000), 1);
}

INSTANTIATE_TEST_SUITE_P(
    EveryOrder, ConcurrentMapOrdersTest,
    ::testing::Range(std::size_t{0}, std::size(kKeyOrders)),
    [](const ::testing::TestParamInfo<std::size_t>& order) {
      return std::string(kKeyOrders[order.param].name);
    });

// The orders themselves: a test of orders that are no permutations proves less.
TEST(KeyOrdersTest, EveryOrderIsAPermutation) {
  for (const auto& order : kKeyOrders) {
    for (const std::size_t count : {1u, 2u, 3u, 31u, 32u, 97u, 98u, 1000u}) {
      KeyOrder keys = order.make(count);
      std::sort(keys.begin(), keys.end());
      EXPECT_EQ(keys, testing::Ascending(count)) << order.name << " " << count;
    }
  }
}

}  // namespace
}  // namespace pma
