// SPDX-License-Identifier: Apache-2.0

// What callers hand over and what callbacks are handed: by which type, and what
// is left of it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/counting_allocator.h"

namespace pma {
namespace {

template <class Key, class Value, class Compare = std::less<>>
using TinyMap =
    ConcurrentMap<Key, Value, Compare, std::allocator<std::byte>, TinyTuning>;

// --- Conversions ---

struct Base {};
struct Derived : Base {};
enum class Colour { kRed };

template <class Value, class... Args>
concept Emplaces = requires(ConcurrentMap<int, Value> map, Args... args) {
  map.try_emplace(1, args...);
};

TEST(TryEmplace, RefusesWhatOnlyACastConverts) {
  EXPECT_FALSE((Emplaces<long, const char*>));
  EXPECT_FALSE((Emplaces<Derived*, Base*>));
  EXPECT_FALSE((Emplaces<int*, int>));
  EXPECT_FALSE((Emplaces<Colour, int>));
  EXPECT_FALSE((Emplaces<int*, const int*>));
  EXPECT_TRUE((Emplaces<long, short>));
  EXPECT_TRUE((Emplaces<Base*, Derived*>));
  EXPECT_TRUE((Emplaces<std::unique_ptr<int>, int*>));  // explicit
  EXPECT_TRUE((Emplaces<std::string, size_t, char>));
}

TEST(TryEmplace, MakesAZeroOfNothing) {
  ConcurrentMap<int, int*> map;
  map.try_emplace(1);
  EXPECT_EQ(map.find(1), std::optional<int*>(nullptr));
}

// --- Overloaded operators ---

template <size_t kBytes>
struct HidesItsAddress {
  uint64_t number;
  char more[kBytes];
  bool operator<(const HidesItsAddress& other) const {
    return number < other.number;
  }
  void* operator&() const { return nullptr; }  // NOLINT
};

template <size_t kBytes>
void CheckHiddenAddresses() {
  using Hidden = HidesItsAddress<kBytes>;
  TinyMap<Hidden, Hidden> map;
  for (uint64_t i = 0; i < 100; ++i) map.insert(Hidden{i, {}}, Hidden{i, {}});
  EXPECT_EQ(map.CheckInvariants(), "");
  uint64_t expected = 0;
  map.scan([&](const Hidden& key, const Hidden& value) {
    EXPECT_EQ(key.number, expected);
    EXPECT_EQ(value.number, expected++);
  });
  EXPECT_EQ(expected, 100u);
  EXPECT_EQ(map.ceiling(Hidden{7, {}})->second.number, 7u);
  EXPECT_TRUE(map.erase(Hidden{7, {}}));
}

TEST(Arguments, MayHideTheirAddresses) {
  CheckHiddenAddresses<8>();   // inline
  CheckHiddenAddresses<40>();  // in a box
}

// --- What callbacks are given ---

TEST(Callbacks, AreGivenConstReferences) {
  ConcurrentMap<int, long> map;
  map.insert(1, 2);
  const auto check = [](auto&&... parts) {
    EXPECT_TRUE(
        (std::is_const_v<std::remove_reference_t<decltype(parts)>> && ...));
    EXPECT_TRUE((std::is_lvalue_reference_v<decltype(parts)> && ...));
  };
  EXPECT_TRUE(map.visit(1, check));
  EXPECT_EQ(map.scan(check), 1u);
  EXPECT_EQ(map.scan(0, 9, check), 1u);
  EXPECT_EQ(map.scan_n(0, 9, check), 1u);
  EXPECT_EQ(map.scan_reverse(0, 9, check), 1u);
}

TEST(Arguments, MayBeAnEmptyViewOfNothing) {
  ConcurrentMap<std::string, int> map;
  EXPECT_EQ(map.find(std::string_view{}), std::nullopt);
  map.insert("", 1);
  EXPECT_EQ(map.find(std::string_view{}), 1);
}

// --- What is left of arguments ---

TEST(Insertion, LeavesWhatItDoesNotNeed) {
  using Pointer = std::unique_ptr<int>;
  TinyMap<std::string, Pointer> map;
  const std::string name = "a key that is longer than what lies in the string";
  std::string key = name;
  Pointer value = std::make_unique<int>(1);
  EXPECT_TRUE(map.insert(key, std::move(value)));
  EXPECT_EQ(value, nullptr);

  value = std::make_unique<int>(2);
  EXPECT_FALSE(map.insert(std::move(key), std::move(value)));
  EXPECT_FALSE(map.try_emplace(std::move(key), std::move(value)));
  EXPECT_EQ(key, name);
  ASSERT_NE(value, nullptr);
  EXPECT_FALSE(map.insert_or_assign(std::move(key), std::move(value)));
  EXPECT_EQ(key, name);
  EXPECT_EQ(value, nullptr);

  EXPECT_TRUE(map.erase(key));
  EXPECT_TRUE(map.try_emplace(std::move(key), std::make_unique<int>(3)));
  EXPECT_EQ(key, name);  // its characters are copied
  EXPECT_TRUE(map.visit(name, [](const Pointer& p) { EXPECT_EQ(*p, 3); }));
}

TEST(Insertion, CopiesWhatIsNotGivenAway) {
  TinyMap<std::string, std::string> map;
  for (int i = 0; i < 100; ++i) {
    const std::string key = std::to_string(i);
    std::string value = "value " + key;
    EXPECT_TRUE(map.insert(key, value));
    EXPECT_EQ(value, "value " + key);
    EXPECT_FALSE(map.insert_or_assign(key, value));
    EXPECT_EQ(value, "value " + key);
  }
  EXPECT_EQ(map.CheckInvariants(), "");
}

struct Point {
  int x;
  int y;
  auto operator<=>(const Point&) const = default;
};

TEST(Insertion, TakesBracesAndConversions) {
  TinyMap<Point, std::string> points;
  EXPECT_TRUE(points.insert({1, 2}, {'a', 'b'}));
  EXPECT_TRUE(points.insert_or_assign({3, 4}, "cd"));
  EXPECT_TRUE(points.try_emplace({5, 6}, size_t{2}, 'e'));
  EXPECT_EQ(points.find(Point{1, 2}), "ab");
  EXPECT_EQ(points.find(Point{5, 6}), "ee");
  TinyMap<std::string, Point> names;
  EXPECT_TRUE(names.insert({'a', 'b'}, {1, 2}));
  EXPECT_TRUE(names.insert_or_assign("cd", {3, 4}));
  EXPECT_TRUE(names.try_emplace({'e', 'f'}, 5, 6));
  EXPECT_EQ(names.find("ef"), (Point{5, 6}));
  TinyMap<Point, int*> pointers;
  EXPECT_TRUE(pointers.insert({1, 2}, nullptr));
  EXPECT_FALSE(pointers.insert_or_assign({1, 2}, 0));
}

// --- Keys made of something else ---

template <class Compare>
void CheckNoKeyIsMadeIfItIsPresent() {
  testing::AllocationLedger ledger;
  using Allocator = testing::CountingAllocator<std::byte>;
  using Map = ConcurrentMap<std::string, int, Compare, Allocator, TinyTuning>;
  Map map{Allocator(&ledger)};
  const auto name = [](int i) { return "name " + std::to_string(i); };
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(map.insert(std::string_view(name(i)), i));
    EXPECT_TRUE(map.try_emplace((name(i) + "!").c_str(), i));
    EXPECT_TRUE(map.insert_or_assign(std::string_view(name(i) + "?"), i));
  }
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_EQ(map.size(), 300u);
  const auto allocations = ledger.allocation_count();
  EXPECT_FALSE(map.insert(std::string_view("name 7"), 0));
  EXPECT_FALSE(map.insert("name 7", 0));
  EXPECT_FALSE(map.try_emplace(std::string_view("name 7"), 0));
  EXPECT_FALSE(map.try_emplace("name 7", 0));
  EXPECT_EQ(map.find("name 7"), 7);
  EXPECT_FALSE(map.insert_or_assign("name 7", 77));
  EXPECT_FALSE(map.insert_or_assign(std::string_view("name 8"), 88));
  EXPECT_EQ(map.find("name 7"), 77);
  EXPECT_EQ(ledger.allocation_count(), allocations);
}

TEST(Insertion, MakesNoBoxOfAKeyThatIsPresent) {
  CheckNoKeyIsMadeIfItIsPresent<std::less<>>();     // with a prefix
  CheckNoKeyIsMadeIfItIsPresent<std::greater<>>();  // without
}

struct Name {
  explicit Name(int n) : text(std::to_string(n)) { ++made; }
  static inline int made = 0;
  std::string text;
};
struct ByText {
  using is_transparent = void;
  static std::string Text(const Name& name) { return name.text; }
  static std::string Text(int n) { return std::to_string(n); }
  bool operator()(const auto& a, const auto& b) const {
    return Text(a) < Text(b);
  }
};

TEST(Insertion, MakesNoKeyThatIsPresent) {
  TinyMap<Name, int, ByText> map;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(map.insert(i, i));
    EXPECT_FALSE(map.insert(i, i));
    EXPECT_FALSE(map.try_emplace(i, i));
    EXPECT_FALSE(map.insert_or_assign(i, i));
  }
  EXPECT_EQ(Name::made, 100);
  EXPECT_EQ(map.CheckInvariants(), "");
}

}  // namespace
}  // namespace pma
