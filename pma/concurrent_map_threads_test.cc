// SPDX-License-Identifier: Apache-2.0

// Maps and threads come and go independently of each other: nobody registers,
// short-lived threads leave nothing behind, and a map may outlive its threads
// or be outlived by them.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/random.h"
#include "pma/testing/threads.h"

namespace pma {
namespace {

using testing::AllocationLedger;
using testing::CountingAllocator;
using testing::Random;
using testing::RunThreads;
using testing::Scaled;

using StringMap = ConcurrentMap<std::string, std::string, std::less<>,
                                std::allocator<std::byte>, TinyTuning>;
using CountedMap = ConcurrentMap<std::string, std::string, std::less<>,
                                 CountingAllocator<std::byte>, TinyTuning>;

std::string KeyOf(std::uint64_t number) {
  return "thread/key/" + std::to_string(number);
}

// Some of every kind of write and read on a few hundred shared keys.
template <class Map>
void UseMap(Map& map, std::uint64_t seed, int operations) {
  Random random(seed);
  for (int i = 0; i < operations; ++i) {
    const std::string key = KeyOf(random.Below(300));
    switch (random.Below(5)) {
      case 0:
        map.insert(key, std::string(30, 'i'));
        break;
      case 1:
        map.insert_or_assign(key, std::string(20, 'a'));
        break;
      case 2:
        map.erase(key);
        break;
      case 3:
        map.find(key);
        break;
      default: {
        int left = 10;
        map.scan_from(key, [&](const std::string&, const std::string&) {
          return --left > 0;
        });
      }
    }
  }
}

TEST(ConcurrentMapThreadsTest, ShortLivedThreadsLeaveBoundedGarbage) {
  constexpr std::uint64_t kThreadCount = Scaled(10000u, 600u);
  constexpr std::uint64_t kAlive = 8;
  AllocationLedger ledger;
  {
    CountedMap map((CountingAllocator<std::byte>(&ledger)));
    std::size_t bytes_at_first = 0;
    for (std::uint64_t i = 0; i < kThreadCount; i += kAlive) {
      RunThreads(kAlive, [&](std::size_t t) { UseMap(map, i + t, 30); });
      if (i == kThreadCount / 10 / kAlive * kAlive) {
        bytes_at_first = ledger.live_bytes();
      }
    }
    EXPECT_EQ(map.CheckInvariants(), "");
    // The map has about as many entries as after a tenth of the threads.
    EXPECT_LE(ledger.live_bytes(), 2 * bytes_at_first + 256 * 1024);
  }
  EXPECT_EQ(ledger.live_bytes(), 0u);
  EXPECT_EQ(ledger.wrong_deallocations(), 0u);
}

TEST(ConcurrentMapThreadsTest, MoreThreadsAtOnceThanAnyTableOfThemHolds) {
  StringMap map;
  RunThreads(Scaled(300, 150), [&](std::size_t t) { UseMap(map, t, 50); });
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapThreadsTest, MapOutlivesTheThreadsThatFilledIt) {
  StringMap map;
  constexpr std::uint64_t kKeys = 2000;
  RunThreads(4, [&](std::size_t t) {
    for (std::uint64_t i = t; i < kKeys; i += 4) {
      map.insert(KeyOf(i), "filled by a thread that is gone");
    }
  });
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    ASSERT_EQ(map.find(KeyOf(i)), "filled by a thread that is gone");
    ASSERT_TRUE(map.erase(KeyOf(i)));
  }
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapThreadsTest, WhatExitedThreadsErasedIsFreedWithTheMap) {
  AllocationLedger ledger;
  {
    CountedMap map((CountingAllocator<std::byte>(&ledger)));
    RunThreads(4, [&](std::size_t t) { UseMap(map, t, 2000); });
    // No thread comes after them to collect what they retired.
  }
  EXPECT_EQ(ledger.live_bytes(), 0u);
  EXPECT_EQ(ledger.wrong_deallocations(), 0u);
}

TEST(ConcurrentMapThreadsTest, ThreadsOutliveTheMapsTheyUsed) {
  constexpr int kMaps = Scaled(200, 40);
  AllocationLedger ledger;
  std::vector<std::unique_ptr<CountedMap>> maps(kMaps);
  std::vector<std::unique_ptr<std::latch>> built;
  std::vector<std::unique_ptr<std::latch>> used;
  for (int i = 0; i < kMaps; ++i) {
    built.push_back(std::make_unique<std::latch>(1));
    used.push_back(std::make_unique<std::latch>(3));
  }
  RunThreads(4, [&](std::size_t t) {
    for (std::size_t i = 0; i < kMaps; ++i) {
      if (t == 0) {
        // Each map is destroyed while the threads that used it live on.
        maps[i] =
            std::make_unique<CountedMap>(CountingAllocator<std::byte>(&ledger));
        built[i]->count_down();
        used[i]->wait();
        EXPECT_EQ(maps[i]->CheckInvariants(), "");
        maps[i].reset();
      } else {
        built[i]->wait();
        UseMap(*maps[i], i * 4 + t, 100);
        used[i]->count_down();
      }
    }
  });
  EXPECT_EQ(ledger.live_bytes(), 0u);
  EXPECT_EQ(ledger.wrong_deallocations(), 0u);
}

TEST(ConcurrentMapThreadsTest, ManyMapsAreUsedAtOnceByTheSameThreads) {
  std::vector<StringMap> maps(50);
  RunThreads(4, [&](std::size_t t) {
    Random random(t);
    for (int i = 0; i < Scaled(2000, 500); ++i) {
      UseMap(maps[random.Below(maps.size())], random.Next(), 5);
    }
  });
  for (const StringMap& map : maps) EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapThreadsTest, MapIsBuiltUsedAndDestroyedByDifferentThreads) {
  for (int i = 0; i < 20; ++i) {
    std::unique_ptr<StringMap> map;
    std::thread([&] { map = std::make_unique<StringMap>(); }).join();
    RunThreads(3, [&](std::size_t t) { UseMap(*map, t, 200); });
    std::thread([&] { map.reset(); }).join();
  }
}

TEST(ConcurrentMapThreadsTest, MovedMapKeepsServingTheSameThreads) {
  StringMap map;
  for (std::uint64_t round = 0; round < 10; ++round) {
    RunThreads(3, [&](std::size_t t) { UseMap(map, round * 3 + t, 300); });
    StringMap moved(std::move(map));
    EXPECT_EQ(moved.CheckInvariants(), "");
    map = std::move(moved);
  }
  EXPECT_EQ(map.CheckInvariants(), "");
}

// A thread_local object that uses a map when its thread exits: the map's own
// per-thread state may be gone by then, depending on who came first.
TEST(ConcurrentMapThreadsTest, MapIsUsableInThreadLocalDestructors) {
  struct UsesMapAtThreadExit {
    StringMap* map = nullptr;
    ~UsesMapAtThreadExit() {
      if (map != nullptr) UseMap(*map, 1, 100);
    }
  };
  StringMap map;
  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      static thread_local UsesMapAtThreadExit at_exit;
      if (i % 2 == 0) UseMap(map, 2, 10);  // the map's state comes first
      at_exit.map = &map;
      if (i % 2 == 1) UseMap(map, 2, 10);
    }).join();
  }
  EXPECT_EQ(map.CheckInvariants(), "");
}

