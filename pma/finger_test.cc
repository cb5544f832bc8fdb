// SPDX-License-Identifier: Apache-2.0

// A thread remembers where the last insertion of a run went (FindRunEnd in
// pma/internal/read/locate.h) and begins there. What it remembers may be of
// another map, of one that is gone, or out of date: it must never be taken for
// true.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"

namespace pma {
namespace {

using TinyMap = ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                              std::allocator<std::byte>, TinyTuning>;

// Entries [begin, end) and nothing else, each its own value.
void ExpectHolds(const TinyMap& map, std::uint64_t begin, std::uint64_t end) {
  EXPECT_EQ(map.CheckInvariants(), "");
  std::uint64_t next = begin;
  map.scan([&](std::uint64_t key, std::uint64_t value) {
    EXPECT_EQ(key, next);
    EXPECT_EQ(value, next);
    ++next;
  });
  EXPECT_EQ(next, end);
}

TEST(FingerTest, RunsInSeveralMapsByTurnsDoNotMix) {
  TinyMap a;
  TinyMap b;
  TinyMap c;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    EXPECT_TRUE(a.insert(i, i));
    EXPECT_TRUE(b.insert(3999 - i, 3999 - i));
    EXPECT_TRUE(c.insert(i, i));
    EXPECT_FALSE(c.insert(i, 0));
  }
  ExpectHolds(a, 0, 2000);
  ExpectHolds(b, 2000, 4000);
  ExpectHolds(c, 0, 2000);
}

// A finger into a map of another type would be followed to segments of another
// shape.
TEST(FingerTest, RunsInMapsOfDifferentTypesDoNotMix) {
  TinyMap a;
  ConcurrentMap<std::uint32_t, std::uint8_t> b;
  ConcurrentMap<double, std::string> c;
  ConcurrentMap<std::string, std::uint64_t> d;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    EXPECT_TRUE(a.insert(i, i));
    EXPECT_TRUE(b.insert(static_cast<std::uint32_t>(i), 1));
    EXPECT_TRUE(c.insert(static_cast<double>(i), std::to_string(i)));
    EXPECT_TRUE(d.insert(std::to_string(i), i));
  }
  ExpectHolds(a, 0, 2000);
  EXPECT_EQ(b.size(), 2000u);
  EXPECT_EQ(b.CheckInvariants(), "");
  EXPECT_EQ(c.find(1234.0), "1234");
  EXPECT_EQ(c.CheckInvariants(), "");
  EXPECT_EQ(d.size(), 2000u);
  EXPECT_EQ(d.CheckInvariants(), "");
}

TEST(FingerTest, AMapInThePlaceOfADestroyedOneIsAnotherMap) {
  std::optional<TinyMap> map;
  for (std::uint64_t round = 0; round < 50; ++round) {
    map.emplace();
    for (std::uint64_t i = 0; i <= round; ++i) {
      EXPECT_TRUE(map->insert(round + i, round + i));
    }
    ExpectHolds(*map, round, 2 * round + 1);
    map.reset();
  }
}

TEST(FingerTest, ClearingAndMovingLeaveNothingToFollow) {
  TinyMap map;
  for (std::uint64_t round = 0; round < 20; ++round) {
    for (std::uint64_t i = 0; i < 3 + round; ++i) {
      EXPECT_TRUE(map.insert(i, i));
    }
    TinyMap moved = std::move(map);
    EXPECT_TRUE(map.insert(0, 0));
    EXPECT_TRUE(moved.insert(3 + round, 3 + round));
    ExpectHolds(map, 0, 1);
    ExpectHolds(moved, 0, 4 + round);
    map.clear();
  }
}

// The run goes on where others have split, merged and erased meanwhile.
TEST(FingerTest, ARunGoesOnWhileOthersRebuildItsExtent) {
  TinyMap map;
  constexpr std::uint64_t kRun = 20'000;
  std::thread other([&] {
    for (std::uint64_t i = 0; i < kRun; ++i) {
      map.insert(i * 2 + 1, 0);
      map.erase(i * 2 + 1);
    }
  });
  for (std::uint64_t i = 0; i < kRun; ++i) {
    EXPECT_TRUE(map.insert(i * 2, i));
    EXPECT_EQ(map.find(i * 2), i);
  }
  other.join();
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_EQ(map.size(), kRun);
  std::uint64_t next = 0;
  map.scan([&](std::uint64_t key, std::uint64_t value) {
    EXPECT_EQ(key, 2 * next);
    EXPECT_EQ(value, next++);
  });
  EXPECT_EQ(next, kRun);
}

}  // namespace
}  // namespace pma
