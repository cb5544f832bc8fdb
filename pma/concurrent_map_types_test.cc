// SPDX-License-Identifier: Apache-2.0

// Every kind of key and value the map promises, against absl::btree_map under
// the same comparator. Segments are tiny, so that few entries already split,
// merge and rebalance.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/differential_map.h"
#include "pma/testing/gtest_failures.h"
#include "pma/testing/random.h"
#include "pma/testing/random_operations.h"
#include "pma/testing/sample_types.h"

namespace pma {
namespace {

using testing::DifferentialMap;
using testing::Random;
using testing::ReportFirst;
using testing::RunRandomOperations;
using testing::Sample;
using testing::Scaled;

template <class KeyT, class ValueT, class CompareT = std::less<>>
struct TypeCase {
  using Key = KeyT;
  using Value = ValueT;
  using Compare = CompareT;
};

template <class Case>
class ConcurrentMapTypesTest : public ::testing::Test {
 protected:
  using Key = typename Case::Key;
  using Value = typename Case::Value;
  using Checked =
      DifferentialMap<Key, Value, typename Case::Compare, TinyTuning>;
};

using TypeCases = ::testing::Types<
    TypeCase<std::uint64_t, std::uint64_t>,
    TypeCase<std::uint64_t, std::uint64_t, std::greater<>>,
    TypeCase<std::int64_t, std::string>,                              //
    TypeCase<std::uint8_t, testing::Odd12>,                           //
    TypeCase<std::int16_t, testing::Big40>,                           //
    TypeCase<std::uint32_t, testing::Tiny3>,                          //
    TypeCase<double, double>,                                         //
    TypeCase<float, bool, std::greater<float>>,                       //
    TypeCase<std::string, std::string>,                               //
    TypeCase<std::string, std::uint64_t, std::greater<std::string>>,  //
    TypeCase<std::string, int, testing::IgnoringCase>,                //
    TypeCase<testing::Pair16, testing::Padded>,                       //
    TypeCase<testing::Quad32, testing::Quad32, testing::ByThirdThenFirst>,
    // As numbers (key_encoding.h), of one word and of three:
    TypeCase<std::pair<std::int32_t, std::uint32_t>, std::uint64_t>,
    TypeCase<testing::Bid, testing::Odd12, std::greater<>>,
    TypeCase<testing::Odd12, std::uint8_t>,  //
    TypeCase<testing::Big40, std::uint16_t>>;
TYPED_TEST_SUITE(ConcurrentMapTypesTest, TypeCases);

TYPED_TEST(ConcurrentMapTypesTest, EverySampleKeyIsAnOrdinaryKey) {
  using TestKey = typename TestFixture::Key;
  using TestValue = typename TestFixture::Value;
  typename TestFixture::Checked checked((ReportFirst()));
  constexpr std::uint64_t kKeys = 300;  // covers all keys of one byte
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const TestKey key = Sample<TestKey>::At(i);
    checked.Find(key);
    checked.Insert(key, Sample<TestValue>::At(i));
    checked.Find(key);
    checked.Insert(key, Sample<TestValue>::At(i + 1));
    checked.Visit(key);
  }
  checked.CheckEverything();
  for (std::uint64_t i = 0; i < 2 * kKeys; ++i) {
    const TestKey key = Sample<TestKey>::At(i);
    checked.Contains(key);
    checked.Floor(key);
    checked.Ceiling(key);
    checked.Lower(key);
    checked.Higher(key);
    checked.Scan(key, Sample<TestKey>::At(2 * kKeys - i), 10);
    checked.ScanReverse(key, Sample<TestKey>::At(2 * kKeys - i), 10);
    checked.ScanFrom(key, 10);
  }
  for (std::uint64_t i = kKeys; i-- > 0;) checked.Erase(Sample<TestKey>::At(i));
  checked.CheckEverything();
}

TYPED_TEST(ConcurrentMapTypesTest, RandomOperationsAgreeWithOracle) {
  typename TestFixture::Checked checked((ReportFirst()));
  RunRandomOperations(checked, /*seed=*/2026, /*universe=*/1500,
                      /*operations_per_phase=*/Scaled(12000, 2500));
}

// --- Types a copying oracle cannot hold ---

TEST(ConcurrentMapMoveOnlyTest, MoveOnlyValuesAreInsertedVisitedAndErased) {
  using Pointer = std::unique_ptr<std::uint64_t>;
  ConcurrentMap<std::uint64_t, Pointer, std::less<>, std::allocator<std::byte>,
                TinyTuning>
      map;
  constexpr std::uint64_t kKeys = 1000;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const std::uint64_t key = i * 7 % kKeys;
    ASSERT_TRUE(map.insert(key, std::make_unique<std::uint64_t>(key + 1)));
    ASSERT_FALSE(map.try_emplace(key, std::make_unique<std::uint64_t>(0)));
  }
  ASSERT_EQ(map.CheckInvariants(), "");
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    std::uint64_t seen = 0;
    ASSERT_TRUE(map.visit(key, [&](const Pointer& value) { seen = *value; }));
    ASSERT_EQ(seen, key + 1);
  }
  ASSERT_FALSE(map.insert_or_assign(5, std::make_unique<std::uint64_t>(55)));
  ASSERT_TRUE(map.visit(5, [](const Pointer& v) { EXPECT_EQ(*v, 55u); }));
  ASSERT_FALSE(map.insert_or_assign(5, std::make_unique<std::uint64_t>(6)));
  for (std::uint64_t key = 0; key < kKeys; key += 2) {
    ASSERT_TRUE(map.erase(key));
  }
  std::uint64_t expected = 1;
  map.scan([&](std::uint64_t key, const Pointer& value) {
    EXPECT_EQ(key, expected);
    EXPECT_EQ(*value, key + 1);
    expected += 2;
  });
  EXPECT_EQ(expected, kKeys + 1);
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapMoveOnlyTest, RefusedValueIsNotLeaked) {
  struct CountsItself {
    explicit CountsItself(int* counter) : live(counter) { ++*live; }
    CountsItself(CountsItself&& other) noexcept : live(other.live) { ++*live; }
    CountsItself(const CountsItself&) = delete;
    CountsItself& operator=(const CountsItself&) = delete;
    ~CountsItself() { --*live; }
    int* live;
  };
  int live = 0;
  {
    ConcurrentMap<int, CountsItself> map;
    for (int round = 0; round < 3; ++round) {
      for (int key = 0; key < 100; ++key) map.try_emplace(key, &live);
      EXPECT_GE(live, 100);
    }
    for (int key = 0; key < 50; ++key) {
      map.insert_or_assign(key, CountsItself(&live));
    }
    for (int key = 0; key < 100; key += 2) map.erase(key);
  }
  EXPECT_EQ(live, 0);
}