// --- fork() -----------------------------------------------------------------

// What the child finds wrong; 0 if nothing. It must not return into the test.
int UseMapInChild(StringMap& map, std::uint64_t keys) {
  for (std::uint64_t i = 0; i < keys; ++i) {
    if (map.find(KeyOf(i)) != "from before the fork") return 1;
  }
  UseMap(map, 1, 3000);
  // Retired boxes and extents are freed here as in the parent.
  for (int round = 0; round < 100; ++round) {
    for (std::uint64_t i = 0; i < keys; ++i) {
      map.insert_or_assign(KeyOf(i), "from the child");
    }
  }
  if (map.memory_usage().allocated_bytes > 4u << 20) return 2;
  if (!map.CheckInvariants().empty()) return 3;
  map.clear();
  return map.empty() ? 0 : 4;
}

TEST(ConcurrentMapThreadsTest, AMapGoesOnInTheChildOfAFork) {
  constexpr std::uint64_t kKeys = 500;
  StringMap map;
  RunThreads(3, [&](std::size_t t) {
    for (std::uint64_t i = t; i < kKeys; i += 3) {
      map.insert(KeyOf(i), "from before the fork");
    }
  });
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(UseMapInChild(map, kKeys));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  // The child's map was a copy.
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    ASSERT_EQ(map.find(KeyOf(i)), "from before the fork");
  }
}

// --- A reader that stays ----------------------------------------------------

// The reader sits in its callback until the writers are done: they must not
// wait for it, and what it reads must stay valid and unchanged.
TEST(ConcurrentMapThreadsTest, WritersDoNotWaitForAReaderInItsCallback) {
  StringMap map;
  for (std::uint64_t i = 0; i < 300; ++i) map.insert(KeyOf(i), "before");
  std::latch reader_inside(2);
  std::latch writers_done(2);
  const auto stay = [&](const std::string& value) {
    reader_inside.count_down();
    writers_done.wait();
    EXPECT_EQ(value, "before");
  };
  RunThreads(4, [&](std::size_t t) {
    if (t == 0) {
      EXPECT_TRUE(map.visit(KeyOf(7), stay));
      return;
    }
    if (t == 1) {
      EXPECT_EQ(map.scan(KeyOf(8), "u",
                         [&](const std::string&, const std::string& value) {
                           stay(value);
                           return false;
                         }),
                1u);
      return;
    }
    reader_inside.wait();
    for (std::uint64_t i = 0; i < 300; ++i) map.erase(KeyOf(i));
    UseMap(map, t, Scaled(5000, 1000));
    for (std::uint64_t i = 0; i < 300; ++i) map.erase(KeyOf(i));
    writers_done.count_down();
  });
  EXPECT_EQ(map.CheckInvariants(), "");
}

// --- Use around main() -------------------------------------------------------

// Destroyed at exit, after the threads that used it have gone:
// LeakSanitizer and AddressSanitizer judge it there.
StringMap& StaticMap() {
  static StringMap map;
  return map;
}

TEST(ConcurrentMapThreadsTest, StaticMapIsDestroyedAfterItsThreads) {
  RunThreads(3, [](std::size_t t) { UseMap(StaticMap(), t, 500); });
  EXPECT_EQ(StaticMap().CheckInvariants(), "");
}

}  // namespace
}  // namespace pma
