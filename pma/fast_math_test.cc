// SPDX-License-Identifier: Apache-2.0

// Compiled with -ffast-math, which lets a compiler believe that there is no
// infinity. Infinity is a key all the same, and fills unused cells.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"

namespace pma {
namespace {

template <class Key>
using Bits = std::conditional_t<sizeof(Key) == 8, uint64_t, uint32_t>;

// As a constant, and as what comes up at run time.
template <class Key>
constexpr Key kInfinity = std::bit_cast<Key>(static_cast<Bits<Key>>(
    sizeof(Key) == 8 ? 0x7ff0000000000000u : 0x7f800000u));

template <class Key>
Key AtRunTime(Key key) {
  asm volatile("" : "+m"(key));
  return key;
}

template <class Key, class Tuning>
void CheckInfinity(size_t entries, Key infinity) {
  ConcurrentMap<Key, int, std::less<>, std::allocator<std::byte>, Tuning> map;
  const auto key = [](size_t i) { return static_cast<Key>(i); };
  for (size_t i = 0; i < entries; ++i) map.insert(key(i), 0);
  ASSERT_EQ(map.CheckInvariants(), "");

  EXPECT_FALSE(map.contains(infinity));
  EXPECT_FALSE(map.erase(infinity));
  EXPECT_EQ(map.floor(infinity)->first, key(entries - 1));
  EXPECT_EQ(map.lower(infinity)->first, key(entries - 1));
  EXPECT_FALSE(map.ceiling(infinity).has_value());
  EXPECT_FALSE(map.higher(infinity).has_value());
  EXPECT_EQ(map.scan(-infinity, infinity, [](Key, int) {}), entries);
  EXPECT_EQ(map.scan_n(infinity, 3, [](Key, int) {}), 0u);

  EXPECT_TRUE(map.insert(infinity, 1));
  EXPECT_TRUE(map.insert(-infinity, 2));
  EXPECT_FALSE(map.insert(infinity, 3));
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_EQ(map.find(infinity), 1);
  EXPECT_EQ(map.find(-infinity), 2);
  EXPECT_FALSE(map.insert_or_assign(infinity, 4));
  EXPECT_EQ(map.last()->second, 4);
  EXPECT_EQ(map.first()->second, 2);
  EXPECT_EQ(map.lower(infinity)->first, key(entries - 1));
  EXPECT_EQ(map.higher(key(entries - 1))->second, 4);
  EXPECT_EQ(map.scan(-infinity, infinity, [](Key, int) {}), entries + 1);
  EXPECT_EQ(map.scan_reverse(-infinity, infinity, [](Key, int) {}),
            entries + 1);
  EXPECT_TRUE(map.erase(infinity));
  EXPECT_TRUE(map.erase(-infinity));
  EXPECT_EQ(map.size(), entries);
  EXPECT_EQ(map.CheckInvariants(), "");
}

// In descending order a number is its image (key_encoding.h), which is made
// from the bits of the key, and becomes a key again where it is shown.
template <class Key>
void CheckInfinityDescending(size_t entries, Key infinity) {
  ConcurrentMap<Key, int, std::greater<>, std::allocator<std::byte>, TinyTuning>
      map;
  for (size_t i = 0; i < entries; ++i) map.insert(static_cast<Key>(i), 0);
  EXPECT_FALSE(map.contains(infinity) || map.erase(-infinity));
  EXPECT_TRUE(map.insert(infinity, 1));
  EXPECT_TRUE(map.insert(-infinity, 2));
  EXPECT_FALSE(map.insert(infinity, 3));
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_EQ(map.find(infinity), 1);
  EXPECT_EQ(map.find(-infinity), 2);
  EXPECT_EQ(map.first()->second, 1);
  EXPECT_EQ(map.last()->second, 2);
  EXPECT_EQ(std::bit_cast<Bits<Key>>(map.first()->first),
            std::bit_cast<Bits<Key>>(infinity));
  EXPECT_EQ(map.higher(infinity)->first, static_cast<Key>(entries - 1));
  EXPECT_EQ(map.scan(infinity, -infinity, [](Key, int) {}), entries + 1);
  EXPECT_TRUE(map.erase(infinity) && map.erase(-infinity));
  EXPECT_EQ(map.size(), entries);
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(FastMath, InfinityIsAKey) {
  for (const size_t entries : {1u, 4u, 40u, 5000u}) {
    CheckInfinity<double, DefaultTuning>(entries, kInfinity<double>);
    CheckInfinity<double, TinyTuning>(entries, AtRunTime(kInfinity<double>));
    CheckInfinity<float, DefaultTuning>(entries, AtRunTime(kInfinity<float>));
    CheckInfinity<float, TinyTuning>(entries, kInfinity<float>);
    CheckInfinityDescending<double>(entries, AtRunTime(kInfinity<double>));
    CheckInfinityDescending<float>(entries, kInfinity<float>);
  }
}

}  // namespace
}  // namespace pma
