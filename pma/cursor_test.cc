// SPDX-License-Identifier: Apache-2.0

// A cursor meets what a scan shows, in either direction, holds nothing between
// two calls, and is where it was when a copy throws.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <ranges>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/random.h"
#include "pma/testing/storage_kinds.h"

namespace pma {
namespace {

template <class Key, class Value>
using Tiny = ConcurrentMap<Key, Value, std::less<>, std::allocator<std::byte>,
                           TinyTuning>;

constexpr size_t kKeys = 80;

template <class Kind>
class CursorTest : public ::testing::Test {
 protected:
  using Map = Tiny<typename Kind::Key, typename Kind::Value>;

  void InsertAll() {
    for (size_t i = 0; i < kKeys; ++i) {
      map_.insert(Kind::MakeKey(i), Kind::MakeValue(i));
    }
  }
  static bool IsAt(const typename Map::Cursor& cursor, size_t i) {
    return cursor.valid() && cursor.key() == Kind::MakeKey(i) &&
           cursor.value() == Kind::MakeValue(i);
  }

  Map map_;
};
TYPED_TEST_SUITE(CursorTest, testing::StorageKinds);

TYPED_TEST(CursorTest, OfAnEmptyMapIsNotValid) {
  auto cursor = this->map_.cursor();
  EXPECT_FALSE(cursor.valid());
  EXPECT_FALSE(cursor.seek_to_last());
  EXPECT_FALSE(cursor.seek(TypeParam::MakeKey(3)));
  EXPECT_FALSE(cursor.seek_for_prev(TypeParam::MakeKey(3)));
  EXPECT_FALSE(cursor.refresh());
  for (const auto& entry : this->map_.all()) {
    FAIL() << "an entry" << &entry;
  }
}

TYPED_TEST(CursorTest, StepsOverAllEntriesEitherWay) {
  this->InsertAll();
  size_t i = 0;
  auto cursor = this->map_.cursor();
  for (; cursor.valid(); cursor.next()) EXPECT_TRUE(this->IsAt(cursor, i++));
  EXPECT_EQ(i, kKeys);
  for (cursor.seek_to_last(); cursor.valid(); cursor.prev()) {
    EXPECT_TRUE(this->IsAt(cursor, --i));
  }
  EXPECT_EQ(i, 0);
}

TYPED_TEST(CursorTest, TurnsRoundAnywhere) {
  this->InsertAll();
  auto cursor = this->map_.cursor(TypeParam::MakeKey(kKeys / 2));
  size_t at = kKeys / 2;
  testing::Random random(1);
  for (int turn = 0; turn < 2000; ++turn) {
    const bool forward = random.Below(2) == 0;
    for (uint64_t steps = random.Below(12); steps > 0; --steps) {
      if (at == (forward ? kKeys - 1 : 0)) break;
      forward ? cursor.next() : cursor.prev();
      forward ? ++at : --at;
      ASSERT_TRUE(this->IsAt(cursor, at));
    }
    if (turn % 7 == 0) {
      ASSERT_TRUE(cursor.refresh());
    }
    ASSERT_TRUE(this->IsAt(cursor, at));
  }
}

TYPED_TEST(CursorTest, SeeksTheNearestEntry) {
  for (size_t i = 0; i < kKeys; i += 2) {
    this->map_.insert(TypeParam::MakeKey(i), TypeParam::MakeValue(i));
  }
  auto cursor = this->map_.cursor();
  for (size_t i = 0; i + 1 < kKeys; ++i) {
    EXPECT_TRUE(cursor.seek(TypeParam::MakeKey(i)));
    EXPECT_TRUE(this->IsAt(cursor, (i + 1) / 2 * 2));
    EXPECT_TRUE(cursor.seek_for_prev(TypeParam::MakeKey(i)));
    EXPECT_TRUE(this->IsAt(cursor, i / 2 * 2));
  }
  EXPECT_FALSE(cursor.seek(TypeParam::MakeKey(kKeys - 1)));
}

TYPED_TEST(CursorTest, ViewsShowTheirRange) {
  this->InsertAll();
  for (size_t lo = 0; lo < kKeys; lo += 3) {
    for (size_t hi = 0; hi < kKeys; ++hi) {
      const auto from = TypeParam::MakeKey(lo);
      const auto to = TypeParam::MakeKey(hi);
      size_t at = lo;
      for (auto [key, value] : this->map_.range(from, to)) {
        EXPECT_EQ(key, TypeParam::MakeKey(at));
        EXPECT_EQ(value, TypeParam::MakeValue(at));
        ++at;
      }
      EXPECT_EQ(at, std::max(lo, hi));
      for (auto [key, value] : this->map_.reversed(from, to)) {
        EXPECT_EQ(key, TypeParam::MakeKey(--at));
      }
      EXPECT_EQ(at, lo);
    }
  }
}

TYPED_TEST(CursorTest, GoesOnAfterAnyChange) {
  this->InsertAll();
  auto cursor = this->map_.cursor();
  // What lies behind is erased, what lies ahead is moved about.
  size_t seen = 0;
  for (size_t i = 0; cursor.valid(); cursor.next(), ++i) {
    ASSERT_TRUE(this->IsAt(cursor, i));
    ++seen;
    this->map_.erase(TypeParam::MakeKey(i));
    EXPECT_FALSE(cursor.visit([](const auto&) {}));
    if (i >= 10 && i % 2 == 0) {
      this->map_.insert(TypeParam::MakeKey(i - 10), TypeParam::MakeValue(0));
    }
  }
  EXPECT_EQ(seen, kKeys);
  cursor.seek_to_first();
  this->map_.clear();
  EXPECT_TRUE(cursor.valid());
  while (cursor.valid()) cursor.next();
  EXPECT_EQ(this->map_.CheckInvariants(), "");
}

TYPED_TEST(CursorTest, RefreshLooksAgain) {
  this->InsertAll();
  auto cursor = this->map_.cursor(TypeParam::MakeKey(5));
  this->map_.insert_or_assign(TypeParam::MakeKey(5), TypeParam::MakeValue(50));
  EXPECT_TRUE(this->IsAt(cursor, 5));
  EXPECT_TRUE(cursor.refresh());
  EXPECT_EQ(cursor.value(), TypeParam::MakeValue(50));
  this->map_.erase(TypeParam::MakeKey(5));
  EXPECT_FALSE(cursor.refresh());
  EXPECT_TRUE(this->IsAt(cursor, 6));
}

// A guard that a cursor held would hold back all that is erased meanwhile.
TYPED_TEST(CursorTest, HoldsNoMemoryBack) {
  this->InsertAll();
  auto cursor = this->map_.cursor();
  auto view = this->map_.range(TypeParam::MakeKey(3), TypeParam::MakeKey(70));
  auto it = view.begin();
  for (int i = 0; i < 30; ++i) cursor.next(), ++it;
  for (size_t i = 0; i < kKeys; ++i) this->map_.erase(TypeParam::MakeKey(i));
  EXPECT_EQ(this->map_.reclaim(), 0);
  EXPECT_EQ(this->map_.memory_usage().retired_bytes, 0);
  EXPECT_TRUE(this->IsAt(cursor, 30));
  EXPECT_EQ((*it).first, TypeParam::MakeKey(33));
}

TYPED_TEST(CursorTest, OutlivesItsThreadAndMovesToAnother) {
  this->InsertAll();
  std::optional<typename CursorTest<TypeParam>::Map::Cursor> cursor;
  std::thread([&] {
    cursor = this->map_.cursor(TypeParam::MakeKey(1));
  }).join();
  std::thread([&] {
    auto here = std::move(*cursor);
    EXPECT_FALSE(cursor->valid());
    size_t at = 1;
    for (auto&& [key, value] : here) {
      EXPECT_EQ(key, TypeParam::MakeKey(at++));
      if (at == 40) break;
    }
    cursor = std::move(here);
  }).join();
  EXPECT_TRUE(this->IsAt(*cursor, 39));
  cursor->prev();
  EXPECT_TRUE(this->IsAt(*cursor, 38));
  std::thread([&] { cursor.reset(); }).join();
  EXPECT_EQ(this->map_.reclaim(), 0);
}

// --- As a range -------------------------------------------------------------

using Numbers = ConcurrentMap<int, int>;
template <class Range>
concept Sortable = requires(Range range) { std::ranges::sort(range); };
template <class Range>
concept HasMaxElement =
    requires(Range range) { std::ranges::max_element(range); };
template <class Range>
constexpr bool kOnePass =
    std::ranges::input_range<Range> && !std::ranges::forward_range<Range> &&
    !Sortable<Range> && !HasMaxElement<Range>;
static_assert(kOnePass<Numbers::Cursor>);
using All = decltype(std::declval<const Numbers&>().all());
using Range = decltype(std::declval<const Numbers&>().range(1, 2));
using Reversed = decltype(std::declval<const Numbers&>().reversed(1, 2));
static_assert(kOnePass<All> && std::ranges::view<All>);
static_assert(kOnePass<Range> && std::ranges::view<Range>);
static_assert(kOnePass<Reversed> && std::ranges::view<Reversed>);
static_assert(!std::is_copy_constructible_v<Numbers::Cursor>);
static_assert(std::is_nothrow_move_constructible_v<Numbers::Cursor>);

TEST(CursorRangeTest, AlgorithmsAndAdaptorsTakeIt) {
  Numbers map;
  for (int i = 0; i < 200; ++i) map.insert(i, 10 * i);
  namespace views = std::views;
  int sum = 0;
  std::ranges::for_each(map.range(1, 4),
                        [&](const auto& entry) { sum += entry.second; });
  EXPECT_EQ(sum, 60);
  auto all = map.all();
  const auto found = std::ranges::find_if(
      all, [](const auto& entry) { return entry.second > 1234; });
  EXPECT_EQ((*found).first, 124);
  std::vector<std::pair<int, int>> copies;
  std::ranges::copy(map.reversed(197, 200), std::back_inserter(copies));
  EXPECT_EQ(copies, (std::vector<std::pair<int, int>>{
                        {199, 1990}, {198, 1980}, {197, 1970}}));
  sum = 0;
  for (auto [key, value] : map.all() | views::take(3)) sum += value;
  EXPECT_EQ(sum, 30);
  sum = 0;
  for (const int half :
       map.range(100, 200) | views::filter([](const auto& entry) {
         return entry.first % 50 == 0;
       }) | views::transform([](const auto& entry) {
         return entry.second / 2;
       })) {
    sum += half;
  }
  EXPECT_EQ(sum, 1250);
  auto cursor = map.cursor(190);
  for (auto&& [key, value] : cursor | views::take(2)) sum += key;
  EXPECT_EQ(sum, 1250 + 190 + 191);
  EXPECT_EQ(cursor.key(), 192);
}

// libc++ makes such views of true pairs only.
#if !defined(_LIBCPP_VERSION) || __cplusplus > 202002L
TEST(CursorRangeTest, KeysAndValuesAreViewsOfTheirOwn) {
  ConcurrentMap<int, std::string> map;
  for (int i = 0; i < 200; ++i) map.insert(i, std::to_string(i));
  int next = 0;
  for (const int& key : map.all() | std::views::keys) EXPECT_EQ(key, next++);
  EXPECT_EQ(next, 200);
  for (const std::string& value : map.reversed(100, 200) | std::views::values) {
    EXPECT_EQ(value, std::to_string(--next));
  }
  EXPECT_EQ(next, 100);
  auto cursor = map.cursor(198);
  for (const int& key : cursor | std::views::keys) next += key;
  EXPECT_EQ(next, 100 + 198 + 199);
}
#endif

TEST(CursorRangeTest, AnEntryIsATupleOfReferences) {
  ConcurrentMap<int, std::string> map;
  map.insert(3, "three");
  auto cursor = map.cursor();
  auto it = cursor.begin();
  EXPECT_EQ(std::apply(
                [](const int& key, const std::string& value) {
                  return std::to_string(key) + value;
                },
                *it),
            "3three");
  const auto expect = [&]<class Key, class Value>(const Key& key,
                                                  const Value& value) {
    EXPECT_EQ(&key, &cursor.key());
    EXPECT_EQ(&value, &cursor.value());
  };
  auto [a, b] = *it;
  static_assert(std::is_same_v<decltype(a), const int&>);
  static_assert(std::is_same_v<decltype(b), const std::string&>);
  expect(a, b);
  const auto& [c, d] = *it;
  expect(c, d);
  auto&& [e, f] = *it;
  static_assert(std::is_same_v<decltype(f), const std::string&>);
  expect(e, f);
  expect(std::get<0>(*it), std::get<1>(*it));
}

TEST(CursorRangeTest, BoundsNeedNotBeKeys) {
  ConcurrentMap<std::string, int> map;
  for (int i = 0; i < 10; ++i) map.insert(std::string(1, "abcdefghij"[i]), i);
  int sum = 0;
  for (auto [key, value] : map.range("b", std::string_view("e"))) sum += value;
  EXPECT_EQ(sum, 6);
  for (auto [key, value] : map.cursor("i")) sum += value;
  EXPECT_EQ(sum, 23);
}

TEST(CursorRangeTest, ValuesThatCannotBeCopiedAreVisited) {
  Tiny<std::string, std::unique_ptr<int>> map;
  for (int i = 0; i < 9; ++i) {
    map.insert(std::to_string(i), std::make_unique<int>(i));
  }
  int sum = 0;
  for (auto cursor = map.cursor("3"); cursor.valid(); cursor.next()) {
    EXPECT_TRUE(cursor.visit([&](const auto& value) { sum += *value; }));
  }
  EXPECT_EQ(sum, 33);
  std::string keys;
  for (const std::string& key : map.range("2", "6")) keys += key;
  EXPECT_EQ(keys, "2345");
}

// --- Exceptions -------------------------------------------------------------

// Throws from its nth copy.
struct Fragile {
  explicit Fragile(int n) : number(n) { ++alive; }
  Fragile(const Fragile& other) : number(other.number) {
    if (copies_left >= 0 && copies_left-- == 0) throw std::bad_alloc();
    ++alive;
  }
  Fragile(Fragile&& other) noexcept : number(other.number) { ++alive; }
  Fragile& operator=(const Fragile&) = delete;
  ~Fragile() { --alive; }
  friend bool operator<(const Fragile& a, const Fragile& b) {
    return a.number < b.number;
  }
  int number;
  static inline int copies_left = -1;
  static inline int alive = 0;
};

TEST(CursorExceptionsTest, LeaveItWhereItWas) {
  Tiny<Fragile, Fragile> map;
  for (int i = 0; i < 40; ++i) map.insert(Fragile(i), Fragile(i));
  const int before = Fragile::alive;
  int thrown = 0;
  {
    auto cursor = map.cursor();
    int at = 0;
    // Forward, then back.
    for (int step = 0; step < 78; ++step) {
      const bool forward = step < 39;
      for (int n = 0;; ++n) {
        Fragile::copies_left = n;
        try {
          forward ? cursor.next() : cursor.prev();
          break;
        } catch (const std::bad_alloc&) {
          ++thrown;
        }
        Fragile::copies_left = -1;
        ASSERT_TRUE(cursor.valid());
        ASSERT_EQ(cursor.key().number, at);
        ASSERT_EQ(cursor.value().number, at);
      }
      Fragile::copies_left = -1;
      at += forward ? 1 : -1;
      ASSERT_TRUE(cursor.valid());
      ASSERT_EQ(cursor.key().number, at);
    }
  }
  EXPECT_GT(thrown, 50);
  EXPECT_EQ(Fragile::alive, before);
}

}  // namespace
}  // namespace pma
