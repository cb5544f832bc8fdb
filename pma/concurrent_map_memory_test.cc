// Erased space is given back, and garbage stays bounded.
//
// The bounds are generous (a factor of two, a fixed slack): they catch memory
// that is never given back, not a few percent.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/key_orders.h"
#include "pma/testing/random.h"
#include "pma/testing/sample_types.h"

namespace pma {
namespace {

using testing::AllocationLedger;
using testing::CountingAllocator;
using testing::KeyOrder;
using testing::Scaled;

// What a quiescent map may hold beyond its entries: less than one extent of
// the default tuning, so that an extent kept for nothing is noticed.
constexpr std::size_t kSlackBytes = 64 * 1024;

template <class Key>
Key KeyOf(std::uint32_t number) {
  if constexpr (std::is_same_v<Key, std::string>) {
    return "shared/prefix/" + std::to_string(number);
  } else {
    return static_cast<Key>(number) * 16;
  }
}

template <class Case>
class ConcurrentMapMemoryTest : public ::testing::Test {
 public:
  using Key = std::tuple_element_t<0, Case>;
  using Tuning = std::tuple_element_t<1, Case>;
  using Map =
      ConcurrentMap<Key, Key, std::less<>, std::allocator<std::byte>, Tuning>;

  static constexpr std::size_t kKeys = std::is_same_v<Tuning, TinyTuning>
                                           ? Scaled(20000, 4000)
                                           : Scaled(200000, 40000);

