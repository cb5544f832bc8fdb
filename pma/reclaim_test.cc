// SPDX-License-Identifier: Apache-2.0

// When erased and replaced keys and values are freed, and what waits for that.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "pma/concurrent_map.h"
#include "pma/testing/build_variant.h"

namespace pma {
namespace {

// Too large to lie inline, and counted.
struct Counted {
  explicit Counted(std::uint64_t value) : words{value} { ++living; }
  Counted(const Counted& other) : words(other.words) { ++living; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --living; }
  std::array<std::uint64_t, 8> words;
  static inline std::atomic<int> living{0};
};
using CountedMap = ConcurrentMap<std::uint64_t, Counted>;

// --- While no other thread has used a map: these come first ------------------

TEST(ReclaimAloneTest, ValueIsDestroyedWhenItsErasureReturns) {
  ConcurrentMap<int, std::shared_ptr<int>> map;
  const auto value = std::make_shared<int>(7);
  for (int key = 0; key < 3; ++key) map.insert(key, value);
  map.erase(0);
  EXPECT_EQ(value.use_count(), 3);
  map.insert_or_assign(1, nullptr);
  EXPECT_EQ(value.use_count(), 2);
  std::weak_ptr<int> last = std::make_shared<int>(9);
  map.insert_or_assign(2, std::make_shared<int>(8));
  EXPECT_EQ(value.use_count(), 1);
  EXPECT_EQ(map.memory_usage().retired_bytes, 0);
  EXPECT_EQ(map.reclaim(), 0);
}

TEST(ReclaimAloneTest, KeyIsDestroyedWhenItsErasureReturns) {
  struct Less {
    bool operator()(const Counted& a, const Counted& b) const {
      return a.words < b.words;
    }
  };
  {
    ConcurrentMap<Counted, int, Less> map;
    map.insert(Counted(1), 1);
    map.insert(Counted(2), 2);
    map.erase(Counted(1));
    EXPECT_EQ(Counted::living, 1);
  }
  EXPECT_EQ(Counted::living, 0);
}

TEST(ReclaimAloneTest, CallbackKeepsWhatItErases) {
  CountedMap map;
  map.try_emplace(1, 11);
  map.visit(1, [&](const Counted& value) {
    map.erase(1);
    EXPECT_EQ(value.words[0], 11);
    EXPECT_EQ(Counted::living, 1);
    EXPECT_EQ(map.reclaim(), 1);
    EXPECT_GE(map.memory_usage().retired_bytes, sizeof(Counted));
  });
  EXPECT_EQ(map.reclaim(), 0);
  EXPECT_EQ(Counted::living, 0);
  EXPECT_EQ(map.memory_usage().retired_bytes, 0);
}

TEST(ReclaimAloneTest, DestructorMayUseTheMap) {
  struct Registered;
  using Map = ConcurrentMap<std::uint64_t, Registered>;
  struct Registered {
    Map* map = nullptr;
    std::uint64_t key = 0;
    std::array<std::uint64_t, 4> padding{};
    Registered(Map* its_map, std::uint64_t its_key)
        : map(its_map), key(its_key) {}
    Registered(const Registered& other) = default;
    ~Registered() {
      // Erases its neighbour, whose destructor erases the next, ...
      if (map != nullptr) map->erase(key + 1);
    }
  };
  Map map;
  for (std::uint64_t key = 0; key < 100; ++key) {
    map.try_emplace(key, &map, key);
  }
  map.erase(0);
  EXPECT_TRUE(map.empty());
}

// --- Beside other threads ---

class ReclaimTest : public ::testing::Test {
 protected:
  // Another thread that has used maps, and is idle.
  ReclaimTest()
      : idle_([this] {
          ConcurrentMap<int, int>().insert(1, 1);
          idles_.count_down();
          over_.wait();
        }) {
    idles_.wait();
  }
  ~ReclaimTest() override {
    over_.count_down();
    idle_.join();
  }

 private:
  std::latch idles_{1};
  std::latch over_{1};
  std::thread idle_;
};

TEST_F(ReclaimTest, GarbageIsBoundedInBytes) {
  ConcurrentMap<int, std::string> map;
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    map.insert_or_assign(i % 10, std::string(100000, 'x'));
    most = std::max(most, map.memory_usage().retired_bytes);
  }
  EXPECT_LT(most, 2 * 100000);
}

TEST_F(ReclaimTest, GarbageOfManyMapsIsBoundedInBytes) {
  constexpr std::size_t kMaps = 50;
  std::vector<ConcurrentMap<int, std::string>> maps(kMaps);
  for (int i = 0; i < 40; ++i) {
    for (auto& map : maps) map.insert_or_assign(1, std::string(10000, 'x'));
  }
  std::size_t waiting = 0;
  for (const auto& map : maps) waiting += map.memory_usage().retired_bytes;
  EXPECT_LT(waiting, kMaps * (size_t{64} << 10) + kMaps * 11000);
}

TEST_F(ReclaimTest, FirstGarbageAfterAPauseIsFreedAtOnce) {
  // A map that has never looked for garbage has paused for ever.
  CountedMap map;
  map.try_emplace(1, 1);
  map.erase(1);
  EXPECT_EQ(Counted::living, 0);
}

TEST_F(ReclaimTest, ReclaimFreesWhatWaits) {
  CountedMap map;
  for (std::uint64_t i = 0; i < 1000; ++i) map.try_emplace(i, i);
  for (std::uint64_t i = 0; i < 990; ++i) map.erase(i);
  EXPECT_EQ(map.reclaim(), 0);
  EXPECT_EQ(Counted::living, 10);
  EXPECT_EQ(map.memory_usage().retired_bytes, 0);
}

TEST_F(ReclaimTest, ReclaimCountsWhatReadersHold) {
  CountedMap map;
  for (std::uint64_t i = 0; i < 10; ++i) map.try_emplace(i, i);
  std::latch reading(1);
  std::latch erased(1);
  std::thread reader([&] {
    map.visit(3, [&](const Counted& value) {
      reading.count_down();
      erased.wait();
      EXPECT_EQ(value.words[0], 3);
    });
  });
  reading.wait();
  for (std::uint64_t i = 0; i < 10; ++i) map.erase(i);
  EXPECT_EQ(map.reclaim(), 10);
  EXPECT_EQ(Counted::living, 10);
  erased.count_down();
  reader.join();
  EXPECT_EQ(map.reclaim(), 0);
  EXPECT_EQ(Counted::living, 0);
}

TEST_F(ReclaimTest, ReclaimRunsBesideEverythingElse) {
  ConcurrentMap<std::uint64_t, std::string> map;
  const std::uint64_t count = testing::Scaled<std::uint64_t>(20000, 4000);
  std::atomic<int> writers{2};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = t; i < count; i += 2) {
        map.insert_or_assign(i % 64, std::string(40, 'a'));
        if (i % 3 == 0) map.erase(i % 61);
      }
      --writers;
    });
  }
  threads.emplace_back([&] {
    while (writers > 0) map.reclaim();
  });
  threads.emplace_back([&] {
    while (writers > 0) {
      map.scan([](std::uint64_t, const std::string& value) {
        EXPECT_EQ(value.size(), 40);
      });
    }
  });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(map.reclaim(), 0);
  EXPECT_EQ(map.CheckInvariants(), "");
}

}  // namespace
}  // namespace pma
