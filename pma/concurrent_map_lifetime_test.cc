// SPDX-License-Identifier: Apache-2.0

// Where users of concurrent maps have been let down: maps that are built before
// main() or used after it, destroyed by exiting threads or inside callbacks,
// carried through fork(), erased from under an iteration; sizes that wrap.
//
// concurrent_map_threads_test has the plain comings and goings of threads.

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <latch>
#include <memory>
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

using IntMap = ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                             std::allocator<std::byte>, TinyTuning>;
using StringMap = ConcurrentMap<std::string, std::string, std::less<>,
                                std::allocator<std::byte>, TinyTuning>;
using CountedMap = ConcurrentMap<std::string, std::string, std::less<>,
                                 CountingAllocator<std::byte>, TinyTuning>;

std::string KeyOf(std::uint64_t number) {
  return "lifetime/key/" + std::to_string(number);
}

template <class Map>
void Fill(Map& map, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) map.insert(KeyOf(i), KeyOf(i));
}

// --- Before and after main() ----------------------------------------------

// Filled while static objects are being built, in whatever order.
StringMap before_main = [] {
  StringMap map;
  Fill(map, 200);
  return map;
}();

TEST(ConcurrentMapLifetimeTest, MapFilledBeforeMainIsAnOrdinaryMap) {
  EXPECT_EQ(before_main.size(), 200u);
  RunThreads(3, [](std::size_t t) {
    for (std::uint64_t i = t; i < 200; i += 3) {
      EXPECT_EQ(before_main.find(KeyOf(i)), KeyOf(i));
    }
  });
  EXPECT_EQ(before_main.CheckInvariants(), "");
}

// Uses a map in the destructor of a static object, when this thread's
// thread_local state is gone and the map is the only thing left.
struct UsesMapAfterMain {
  StringMap map;
  ~UsesMapAfterMain() {
    Fill(map, 300);
    for (std::uint64_t i = 0; i < 300; i += 2) map.erase(KeyOf(i));
    std::size_t seen = 0;
    map.scan([&](const std::string&, const std::string&) { ++seen; });
    // Nobody is there to be told but the exit code.
    if (seen != 150 || !map.CheckInvariants().empty()) std::_Exit(3);
  }
};

TEST(ConcurrentMapLifetimeTest, MapIsUsableInDestructorsOfStaticObjects) {
  static UsesMapAfterMain at_exit;  // its destructor says whether it was
  Fill(at_exit.map, 100);
  EXPECT_EQ(at_exit.map.size(), 100u);
}

// A thread that once used a map may live on, asleep, while main() returns and
// the map is destroyed.
TEST(ConcurrentMapLifetimeTest, ThreadsMayBeAliveWhenStaticMapsAreDestroyed) {
  static StringMap map;
  // Never destroyed: the thread sleeps on one of them beyond the end.
  static std::latch& used = *new std::latch(1);
  static std::latch& never = *new std::latch(1);
  std::thread([] {
    Fill(map, 100);
    used.count_down();
    never.wait();
  }).detach();
  used.wait();
  EXPECT_EQ(map.size(), 100u);
}

// --- Maps that belong to threads ------------------------------------------

// The thread's own record is made by its first operation on a map, and so dies
// before or after the thread's map.
TEST(ConcurrentMapLifetimeTest, ThreadLocalMapIsDestroyedWithItsThread) {
  AllocationLedger ledger;
  StringMap shared;
  for (int i = 0; i < Scaled(100, 20); ++i) {
    std::thread([&] {
      if (i % 2 == 0) Fill(shared, 10);
      thread_local std::unique_ptr<CountedMap> own;
      own = std::make_unique<CountedMap>(CountingAllocator<std::byte>(&ledger));
      Fill(*own, 200);
      for (std::uint64_t k = 0; k < 200; k += 2) own->erase(KeyOf(k));
      EXPECT_EQ(own->size(), 100u);
    }).join();
    ASSERT_EQ(ledger.live_bytes(), 0u);
  }
  EXPECT_EQ(ledger.wrong_deallocations(), 0u);
}

// --- Maps inside maps -----------------------------------------------------

// The callback holds a pin, which belongs to all maps: what another map retires
// and then frees at its end must not wait for it.
TEST(ConcurrentMapLifetimeTest, MapDiesInsideTheCallbackOfAnother) {
  AllocationLedger ledger;
  StringMap outer;
  Fill(outer, 50);
  std::size_t visited = 0;
  outer.scan([&](const std::string& key, const std::string&) {
    CountedMap inner{CountingAllocator<std::byte>(&ledger)};
    Fill(inner, 100);
    for (std::uint64_t i = 0; i < 100; i += 2) inner.erase(KeyOf(i));
    EXPECT_TRUE(outer.contains(key));
    ++visited;
  });
  EXPECT_EQ(visited, 50u);
  EXPECT_EQ(ledger.live_bytes(), 0u);
  EXPECT_EQ(ledger.wrong_deallocations(), 0u);
}

