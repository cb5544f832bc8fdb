// SPDX-License-Identifier: Apache-2.0

// A snapshot is the range at one instant, however long it is and whoever writes
// meanwhile. (Writers that never go on are in stopped_writer_test.)

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/threads.h"

namespace pma {
namespace {

using testing::RunThreads;
using testing::Scaled;

template <class Key, class Value>
using TinyMap = ConcurrentMap<Key, Value, std::less<>,
                              std::allocator<std::byte>, TinyTuning>;

// Numbers as keys and values of each kind.
struct Words {
  using Map = ConcurrentMap<std::uint64_t, std::uint64_t>;
  static constexpr std::uint64_t kKeys = 2000;
  static std::uint64_t Key(std::uint64_t n) { return n; }
  static std::uint64_t Value(std::uint64_t n) { return n; }
  static std::uint64_t Number(std::uint64_t value) { return value; }
};
struct TinyWords : Words {
  using Map = TinyMap<std::uint64_t, std::uint64_t>;
  static constexpr std::uint64_t kKeys = 150;
};
struct WideValues : TinyWords {
  struct Wide {
    std::uint64_t first;
    std::uint64_t second;
  };
  using Map = TinyMap<std::uint64_t, Wide>;
  static Wide Value(std::uint64_t n) { return {n, ~n}; }
  static std::uint64_t Number(Wide value) {
    EXPECT_EQ(value.first, ~value.second);
    return value.first;
  }
};
struct Strings : TinyWords {
  using Map = TinyMap<std::string, std::string>;
  static std::string Key(std::uint64_t n) {
    return "a key with many characters " + std::to_string(1000 + n);
  }
  static std::string Value(std::uint64_t n) { return std::to_string(n); }
  static std::uint64_t Number(const std::string& value) {
    return std::stoull(value);
  }
};

template <class Kind>
class SnapshotScanTest : public ::testing::Test {};
using Kinds = ::testing::Types<Words, TinyWords, WideValues, Strings>;
TYPED_TEST_SUITE(SnapshotScanTest, Kinds);

// A writer puts 1 everywhere in ascending order, then 2, and so on: at any
// instant the values fall once, by one. Another makes everything move.
TYPED_TEST(SnapshotScanTest, ShowsOneInstant) {
  using Kind = TypeParam;
  constexpr std::uint64_t kKeys = Kind::kKeys;
  typename Kind::Map map;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    map.insert(Kind::Key(2 * i), Kind::Value(0));
  }
  std::atomic<bool> done = false;
  int failures = 0;
  RunThreads(3, [&](std::size_t thread) {
    if (thread == 1) {
      for (std::uint64_t round = 1; !done.load(); ++round) {
        for (std::uint64_t i = 0; i < kKeys; ++i) {
          map.insert_or_assign(Kind::Key(2 * i), Kind::Value(round));
        }
      }
    } else if (thread == 2) {
      for (std::uint64_t i = 0; !done.load(); ++i) {
        const auto key = Kind::Key(2 * (i * 7 % kKeys) + 1);
        i / kKeys % 2 == 0 ? map.insert(key, Kind::Value(0)) : map.erase(key);
      }
    } else {
      const auto lo = Kind::Key(2 * (kKeys / 8));
      const auto hi = Kind::Key(2 * kKeys);
      for (int i = 0; i < Scaled(300, 40); ++i) {
        std::optional<std::uint64_t> first;
        std::optional<std::uint64_t> last;
        std::uint64_t seen = 0;
        const auto look = [&](const auto&, const auto& value) {
          const std::uint64_t number = Kind::Number(value);
          if (number == 0) return;  // the other writer's
          ++seen;
          if (!first.has_value()) first = number;
          if (last.has_value() && number > *last) ++failures;
          last = number;
        };
        if (i % 2 == 0) {
          map.snapshot_scan(look);
        } else {
          map.snapshot_scan(lo, hi, look);
        }
        if (first.has_value() && *first - *last > 1) ++failures;
        // Once all have their first value, none is missed.
        if (last.value_or(0) > 1 &&
            seen != (i % 2 == 0 ? kKeys : kKeys - kKeys / 8)) {
          ++failures;
        }
      }
      done = true;
    }
  });
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(map.CheckInvariants(), "");
}

// Extents to the right of what is held are replaced all the time.
TEST(SnapshotScanTest, EndsThoughTheMapGrows) {
  ConcurrentMap<std::uint64_t, std::uint64_t> map;
  const auto size = static_cast<std::uint64_t>(Scaled(300000, 20000));
  for (std::uint64_t i = 0; i < size; ++i) map.insert(i, i);
  std::atomic<bool> done = false;
  int failures = 0;
  RunThreads(2, [&](std::size_t thread) {
    if (thread == 1) {
      for (std::uint64_t i = size; !done.load(); ++i) map.insert(i, i);
      return;
    }
    for (int i = 0; i < 5; ++i) {
      std::uint64_t next = 0;
      map.snapshot_scan([&](std::uint64_t key, std::uint64_t) {
        if (key != next++) ++failures;
      });
      if (next < size) ++failures;
    }
    done = true;
  });
  EXPECT_EQ(failures, 0);
}

TEST(SnapshotScanTest, EndsWhereTheCallbackSaysSo) {
  TinyMap<int, int> map;
  for (int i = 0; i < 100; ++i) map.insert(i, i);
  std::vector<int> seen;
  const auto three = [&](int key, int) {
    seen.push_back(key);
    return seen.size() < 3;
  };
  EXPECT_EQ(map.snapshot_scan(three), 3u);
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
  seen.clear();
  EXPECT_EQ(map.snapshot_scan(95, 98, three), 3u);
  EXPECT_EQ(seen, (std::vector<int>{95, 96, 97}));
  const auto count = [](int, int) {};
  EXPECT_EQ(map.snapshot_scan(98, 1000, count), 2u);
  EXPECT_EQ(map.snapshot_scan(50, 50, count), 0u);
  EXPECT_EQ(map.snapshot_scan(60, 50, count), 0u);
  EXPECT_EQ(map.snapshot_scan(-5, 0, count), 0u);
  map.clear();
  EXPECT_EQ(map.snapshot_scan(count), 0u);
}

// What is shown is the caller's: the map may change, and be asked, meanwhile.
TEST(SnapshotScanTest, CallbacksMayChangeTheMap) {
  TinyMap<std::string, std::string> map;
  for (int i = 100; i < 200; ++i) map.insert(std::to_string(i), "value");
  std::size_t seen = 0;
  map.snapshot_scan([&](const std::string& key, const std::string& value) {
    ++seen;
    EXPECT_EQ(value, "value");
    EXPECT_TRUE(map.erase(key));
    map.insert("2" + key, "new");
    map.reclaim();
    EXPECT_EQ(value, "value");
  });
  EXPECT_EQ(seen, 100u);
  EXPECT_EQ(map.size(), 100u);
  EXPECT_EQ(map.CheckInvariants(), "");
}

}  // namespace
}  // namespace pma
