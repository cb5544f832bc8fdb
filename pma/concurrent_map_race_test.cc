// SPDX-License-Identifier: Apache-2.0

// Threads that compete for the same keys: each insertion and each erasure has
// exactly one winner, and growth from all sides loses nothing.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/gtest_failures.h"
#include "pma/testing/key_orders.h"
#include "pma/testing/random.h"
#include "pma/testing/stamp.h"
#include "pma/testing/threads.h"

namespace pma {
namespace {

using testing::KeyOrder;
using testing::NumberedKey;
using testing::Random;
using testing::ReportFirst;
using testing::RunThreads;
using testing::Scaled;
using testing::Stamp;
using testing::Stamped;

constexpr std::size_t kThreads = 4;

template <class Case>
class ConcurrentMapRaceTest : public ::testing::Test {
 protected:
  // Keys and values are of one type: words inline, strings behind boxes.
  using Key = std::tuple_element_t<0, Case>;
  using Map = ConcurrentMap<Key, Key, std::less<>, std::allocator<std::byte>,
                            std::tuple_element_t<1, Case>>;

  static constexpr std::uint32_t kKeys = Scaled(20000u, 2500u);

  static Key MakeKey(std::uint32_t number) {
    return NumberedKey<Key>::Make(number);
  }
  static Key MakeValue(std::uint32_t number, std::size_t thread,
                       std::uint32_t sequence) {
    return Stamped<Key>::Write(
        {number, static_cast<std::uint32_t>(thread), sequence});
  }

  // The numbers found by a scan, each checked against the value beside it.
  static std::vector<std::uint32_t> ScannedNumbers(const Map& map) {
    std::vector<std::uint32_t> numbers;
    map.scan([&](const Key& key, const Key& value) {
      numbers.push_back(NumberedKey<Key>::Number(key));
      const std::optional<Stamp> stamp = Stamped<Key>::Read(value);
      EXPECT_TRUE(stamp.has_value() && stamp->key == numbers.back());
    });
    return numbers;
  }

