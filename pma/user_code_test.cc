// SPDX-License-Identifier: Apache-2.0

// Users' code runs in the middle of the map's: copies of keys, destructors of
// thread-local objects. It may use maps itself.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/reclaim/epoch.h"
#include "pma/options.h"

namespace pma {
namespace {

template <class Key, class Value>
using TinyMap = ConcurrentMap<Key, Value, std::less<>,
                              std::allocator<std::byte>, TinyTuning>;

// A key that counts its copies in a map of its own. Copies are made in the
// middle of rebalances, and inserting them rebalances the other map.
struct CountedKey {
  explicit CountedKey(uint64_t v) : value(v), text(std::to_string(v)) {}
  CountedKey(const CountedKey& other) : value(other.value), text(other.text) {
    Registry().insert((copies * 2654435761u) % 100003, value);
    if (++copies % 3000 == 0) Registry().clear();
  }
  CountedKey(CountedKey&&) = default;
  friend bool operator<(const CountedKey& a, const CountedKey& b) {
    return a.value < b.value;
  }

  static TinyMap<uint64_t, uint64_t>& Registry() {
    static TinyMap<uint64_t, uint64_t> registry;
    return registry;
  }
  static inline uint64_t copies = 0;

  uint64_t value;
  std::string text;
};

TEST(UserCode, CopiesOfKeysMayWriteToAnotherMapDuringARebalance) {
  TinyMap<CountedKey, uint64_t> map;
  for (uint64_t i = 0; i < 2000; ++i) {
    ASSERT_TRUE(map.insert(CountedKey(i * 7919 % 2003), i));
  }
  EXPECT_GT(CountedKey::copies, 100u);
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_EQ(CountedKey::Registry().CheckInvariants(), "");
  uint64_t expected = 0;
  map.scan([&](const CountedKey& key, uint64_t value) {
    while (expected < key.value) ++expected;
    EXPECT_EQ(key.value, expected);
    EXPECT_EQ(key.value, value * 7919 % 2003);
    EXPECT_EQ(key.text, std::to_string(key.value));
  });
  EXPECT_EQ(map.size(), 2000u);
}

size_t RecordCount() {
  size_t count = 0;
  using Registry = internal::ThreadRegistry<internal::RealPlatform>;
  for (auto* r = Registry::Head(); r != nullptr; r = r->next) ++count;
  return count;
}

ConcurrentMap<uint64_t, uint64_t>& SharedMap() {
  static ConcurrentMap<uint64_t, uint64_t> map;
  return map;
}

// Outlives the map's own thread-local state if it is made before it.
struct UsesTheMapWhenItsThreadExits {
  ~UsesTheMapWhenItsThreadExits() {
    SharedMap().insert_or_assign(1, 1);
    SharedMap().scan([](uint64_t, uint64_t) {});
  }
  void Touch() {}
};
thread_local UsesTheMapWhenItsThreadExits uses_late;

TEST(UserCode, AThreadThatUsesAMapWhileExitingKeepsNoRecord) {
  const auto run_thread = [] {
    std::thread([] {
      uses_late.Touch();
      SharedMap().insert_or_assign(2, 2);
    }).join();
  };
  run_thread();
  const size_t records = RecordCount();
  for (int i = 0; i < 300; ++i) run_thread();
  EXPECT_EQ(RecordCount(), records);
  EXPECT_EQ(SharedMap().size(), 2u);
}

}  // namespace
}  // namespace pma
