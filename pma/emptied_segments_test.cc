// SPDX-License-Identifier: Apache-2.0

// Where erasures have emptied segments, others' entries are spread over them: a
// neighbour is never far, and nothing is lost on the way.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/gtest_failures.h"
#include "pma/testing/interrupt_platform.h"
#include "pma/testing/key_orders.h"
#include "pma/testing/map_peer.h"
#include "pma/testing/random.h"
#include "pma/testing/threads.h"

namespace pma::testing {
namespace {

using Oracle = absl::btree_map<std::uint64_t, std::uint64_t>;
using Entry = std::optional<std::pair<std::uint64_t, std::uint64_t>>;

template <class Tuning>
class EmptiedSegmentsTest : public ::testing::Test {
 protected:
  using Map = ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                            std::allocator<std::byte>, Tuning>;
  static constexpr bool kTiny = std::is_same_v<Tuning, TinyTuning>;
  static constexpr std::uint64_t kCells = kTiny ? 4 : 56;
  // Several extents of either size.
  static constexpr std::uint64_t kKeys = kTiny ? 400 : 20000;
  // As many erasures as empty some segments.
  static constexpr std::uint64_t kSome = kTiny ? 3 : 200;

  // Fills the map with the even numbers below 2 * kKeys.
  static void Fill(Map& map, bool ascending) {
    std::vector<std::uint64_t> keys;
    for (std::uint64_t n = 0; n < kKeys; ++n) keys.push_back(2 * n);
    if (!ascending) Random(5).Shuffle(keys);
    for (const std::uint64_t key : keys) map.insert(key, key + 1);
  }

  static void ExpectNoEmptyStretch(const Map& map) {
    // One extent may be empty, and beside it those segments whose entries have
    // been pulled to the front.
    ASSERT_LE(MapPeer::LongestEmptyStretch(map), Tuning::kSegmentsToCross)
        << map.size();
  }