  // All threads insert the numbers of their own order; whatever the orders, the
  // union must be there in the end.
  static void GrowFromAllThreads(
      const std::function<KeyOrder(std::size_t)>& order_of_thread) {
    Map map;
    ReportFirst report;
    std::vector<KeyOrder> orders;
    for (std::size_t t = 0; t < kThreads; ++t) {
      orders.push_back(order_of_thread(t));
    }
    RunThreads(kThreads, [&](std::size_t thread) {
      const KeyOrder& order = orders[thread];
      for (std::size_t i = 0; i < order.size(); ++i) {
        if (!map.insert(MakeKey(order[i]), MakeValue(order[i], thread, 0))) {
          report("refused " + std::to_string(order[i]));
        }
        // One of those inserted before is still there while others grow it.
        const std::uint32_t earlier = order[i / 2];
        if (!map.contains(MakeKey(earlier))) {
          report("lost " + std::to_string(earlier));
        }
      }
    });
    EXPECT_EQ(map.CheckInvariants(), "");
    KeyOrder all;
    for (const KeyOrder& order : orders) {
      all.insert(all.end(), order.begin(), order.end());
    }
    EXPECT_EQ(map.size(), all.size());
    EXPECT_EQ(ScannedNumbers(map), testing::Ascending(all.size()));
  }
};

using RaceCases = ::testing::Types<std::tuple<std::uint64_t, TinyTuning>,
                                   std::tuple<std::uint64_t, DefaultTuning>,
                                   std::tuple<std::string, TinyTuning>,
                                   std::tuple<std::string, DefaultTuning>>;
TYPED_TEST_SUITE(ConcurrentMapRaceTest, RaceCases);

TYPED_TEST(ConcurrentMapRaceTest, KeyInsertedByAllThreadsIsInsertedOnce) {
  using Fixture = TestFixture;
  typename Fixture::Map map;
  // Whether thread t won key n. Bytes: threads write neighbouring ones.
  std::vector<std::vector<char>> won(kThreads,
                                     std::vector<char>(Fixture::kKeys, 0));
  RunThreads(kThreads, [&](std::size_t thread) {
    // The same order for all: they run into each other at every key, and so at
    // every boundary between segments.
    for (std::uint32_t n = 0; n < Fixture::kKeys; ++n) {
      const auto key = Fixture::MakeKey(n);
      const auto value = Fixture::MakeValue(n, thread, 7);
      won[thread][n] = (n + thread) % 2 == 0 ? map.insert(key, value)
                                             : map.try_emplace(key, value);
    }
  });
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_EQ(map.size(), Fixture::kKeys);
  EXPECT_EQ(Fixture::ScannedNumbers(map), testing::Ascending(Fixture::kKeys));
  for (std::uint32_t n = 0; n < Fixture::kKeys; ++n) {
    std::size_t winner = 0;
    int winners = 0;
    for (std::size_t t = 0; t < kThreads; ++t) {
      if (won[t][n] == 0) continue;
      winner = t;
      ++winners;
    }
    ASSERT_EQ(winners, 1) << n;
    ASSERT_EQ(map.find(Fixture::MakeKey(n)), Fixture::MakeValue(n, winner, 7));
  }
}

TYPED_TEST(ConcurrentMapRaceTest, KeyErasedByAllThreadsIsErasedOnce) {
  using Fixture = TestFixture;
  typename Fixture::Map map;
  for (std::uint32_t n = 0; n < Fixture::kKeys; ++n) {
    map.insert(Fixture::MakeKey(n), Fixture::MakeValue(n, 0, 0));
  }
  std::vector<std::atomic<int>> erased(Fixture::kKeys);
  RunThreads(kThreads, [&](std::size_t thread) {
    for (std::uint32_t i = 0; i < Fixture::kKeys; ++i) {
      // Two threads from each end.
      const std::uint32_t n = thread % 2 == 0 ? i : Fixture::kKeys - 1 - i;
      if (map.erase(Fixture::MakeKey(n))) {
        erased[n].fetch_add(1, std::memory_order_relaxed);
      }
    }
  });
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_EQ(map.size(), 0u);
  for (std::uint32_t n = 0; n < Fixture::kKeys; ++n) {
    ASSERT_EQ(erased[n].load(), 1) << n;
  }
}

// Random writes by all threads on the same keys: what remains of each key is
// what its insertions and erasures, counted over all threads, add up to.
TYPED_TEST(ConcurrentMapRaceTest, InsertionsMinusErasuresIsWhatRemains) {
  using Fixture = TestFixture;
  // From keys that share a segment or two up to many segments.
  for (const std::uint32_t keys : {12u, 200u, 5000u}) {
    typename Fixture::Map map;
    std::vector<std::atomic<int>> net(keys);
    ReportFirst report;
    RunThreads(kThreads, [&](std::size_t thread) {
      Random random(keys * 10 + thread);
      for (std::uint32_t i = 0; i < Scaled(30000u, 3000u); ++i) {
        const auto n = static_cast<std::uint32_t>(random.Below(keys));
        const auto key = Fixture::MakeKey(n);
        int change = 0;
        switch (random.Below(5)) {
          case 0:
            change = map.insert(key, Fixture::MakeValue(n, thread, i)) ? 1 : 0;
            break;
          case 1:
            change = map.insert_or_assign(key, Fixture::MakeValue(n, thread, i))
                         ? 1
                         : 0;
            break;
          case 2:
          case 3:
            change = map.erase(key) ? -1 : 0;
            break;
          default: {
            const auto value = map.find(key);
            if (!value.has_value()) break;
            const auto stamp = Stamped<typename Fixture::Key>::Read(*value);
            if (!stamp.has_value() || stamp->key != n) {
              report("find " + std::to_string(n) + ": not its value");
            }
          }
        }
        if (map.size() > keys + kThreads) report("size() is beyond the keys");
        net[n].fetch_add(change, std::memory_order_relaxed);
      }
    });
    EXPECT_EQ(map.CheckInvariants(), "");
    std::vector<std::uint32_t> remaining;
    for (std::uint32_t n = 0; n < keys; ++n) {
      ASSERT_TRUE(net[n].load() == 0 || net[n].load() == 1) << n;
      if (net[n].load() == 1) remaining.push_back(n);
    }
    EXPECT_EQ(map.size(), remaining.size());
    EXPECT_EQ(Fixture::ScannedNumbers(map), remaining);
  }
}

// --- Growth ---

TYPED_TEST(ConcurrentMapRaceTest, AllThreadsInsertAscendingIntoTheSameRegion) {
  TestFixture::GrowFromAllThreads([](std::size_t thread) {
    KeyOrder order;
    for (std::uint32_t n = 0; n < TestFixture::kKeys; ++n) {
      if (n % kThreads == thread) order.push_back(n);
    }
    return order;
  });
}

TYPED_TEST(ConcurrentMapRaceTest, AllThreadsInsertDescendingIntoTheSameRegion) {
  TestFixture::GrowFromAllThreads([](std::size_t thread) {
    KeyOrder order;
    for (std::uint32_t n = TestFixture::kKeys; n-- > 0;) {
      if (n % kThreads == thread) order.push_back(n);
    }
    return order;
  });
}

TYPED_TEST(ConcurrentMapRaceTest, AllThreadsInsertAtRandomIntoTheSameRegion) {
  TestFixture::GrowFromAllThreads([](std::size_t thread) {
    KeyOrder order;
    for (const std::uint32_t n : testing::Shuffled(TestFixture::kKeys)) {
      if (n % kThreads == thread) order.push_back(n);
    }
    return order;
  });
}

TYPED_TEST(ConcurrentMapRaceTest, AllThreadsInsertIntoRegionsOfTheirOwn) {
  TestFixture::GrowFromAllThreads([](std::size_t thread) {
    const auto share =
        static_cast<std::uint32_t>(TestFixture::kKeys / kThreads);
    KeyOrder order = thread % 2 == 0 ? testing::Ascending(share)
                                     : testing::Descending(share);
    for (std::uint32_t& n : order) {
      n += share * static_cast<std::uint32_t>(thread);
    }
    return order;
  });
}

// --- First and last ---

// A queue: one thread appends, others compete for the first entry.
TYPED_TEST(ConcurrentMapRaceTest, EveryEntryOfAQueueIsTakenOnce) {
  using Fixture = TestFixture;
  typename Fixture::Map map;
  ReportFirst report;
  std::vector<std::atomic<int>> taken(Fixture::kKeys);
  std::atomic<std::uint32_t> left{Fixture::kKeys};
  RunThreads(3, [&](std::size_t thread) {
    if (thread == 0) {
      for (std::uint32_t n = 0; n < Fixture::kKeys; ++n) {
        map.insert(Fixture::MakeKey(n), Fixture::MakeValue(n, 0, 0));
      }
      return;
    }
    std::optional<std::uint32_t> previous;
    while (left.load(std::memory_order_relaxed) != 0) {
      const auto first = map.first();
      if (!first.has_value()) {
        std::this_thread::yield();
        continue;
      }
      const std::uint32_t n =
          NumberedKey<typename Fixture::Key>::Number(first->first);
      // Keys only rise here: a first entry below an earlier one was missed
      // then.
      if (previous.has_value() && n < *previous) {
        report("first() went back to " + std::to_string(n));
      }
      previous = n;
      if (map.erase(first->first)) {
        taken[n].fetch_add(1, std::memory_order_relaxed);
        left.fetch_sub(1, std::memory_order_relaxed);
      }
    }
  });
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.CheckInvariants(), "");
  for (std::uint32_t n = 0; n < Fixture::kKeys; ++n) {
    ASSERT_EQ(taken[n].load(), 1) << n;
  }
}

// --- clear ---

TYPED_TEST(ConcurrentMapRaceTest, ClearAmidWritesLeavesWholeEntries) {
  using Fixture = TestFixture;
  typename Fixture::Map map;
  RunThreads(kThreads, [&](std::size_t thread) {
    Random random(thread);
    for (std::uint32_t i = 0; i < Scaled(8000u, 1500u); ++i) {
      const auto n = static_cast<std::uint32_t>(random.Below(500));
      map.insert_or_assign(Fixture::MakeKey(n),
                           Fixture::MakeValue(n, thread, i));
      if (thread == 0 && i % 200 == 0) map.clear();
    }
  });
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_EQ(Fixture::ScannedNumbers(map).size(), map.size());
  map.clear();
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.CheckInvariants(), "");
}

}  // namespace
}  // namespace pma