  static void Fill(Map& map, const KeyOrder& order) {
    for (const std::uint32_t i : order) {
      map.insert(KeyOf<Key>(i), KeyOf<Key>(i));
    }
  }
};

using MemoryCases = ::testing::Types<std::tuple<std::uint64_t, DefaultTuning>,
                                     std::tuple<std::uint64_t, TinyTuning>,
                                     std::tuple<std::string, DefaultTuning>,
                                     std::tuple<std::string, TinyTuning>>;
TYPED_TEST_SUITE(ConcurrentMapMemoryTest, MemoryCases);

// Erases all but a tenth of `keys` in this order, and compares with a map that
// never held more than that tenth.
template <class Fixture, class Map, class Key>
void ExpectMemoryOfTheRemainder(const KeyOrder& erasure) {
  Map map;
  Fixture::Fill(map, testing::Shuffled(erasure.size()));
  const std::size_t full_bytes = map.memory_usage().allocated_bytes;
  const std::size_t most = erasure.size() / 10 * 9;
  for (std::size_t i = 0; i < most; ++i) {
    ASSERT_TRUE(map.erase(KeyOf<Key>(erasure[i])));
  }
  ASSERT_EQ(map.CheckInvariants(), "");
  KeyOrder remainder(erasure.begin() + static_cast<std::ptrdiff_t>(most),
                     erasure.end());
  testing::Random(1).Shuffle(remainder);
  Map fresh;
  Fixture::Fill(fresh, remainder);
  ASSERT_EQ(map.size(), fresh.size());
  EXPECT_LE(map.memory_usage().allocated_bytes,
            2 * fresh.memory_usage().allocated_bytes + kSlackBytes)
      << "with all keys: " << full_bytes;
}

TYPED_TEST(ConcurrentMapMemoryTest, ErasingMostKeysAtRandomGivesMemoryBack) {
  ExpectMemoryOfTheRemainder<TestFixture, typename TestFixture::Map,
                             typename TestFixture::Key>(
      testing::Shuffled(TestFixture::kKeys));
}

TYPED_TEST(ConcurrentMapMemoryTest, ErasingFromBelowGivesMemoryBack) {
  ExpectMemoryOfTheRemainder<TestFixture, typename TestFixture::Map,
                             typename TestFixture::Key>(
      testing::Ascending(TestFixture::kKeys));
}

TYPED_TEST(ConcurrentMapMemoryTest, ErasingFromAboveGivesMemoryBack) {
  ExpectMemoryOfTheRemainder<TestFixture, typename TestFixture::Map,
                             typename TestFixture::Key>(
      testing::Descending(TestFixture::kKeys));
}

TYPED_TEST(ConcurrentMapMemoryTest, ErasingAllKeysLeavesTheCostOfAnEmptyMap) {
  using TestKey = typename TestFixture::Key;
  typename TestFixture::Map map;
  TestFixture::Fill(map, testing::Shuffled(TestFixture::kKeys));
  for (const std::uint32_t i : testing::BitReversed(TestFixture::kKeys)) {
    ASSERT_TRUE(map.erase(KeyOf<TestKey>(i)));
  }
  ASSERT_TRUE(map.empty());
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_LE(map.memory_usage().allocated_bytes, kSlackBytes);
}

TYPED_TEST(ConcurrentMapMemoryTest, ClearLeavesTheCostOfAnEmptyMap) {
  typename TestFixture::Map map;
  TestFixture::Fill(map, testing::Shuffled(TestFixture::kKeys));
  map.clear();
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_LE(map.memory_usage().allocated_bytes, kSlackBytes);
}

TYPED_TEST(ConcurrentMapMemoryTest, MovingWindowOfKeysNeedsBoundedMemory) {
  // A queue: keys come at the top and go at the bottom, ever higher.
  using TestKey = typename TestFixture::Key;
  const auto window = static_cast<std::uint32_t>(TestFixture::kKeys / 20);
  typename TestFixture::Map map;
  std::size_t bytes_at_first = 0;
  for (std::uint32_t i = 0; i < TestFixture::kKeys; ++i) {
    ASSERT_TRUE(map.insert(KeyOf<TestKey>(i), KeyOf<TestKey>(i)));
    if (i < window) continue;
    ASSERT_TRUE(map.erase(KeyOf<TestKey>(i - window)));
    if (i == 2 * window) bytes_at_first = map.memory_usage().allocated_bytes;
  }
  EXPECT_EQ(map.size(), window);
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_LE(map.memory_usage().allocated_bytes,
            3 * bytes_at_first + kSlackBytes);
}

// memory_usage() is what the allocator sees, not an estimate of its own.
TEST(ConcurrentMapMemoryUsageTest, UsageCoversWhatTheAllocatorGaveOut) {
  AllocationLedger ledger;
  using Map = ConcurrentMap<std::uint64_t, std::string, std::less<>,
                            CountingAllocator<std::byte>>;
  Map map((CountingAllocator<std::byte>(&ledger)));
  for (std::uint64_t i = 0; i < 20000; ++i) {
    map.insert(testing::Mix64(i), "value");
  }
  const std::size_t usage = map.memory_usage().allocated_bytes;
  EXPECT_LE(usage, ledger.live_bytes() + sizeof(Map) + kSlackBytes);
  // Retired memory that waits for its grace period may or may not be counted.
  EXPECT_GE(usage + kSlackBytes, ledger.live_bytes());
}

TEST(ConcurrentMapMemoryUsageTest, OverwrittenAndErasedValuesAreFreedOnTheWay) {
  AllocationLedger ledger;
  using Map = ConcurrentMap<std::uint64_t, testing::Big40, std::less<>,
                            CountingAllocator<std::byte>, TinyTuning>;
  Map map((CountingAllocator<std::byte>(&ledger)));
  std::size_t most_bytes = 0;
  for (std::uint64_t i = 0; i < Scaled(300000u, 60000u); ++i) {
    const std::uint64_t key = i % 64;
    map.insert_or_assign(key, testing::Big40{});
    if (i % 3 == 0) map.erase(key);
    if (i % 1000 == 0) most_bytes = std::max(most_bytes, ledger.live_bytes());
  }
  // 60000 boxes alone would take more than 2.4 MB.
  EXPECT_LE(most_bytes, 1024u * 1024u);
}

}  // namespace
}  // namespace pma
