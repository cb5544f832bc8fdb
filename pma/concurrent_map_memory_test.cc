// SPDX-License-Identifier: Apache-2.0

// What a map takes: for so many entries, after any order of insertion, and once
// erased space has been given back. One thread, so the figures repeat exactly.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
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
#include "pma/testing/resident_bytes.h"
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

// --- Figures of 8-byte keys and values ---

using PlainMap = ConcurrentMap<std::uint64_t, std::uint64_t>;

double BytesPerEntry(const PlainMap& map) {
  return static_cast<double>(map.memory_usage().allocated_bytes) /
         static_cast<double>(map.size());
}

TEST(ConcurrentMapFootprintTest, SmallMapsAreSmall) {
  PlainMap map;
  EXPECT_EQ(sizeof(map), 64u);
  EXPECT_EQ(map.memory_usage().allocated_bytes, sizeof(map));
  for (const std::uint32_t i : testing::Shuffled(100)) map.insert(i, i);
  EXPECT_LE(map.memory_usage().allocated_bytes, 6u * 1024u);
}

// Extents fill in step, so the worst of all sizes is worse than most: sizes are
// looked at closely, up to where the arena has come in.
TEST(ConcurrentMapFootprintTest,
     RandomInsertionTakesTwentyTwoBytesAtEverySize) {
  constexpr std::size_t kMost = Scaled(1500000, 150000);
  testing::Random random(5);
  PlainMap map;
  std::size_t next = 100000;
  while (map.size() < kMost) {
    map.insert(random.Next(), 0);
    if (map.size() < next) continue;
    EXPECT_LE(BytesPerEntry(map), 22) << map.size();
    next += next / 100;
  }
}

TEST(ConcurrentMapFootprintTest, NoOrderOfInsertionLeavesTheMapSparse) {
  for (const auto& order : testing::kKeyOrders) {
    PlainMap map;
    for (const std::uint32_t i : order.make(Scaled(100000, 30000))) {
      map.insert(i, i);
    }
    // 60 % of what is allocated is entries.
    EXPECT_LE(BytesPerEntry(map), 16 / 0.6) << order.name;
  }
}

// All but a tenth, of a map that has used chunks and is too small for them
// then.
TEST(ConcurrentMapFootprintTest, ErasingMostLeavesTwiceAFreshMapAtMost) {
  constexpr std::size_t kKeys = Scaled(1300000, 100000);
  const KeyOrder keys = testing::Shuffled(kKeys);
  PlainMap map;
  for (const std::uint32_t i : keys) map.insert(i, i);
  constexpr std::size_t kKept = kKeys / 10;
  for (std::size_t i = kKept; i < kKeys; ++i) map.erase(keys[i]);
  PlainMap fresh;
  for (std::size_t i = 0; i < kKept; ++i) fresh.insert(keys[i], keys[i]);
  ASSERT_EQ(map.size(), fresh.size());
  EXPECT_LE(map.memory_usage().allocated_bytes,
            2 * fresh.memory_usage().allocated_bytes);
}

// What malloc keeps counts, too: of chunks that are given back, next to
// nothing. (Sanitizers keep what is freed, and shadows of it.)
TEST(ConcurrentMapFootprintTest, MemoryThatErasuresFreeIsTheSystemsAgain) {
  if (testing::kSanitized) GTEST_SKIP() << "for what programs get";
  constexpr std::uint32_t kKeys = 300000;
  const KeyOrder order = testing::Shuffled(kKeys);
  const auto key_of = [](std::uint32_t i) {
    return std::string(40, 'k') + std::to_string(i);
  };
  // Once such a block has been freed, glibc takes chunks from its heap, too.
  void* volatile large = std::malloc(16 << 20);
  std::free(large);
  const auto before = testing::ResidentBytesInUse();
  const auto resident = [&] {
    return static_cast<double>(testing::ResidentBytes() - before);
  };
  ConcurrentMap<std::string, std::uint64_t> map;
  for (const std::uint32_t i : order) map.insert(key_of(i), i);
  const double loaded = resident();
  for (const std::uint32_t i : order) {
    if (i % 10 != 0) map.erase(key_of(i));
  }
  // What others in the process take.
  constexpr double kElse = 6 << 20;
  const auto used = static_cast<double>(map.memory_usage().allocated_bytes);
  EXPECT_GT(loaded, 2 * used + kElse);
  EXPECT_LE(resident(), 1.15 * used + kElse);
}

// Of 16-byte entries this many make a map of several chunks, too small to take
// another whenever it wants more memory.
constexpr std::uint32_t kChunkKeys = Scaled(500000u, 300000u);
using LedgerMap = ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                                CountingAllocator<std::byte>>;

TEST(ConcurrentMapFootprintTest, AMapOfSeveralMebibytesLiesInChunks) {
  AllocationLedger ledger;
  LedgerMap map((CountingAllocator<std::byte>(&ledger)));
  for (const std::uint32_t i : testing::Shuffled(kChunkKeys)) map.insert(i, i);
  EXPECT_EQ(map.CheckInvariants(), "");
  const std::size_t in_chunks =
      ledger.LiveBytesInBlocksFrom(DefaultTuning::kChunkBytes);
  // Pieces come to two chunks' worth, and what the last extents to grow took.
  EXPECT_GE(in_chunks + 2 * DefaultTuning::kChunkBytes + 8 * kSlackBytes,
            ledger.live_bytes());
  EXPECT_GT(in_chunks, 0u);
}

TEST(ConcurrentMapFootprintTest, AMapThatHasBecomeSmallLeavesItsChunks) {
  AllocationLedger ledger;
  LedgerMap map((CountingAllocator<std::byte>(&ledger)));
  for (const std::uint32_t i : testing::Shuffled(kChunkKeys)) map.insert(i, i);
  // From one end, so that what is left is as it was, and of every chunk some.
  for (std::uint32_t i = 0; i < kChunkKeys / 20 * 19; ++i) map.erase(i);
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_EQ(ledger.LiveBytesInBlocksFrom(DefaultTuning::kChunkBytes), 0u);
}

TEST(ConcurrentMapFootprintTest, WithoutMemoryForAChunkAMapGrowsOn) {
  // Refuses chunks, and nothing else.
  AllocationLedger ledger;
  ledger.RefuseBlocksFrom(DefaultTuning::kChunkBytes);
  LedgerMap map((CountingAllocator<std::byte>(&ledger)));
  for (const std::uint32_t i : testing::Shuffled(kChunkKeys)) map.insert(i, i);
  EXPECT_EQ(map.size(), kChunkKeys);
  EXPECT_EQ(map.CheckInvariants(), "");
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

TEST(ConcurrentMapMemoryUsageTest, UsageIsWhatTheAllocatorGaveOut) {
  AllocationLedger ledger;
  using Map = ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                            CountingAllocator<std::byte>>;
  Map map((CountingAllocator<std::byte>(&ledger)));
  testing::Random random(6);
  // On the way it comes to use chunks.
  for (std::size_t i = 1; i <= Scaled(1400000u, 100000u); ++i) {
    map.insert(random.Next(), i);
    if (i % 50000 == 0) {
      // The directory is rounded up to cache lines on the way.
      EXPECT_NEAR(static_cast<double>(map.memory_usage().allocated_bytes),
                  static_cast<double>(ledger.live_bytes() + sizeof(Map)), 64)
          << i;
    }
  }
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