TEST(ConcurrentMapComparatorTest, StatefulComparatorIsKeptAndUsed) {
  using Checked = DifferentialMap<std::uint64_t, std::uint64_t,
                                  testing::ByBitsXor, TinyTuning>;
  Checked checked(ReportFirst(), testing::ByBitsXor(0x5555));
  RunRandomOperations(checked, /*seed=*/7, /*universe=*/700,
                      /*operations_per_phase=*/Scaled(4000, 1000));
}

TEST(ConcurrentMapComparatorTest, StatefulComparatorMovesWithTheMap) {
  using Map = ConcurrentMap<std::uint64_t, std::uint64_t, testing::ByBitsXor>;
  Map source(testing::ByBitsXor(~std::uint64_t{0}));  // descending
  for (std::uint64_t i = 0; i < 100; ++i) source.insert(i, i);
  Map target(std::move(source));
  target.insert(100, 100);
  EXPECT_EQ(target.first()->first, 100u);
  EXPECT_EQ(target.last()->first, 0u);
  EXPECT_EQ(target.CheckInvariants(), "");
}

template <class Key>
void EverythingGoesBackToTheAllocator() {
  testing::AllocationLedger ledger;
  {
    using Map =
        ConcurrentMap<Key, std::string, std::less<>,
                      testing::CountingAllocator<std::byte>, TinyTuning>;
    Map map((testing::CountingAllocator<std::byte>(&ledger)));
    Random random(3);
    for (int i = 0; i < 4000; ++i) {
      const Key key = Sample<Key>::At(random.Below(1000));
      if (random.Below(3) == 0) {
        map.erase(key);
      } else {
        map.insert_or_assign(key, std::string(40, 'v'));
      }
    }
    EXPECT_EQ(map.CheckInvariants(), "");
    EXPECT_GT(ledger.live_bytes(), 0u) << "the allocator was not used";
    // Moved-to and cleared maps give back through the same allocator.
    Map other(std::move(map));
    other.clear();
    other.insert(Sample<Key>::At(1), "last");
  }
  EXPECT_EQ(ledger.live_bytes(), 0u);
  EXPECT_EQ(ledger.wrong_deallocations(), 0u);
}

TEST(ConcurrentMapAllocatorTest, EverythingGoesBackWithInlineKeys) {
  EverythingGoesBackToTheAllocator<std::uint64_t>();
}

TEST(ConcurrentMapAllocatorTest, EverythingGoesBackWithStringKeys) {
  EverythingGoesBackToTheAllocator<std::string>();
}

}  // namespace
}  // namespace pma