TEST(ConcurrentMapLifetimeTest, MapsAreValuesOfMaps) {
  using Inner = IntMap;
  ConcurrentMap<std::uint64_t, std::unique_ptr<Inner>, std::less<>,
                std::allocator<std::byte>, TinyTuning>
      outer;
  for (std::uint64_t i = 0; i < 40; ++i) {
    outer.try_emplace(i, std::make_unique<Inner>());
  }
  // Inner maps are erased, and so in the end destroyed, while others write to
  // them under a pin of the outer one.
  RunThreads(3, [&](std::size_t t) {
    Random random(t);
    for (int i = 0; i < Scaled(4000, 800); ++i) {
      const std::uint64_t key = random.Below(40);
      if (t == 0 && random.Below(4) == 0) {
        outer.erase(key);
        outer.try_emplace(key, std::make_unique<Inner>());
        continue;
      }
      outer.visit(key, [&](const std::unique_ptr<Inner>& inner) {
        inner->insert_or_assign(random.Below(50), i);
        inner->erase(random.Below(50));
      });
    }
  });
  outer.scan([](std::uint64_t, const std::unique_ptr<Inner>& inner) {
    EXPECT_EQ(inner->CheckInvariants(), "");
  });
}

// --- Erasing while iterating ----------------------------------------------

TEST(ConcurrentMapLifetimeTest, ScanCallbackMayClearTheMap) {
  StringMap map;
  Fill(map, 300);
  std::size_t seen = 0;
  map.scan([&](const std::string& key, const std::string& value) {
    if (seen++ == 100) map.clear();
    EXPECT_EQ(key, value);  // what is visited stays readable
  });
  EXPECT_GE(seen, 101u);
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.CheckInvariants(), "");
}

// Each thread erases all that its scan shows it, at the same time as the
// others: each entry goes to one of them, and none is passed over by all.
TEST(ConcurrentMapLifetimeTest, ScanningThreadsEraseEachEntryOnce) {
  for (int round = 0; round < Scaled(20, 4); ++round) {
    constexpr std::uint64_t kKeys = 2000;
    IntMap map;
    for (std::uint64_t i = 0; i < kKeys; ++i) map.insert(i, i);
    std::vector<std::size_t> erased(4);
    RunThreads(erased.size(), [&](std::size_t t) {
      const auto take = [&](std::uint64_t key, std::uint64_t) {
        if (map.erase(key)) ++erased[t];
      };
      if (t % 2 == 0) {
        map.scan(take);
      } else {
        map.scan_reverse(0, kKeys, take);
      }
    });
    std::size_t total = 0;
    for (const std::size_t count : erased) total += count;
    EXPECT_EQ(total, kKeys);
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.size(), 0u);
    EXPECT_EQ(map.CheckInvariants(), "");
  }
}

// --- Size -----------------------------------------------------------------

// One thread inserts what another erases: a counter that adds up the threads'
// shares at different moments may see the erasures and miss the insertions.
TEST(ConcurrentMapLifetimeTest, SizeNeverWrapsWhileOthersWrite) {
  IntMap map;
  constexpr std::uint64_t kKeys = 8;
  std::atomic<std::uint32_t> writers_left{3};
  RunThreads(4, [&](std::size_t t) {
    if (t == 0) {
      do {
        const std::size_t size = map.size();
        // Each writer is under way with one operation at most.
        ASSERT_LE(size, kKeys + 3);
      } while (writers_left.load(std::memory_order_relaxed) != 0);
      return;
    }
    Random random(t);
    for (int i = 0; i < Scaled(100000, 10000); ++i) {
      const std::uint64_t key = random.Below(kKeys);
      if ((static_cast<std::size_t>(i) / 1000 + t) % 2 == 0) {
        map.insert(key, t);
      } else {
        map.erase(key);
      }
    }
    writers_left.fetch_sub(1, std::memory_order_relaxed);
  });
  std::size_t entries = 0;
  map.scan([&](std::uint64_t, std::uint64_t) { ++entries; });
  EXPECT_EQ(map.size(), entries);
}

// --- fork() ---------------------------------------------------------------

// Runs `body` in a child process and returns its exit code, 0 for success.
int InChild(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Reads and writes enough for rebalances, splits and reclamation.
bool WorksAfterFork(StringMap& map, std::uint64_t filled) {
  for (std::uint64_t i = 0; i < filled; ++i) {
    if (map.find(KeyOf(i)) != KeyOf(i)) return false;
  }
  Fill(map, filled + 500);
  for (std::uint64_t i = 0; i < filled + 500; ++i) {
    if (!map.erase(KeyOf(i))) return false;
  }
  return map.empty() && map.CheckInvariants().empty();
}

TEST(ConcurrentMapLifetimeTest, ChildAndParentGoOnAfterAFork) {
  StringMap map;
  Fill(map, 300);
  EXPECT_EQ(InChild([&] { return WorksAfterFork(map, 300); }), 0);
  EXPECT_TRUE(WorksAfterFork(map, 300));
}

// In the child the other threads are gone, though not in the middle of an
// operation: what they had for themselves must not hold up the one that is
// left.
TEST(ConcurrentMapLifetimeTest, ChildGoesOnWithoutTheThreadsOfItsParent) {
  StringMap map;
  Fill(map, 300);
  std::latch used(3);
  std::latch forked(1);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      map.insert(KeyOf(1000 + t), "of a thread the child does not have");
      map.erase(KeyOf(1000 + t));
      used.count_down();
      forked.wait();
    });
  }
  used.wait();
  EXPECT_EQ(InChild([&] { return WorksAfterFork(map, 300); }), 0);
  forked.count_down();
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(WorksAfterFork(map, 300));
}

}  // namespace
}  // namespace pma
