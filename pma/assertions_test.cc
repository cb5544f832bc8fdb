// SPDX-License-Identifier: Apache-2.0

// Builds with assertions notice what users get wrong, and say what.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"

#ifndef NDEBUG

namespace pma {
namespace {

template <class Key, class Compare = std::less<>,
          class Allocator = std::allocator<std::byte>>
using TinyMap = ConcurrentMap<Key, int, Compare, Allocator, TinyTuning>;

TEST(Assertions, NanIsNoKey) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  TinyMap<double> map;
  map.insert(1, 1);
  EXPECT_DEATH(map.insert(nan, 1), "pma: this is NaN");
  EXPECT_DEATH(map.insert_or_assign(nan, 1), "pma: this is NaN");
  EXPECT_DEATH(map.try_emplace(nan, 1), "pma: this is NaN");
  EXPECT_DEATH(map.erase(nan), "pma: this is NaN");
  TinyMap<float, std::greater<>> descending;
  EXPECT_DEATH(descending.insert(static_cast<float>(nan), 1),
               "pma: this is NaN");
}

template <class Key, class Compare>
void Fill() {
  TinyMap<Key, Compare> map;
  for (int i = 0; i < 100; ++i) {
    if constexpr (std::is_same_v<Key, std::string>) {
      map.insert(std::to_string(i), i);
    } else {
      map.insert(i * 7 % 100, i);
    }
  }
}

struct Always {
  bool operator()(int, int) const { return true; }
};
TEST(Assertions, AComparatorSaysThatNoKeyIsLessThanItself) {
  EXPECT_DEATH((Fill<int, Always>()), "less than itself");
  EXPECT_DEATH((Fill<int, std::less_equal<>>()), "less than itself");
  EXPECT_DEATH((Fill<std::string, std::greater_equal<>>()), "less than itself");
}

TEST(Assertions, AComparatorDoesNotContradictItself) {
  EXPECT_DEATH((Fill<int, std::not_equal_to<>>()), "contradicts itself");
  EXPECT_DEATH((Fill<std::string, std::not_equal_to<>>()),
               "contradicts itself");
}

// Copies write to the map that makes them.
struct Recursive {
  explicit Recursive(int n) : text(std::to_string(n)) {}
  Recursive(const Recursive& other) : text(other.text) {
    if (map != nullptr) map->erase(Recursive(1));
  }
  Recursive(Recursive&&) = default;
  friend bool operator<(const Recursive& a, const Recursive& b) {
    return a.text < b.text;
  }
  static inline TinyMap<Recursive>* map = nullptr;
  std::string text;
};
TEST(Assertions, ACopyOfAKeyDoesNotWriteToTheSameMap) {
  TinyMap<Recursive> map;
  const auto fill = [&] {
    Recursive::map = &map;
    for (int i = 0; i < 100; ++i) map.insert(Recursive(i), i);
  };
  EXPECT_DEATH(fill(), "pma: an allocator or the copy of a key writes");
}

}  // namespace
}  // namespace pma

#endif