  static Entry At(const Oracle& oracle, Oracle::const_iterator entry) {
    return entry == oracle.end() ? Entry() : Entry(*entry);
  }
  static Entry Before(const Oracle& oracle, Oracle::const_iterator entry) {
    return entry == oracle.begin() ? Entry() : Entry(*std::prev(entry));
  }
  static void ExpectSameNeighbours(const Map& map, const Oracle& oracle,
                                   std::uint64_t key) {
    const auto at = oracle.lower_bound(key);
    const auto after = oracle.upper_bound(key);
    ASSERT_EQ(map.lower(key), Before(oracle, at)) << key;
    ASSERT_EQ(map.floor(key), Before(oracle, after)) << key;
    ASSERT_EQ(map.ceiling(key), At(oracle, at)) << key;
    ASSERT_EQ(map.higher(key), At(oracle, after)) << key;
    ASSERT_EQ(map.first(), At(oracle, oracle.begin()));
    ASSERT_EQ(map.last(), Before(oracle, oracle.end()));
    ASSERT_EQ(map.empty(), oracle.empty());
  }
};

using Tunings = ::testing::Types<DefaultTuning, TinyTuning>;
TYPED_TEST_SUITE(EmptiedSegmentsTest, Tunings);

TYPED_TEST(EmptiedSegmentsTest, PoppingFromEitherEndLeavesNoEmptyStretch) {
  for (const bool ascending : {false, true}) {
    for (const bool from_front : {false, true}) {
      typename TestFixture::Map map;
      TestFixture::Fill(map, ascending);
      for (std::uint64_t n = 0; n < TestFixture::kKeys; ++n) {
        const Entry end = from_front ? map.first() : map.last();
        ASSERT_EQ(end->first,
                  2 * (from_front ? n : TestFixture::kKeys - 1 - n));
        ASSERT_TRUE(map.erase(end->first));
        if (n % TestFixture::kSome == 0) {
          ASSERT_NO_FATAL_FAILURE(TestFixture::ExpectNoEmptyStretch(map));
        }
      }
      EXPECT_TRUE(map.empty());
      EXPECT_EQ(map.CheckInvariants(), "");
    }
  }
}

TYPED_TEST(EmptiedSegmentsTest, ErasingInTheMiddleLeavesNoEmptyStretch) {
  for (const bool ascending : {false, true}) {
    for (const bool upwards : {false, true}) {
      typename TestFixture::Map map;
      TestFixture::Fill(map, ascending);
      const std::uint64_t begin = TestFixture::kKeys / 10;
      const std::uint64_t end = TestFixture::kKeys * 9 / 10;
      for (std::uint64_t n = begin; n < end; ++n) {
        ASSERT_TRUE(map.erase(2 * (upwards ? n : end - 1 - (n - begin))));
        if (n % TestFixture::kSome == 0) {
          ASSERT_NO_FATAL_FAILURE(TestFixture::ExpectNoEmptyStretch(map));
        }
      }
      EXPECT_EQ(map.lower(2 * end)->first, 2 * begin - 2);
      EXPECT_EQ(map.higher(2 * begin)->first, 2 * end);
      EXPECT_EQ(map.CheckInvariants(), "");
    }
  }
}

// Stretches are erased from either of their ends, and filled again in part.
TYPED_TEST(EmptiedSegmentsTest, NeighboursInErasedStretchesAgreeWithOracle) {
  typename TestFixture::Map map;
  TestFixture::Fill(map, /*ascending=*/false);
  Oracle oracle;
  map.scan([&](std::uint64_t key, std::uint64_t value) {
    oracle.emplace_hint(oracle.end(), key, value);
  });
  Random random(6);
  const std::uint64_t keys = 2 * TestFixture::kKeys;
  const int stretches = Scaled(TestFixture::kTiny ? 200 : 40, 20);
  for (int i = 0; i < stretches; ++i) {
    const std::uint64_t begin = random.Below(keys);
    const std::uint64_t length = 1 + random.Below(keys / 20);
    const bool upwards = random.Below(2) == 0;
    const bool erases = random.Below(3) != 0;
    for (std::uint64_t j = 0; j < length; ++j) {
      const std::uint64_t key = begin + (upwards ? j : length - 1 - j);
      if (erases) {
        ASSERT_EQ(map.erase(key), oracle.erase(key) == 1);
      } else if (random.Below(3) == 0) {
        ASSERT_EQ(map.insert(key, i), oracle.emplace(key, i).second);
      }
      if (j % (1 + length / 10) == 0) {
        ASSERT_NO_FATAL_FAILURE(TestFixture::ExpectSameNeighbours(
            map, oracle, begin + random.Below(length)));
      }
    }
    ASSERT_EQ(map.CheckInvariants(), "");
  }
  ASSERT_EQ(map.size(), oracle.size());
}

// What is appended at one end is taken at the other.
TYPED_TEST(EmptiedSegmentsTest, AQueueStaysDense) {
  for (const bool ascending : {false, true}) {
    typename TestFixture::Map map;
    const auto key = [&](std::uint64_t n) { return ascending ? n : ~n; };
    const std::uint64_t length = TestFixture::kKeys / 8;
    for (std::uint64_t n = 0; n < TestFixture::kKeys; ++n) {
      ASSERT_TRUE(map.insert(key(n), n));
      if (n < length) continue;
      const Entry oldest = ascending ? map.first() : map.last();
      ASSERT_EQ(oldest->second, n - length);
      ASSERT_TRUE(map.erase(oldest->first));
    }
    EXPECT_EQ(map.size(), length);
    EXPECT_EQ(map.CheckInvariants(), "");
    size_t segments = 0;
    MapPeer::ForEachWord(map, [&](internal::Word) { ++segments; });
    EXPECT_LE(segments, 4 + 2 * length / TestFixture::kCells);
  }
}

// Where a map grows at its end and loses its front.
TYPED_TEST(EmptiedSegmentsTest, AQueueOfKeysNearlyInOrderStaysDense) {
  typename TestFixture::Map map;
  const std::uint64_t length = TestFixture::kKeys / 8;
  for (const std::uint32_t n : testing::NearlyAscending(TestFixture::kKeys)) {
    ASSERT_TRUE(map.insert(n, n));
    if (map.size() > length) {
      ASSERT_TRUE(map.pop_first());
    }
  }
  EXPECT_EQ(map.size(), length);
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_LE(map.stats().segments, 4 + 2 * length / TestFixture::kCells);
}

// Two threads at each end. Nobody inserts, so that what a thread is told of its
// end only moves away from there.
TYPED_TEST(EmptiedSegmentsTest, EveryEntryIsPoppedOnce) {
  const int rounds = Scaled(TestFixture::kTiny ? 20 : 2, 1);
  for (int round = 0; round < rounds; ++round) {
    typename TestFixture::Map map;
    TestFixture::Fill(map, round % 2 == 0);
    std::vector<std::atomic<int>> popped(2 * TestFixture::kKeys);
    ReportFirst report;
    RunThreads(4, [&](std::size_t thread) {
      const bool front = thread % 2 == 0;
      Entry previous;
      while (const Entry end = front ? map.first() : map.last()) {
        if (previous.has_value() &&
            (front ? *end < *previous : *end > *previous)) {
          report("back to " + std::to_string(end->first));
        }
        previous = end;
        if (map.erase(end->first)) popped[end->first].fetch_add(1);
      }
    });
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.CheckInvariants(), "");
    for (std::uint64_t n = 0; n < TestFixture::kKeys; ++n) {
      ASSERT_EQ(popped[2 * n].load(), 1) << n;
    }
  }
}

// A run at the end of the first extent goes on in its next segment, in the
// middle of a read that comes from the extent behind.
TEST(EmptiedSegments, AnExtentThatGrowsMeanwhileIsReadToItsEnd) {
  using Map = ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                            std::allocator<std::byte>, InterruptTuning>;
  constexpr std::uint64_t kBehind = 1000;
  bool interrupted = true;
  for (int load = 0; interrupted; ++load) {
    interrupted = false;
    Map map;
    for (std::uint64_t n = 0; n < 20; ++n) map.insert(kBehind + n, n);
    std::uint64_t next = 0;
    while (MapPeer::ExtentCount(map) < 2) map.insert(next, next), ++next;
    map.erase(kBehind);  // so that what follows is not next to the fence
    const auto& extent = *MapPeer::Tree(map).UnguardedDirectory()->extent(0);
    const auto last_segment = [&extent]() -> const auto& {
      return extent.segment(extent.active() - 1);
    };
    while (last_segment().LoadWord().count() < 4)
      map.insert(next, next), ++next;
    const std::size_t active = extent.active();
    ASSERT_LT(active, extent.capacity());
    ASSERT_EQ(map.lower(kBehind + 1)->first, next - 1);

    std::uint64_t before = 0;
    int loads = 0;
    Interrupt::BeforeLoads([&] { before = map.lower(kBehind + 1)->first; },
                           [&] {
                             if (loads++ != load) return;
                             interrupted = true;
                             map.insert(next, next);
                             map.erase(next - 1);
                           });
    ASSERT_TRUE(before == next - 1 || before == next) << before << " " << load;
    if (interrupted) {
      ASSERT_EQ(extent.active(), active + 1);
    }
  }
}

// Boxed separators: spreading a window allocates.
TEST(EmptiedSegments, WithoutMemoryForASpreadTheEntryIsGoneAllTheSame) {
  AllocationLedger ledger;
  {
    ConcurrentMap<std::string, int, std::less<>, CountingAllocator<std::byte>,
                  TinyTuning>
        map((CountingAllocator<std::byte>(&ledger)));
    const auto key = [](int n) { return std::to_string(1000 + n); };
    constexpr int kKeys = 300;
    for (int n = 0; n < kKeys; ++n) map.insert(key(n), n);
    int failures = 0;
    for (int n = 0; n < kKeys; ++n) {
      ledger.FailNth(1 + n % 4);
      ASSERT_TRUE(map.erase(key(n)));
      failures += ledger.HasFailed();
      ledger.NeverFail();
      ASSERT_EQ(map.CheckInvariants(), "");
      ASSERT_EQ(map.size(), static_cast<std::size_t>(kKeys - 1 - n));
      if (n + 1 < kKeys) {
        ASSERT_EQ(map.first()->first, key(n + 1));
      }
    }
    EXPECT_GT(failures, 50);
  }
  EXPECT_EQ(ledger.live_bytes(), 0u);
}

}  // namespace
}  // namespace pma::testing
