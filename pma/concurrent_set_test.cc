// SPDX-License-Identifier: Apache-2.0

// A ConcurrentSet against an absl::btree_set, and what it saves.

#include "pma/concurrent_set.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/random.h"

namespace pma {
namespace {

using testing::Random;

template <class Key>
Key MakeKey(std::uint64_t i) {
  if constexpr (std::is_same_v<Key, std::string>) {
    return "the same prefix " + std::to_string(1000 + i);
  } else if constexpr (std::is_same_v<Key, std::uint64_t>) {
    // Among them the one that fills up segments.
    return i == 0 ? ~std::uint64_t{0} : i;
  } else {
    return Key(i / 3, i);
  }
}

template <class Key>
class ConcurrentSetTest : public ::testing::Test {
 protected:
  using Set =
      ConcurrentSet<Key, std::less<>, std::allocator<std::byte>, TinyTuning>;
  using Oracle = absl::btree_set<Key>;

  void Change(Random& random) {
    const Key key = MakeKey<Key>(random.Below(kKeys));
    switch (random.Below(12)) {
      case 0: {
        std::vector<Key> keys;
        for (std::uint64_t n = random.Below(40); n > 0; --n) {
          keys.push_back(MakeKey<Key>(random.Below(kKeys)));
        }
        std::vector<char> said(keys.size());
        const auto results = std::make_unique<bool[]>(keys.size() + 1);
        std::size_t count = 0;
        const bool erases = random.Below(2) == 0;
        const std::size_t answer =
            erases ? set_.erase_batch(keys, {results.get(), keys.size()})
                   : set_.insert_batch(keys, {results.get(), keys.size()});
        for (std::size_t i = 0; i < keys.size(); ++i) {
          const bool expected = erases ? oracle_.erase(keys[i]) > 0
                                       : oracle_.insert(keys[i]).second;
          count += expected;
          ASSERT_EQ(results[i], expected);
        }
        ASSERT_EQ(answer, count);
        return;
      }
      case 1: {
        Oracle more;
        for (std::uint64_t n = random.Below(30); n > 0; --n) {
          more.insert(MakeKey<Key>(random.Below(kKeys)));
        }
        const std::size_t before = oracle_.size();
        oracle_.insert(more.begin(), more.end());
        ASSERT_EQ(set_.insert_sorted(more), oracle_.size() - before);
        return;
      }
      case 2: {
        const Key other = MakeKey<Key>(random.Below(kKeys));
        const std::size_t before = oracle_.size();
        if (key < other) {
          oracle_.erase(oracle_.lower_bound(key), oracle_.lower_bound(other));
        }
        ASSERT_EQ(set_.erase_range(key, other), before - oracle_.size());
        return;
      }
      case 3:
        ASSERT_EQ(set_.erase(key), oracle_.erase(key) > 0);
        return;
      case 4: {
        const bool first = random.Below(2) == 0;
        const auto expected =
            first ? Here(oracle_.begin()) : Before(oracle_.end());
        ASSERT_EQ(first ? set_.pop_first() : set_.pop_last(), expected);
        if (expected.has_value()) oracle_.erase(*expected);
        return;
      }
      case 5: {
        const auto at = oracle_.find(key);
        ASSERT_EQ(set_.extract(key), Here(at));
        if (at != oracle_.end()) oracle_.erase(at);
        return;
      }
      default:
        ASSERT_EQ(set_.insert(key), oracle_.insert(key).second);
    }
  }

  void Look(Random& random) const {
    const Key key = MakeKey<Key>(random.Below(kKeys));
    const auto at = oracle_.lower_bound(key);
    const auto behind = oracle_.upper_bound(key);
    ASSERT_EQ(set_.contains(key), oracle_.contains(key));
    ASSERT_EQ(set_.ceiling(key), Here(at));
    ASSERT_EQ(set_.higher(key), Here(behind));
    ASSERT_EQ(set_.floor(key), Before(behind));
    ASSERT_EQ(set_.lower(key), Before(at));
    ASSERT_EQ(set_.first(), Here(oracle_.begin()));
    ASSERT_EQ(set_.last(), Before(oracle_.end()));
    const auto visited = [&](const auto& visit) {
      std::optional<Key> entry;
      const bool found = visit([&](const Key& k) { entry = k; });
      EXPECT_EQ(found, entry.has_value());
      return entry;
    };
    ASSERT_EQ(visited([&](auto f) { return set_.visit_entry(key, f); }),
              Here(oracle_.find(key)));
    ASSERT_EQ(visited([&](auto f) { return set_.visit_last(f); }),
              Before(oracle_.end()));
    ASSERT_EQ(visited([&](auto f) { return set_.visit_higher(key, f); }),
              Here(behind));
    const Key other = MakeKey<Key>(random.Below(kKeys));
    const auto end = key < other ? oracle_.lower_bound(other) : at;
    // What scan(f) shows one by one, and how many it says that were.
    const auto shown = [](const auto& scan) {
      std::vector<Key> seen;
      const std::size_t count = scan([&](const Key& k) { seen.push_back(k); });
      EXPECT_EQ(count, seen.size());
      return seen;
    };
    using List = std::vector<Key>;
    const List up(at, end);
    const List to_end(at, oracle_.end());
    const List behind_it(behind, oracle_.end());
    const List down(up.rbegin(), up.rend());
    const List from_here(std::make_reverse_iterator(behind), oracle_.rend());
    ASSERT_EQ(shown([&](auto f) { return set_.scan_from(key, f); }), to_end);
    ASSERT_EQ(shown([&](auto f) { return set_.scan_after(key, f); }),
              behind_it);
    ASSERT_EQ(shown([&](auto f) { return set_.scan_n(key, 3, f); }),
              Some(to_end));
    ASSERT_EQ(shown([&](auto f) { return set_.scan(key, other, f); }), up);
    ASSERT_EQ(shown([&](auto f) { return set_.snapshot_scan(key, other, f); }),
              up);
    ASSERT_EQ(shown([&](auto f) { return set_.scan_reverse(key, other, f); }),
              down);
    ASSERT_EQ(shown([&](auto f) { return set_.scan_reverse_from(key, f); }),
              from_here);
    ASSERT_EQ(shown([&](auto f) { return set_.scan_reverse_n(key, 3, f); }),
              Some(from_here));
    ASSERT_EQ(set_.count_range(key, other), up.size());
    ASSERT_EQ(set_.approximate_count(key, other), up.size());
    // A view as what shows keys one by one; cursors either way.
    const auto range = [&](auto f) {
      size_t count = 0;
      for (const Key& k : set_.range(key, other)) f(k), ++count;
      return count;
    };
    ASSERT_EQ(shown(range), up);
    const auto reversed = [&](auto f) {
      size_t count = 0;
      for (const Key& k : set_.reversed(key, other)) f(k), ++count;
      return count;
    };
    ASSERT_EQ(shown(reversed), down);
    auto cursor = set_.cursor(key);
    for (const Key& k : to_end) {
      ASSERT_TRUE(cursor.valid());
      ASSERT_EQ(cursor.key(), k);
      cursor.next();
    }
    ASSERT_FALSE(cursor.valid());
    cursor.seek_for_prev(key);
    for (const Key& k : from_here) {
      ASSERT_TRUE(cursor.valid());
      ASSERT_EQ(cursor.entry(), k);
      cursor.prev();
    }
    ASSERT_FALSE(cursor.valid());
  }

  void CompareAll(const Set& set) const {
    ASSERT_TRUE(set.check_invariants());
    ASSERT_EQ(set.stats().entries, oracle_.size());
    ASSERT_EQ(set.size(), oracle_.size());
    ASSERT_EQ(set.empty(), oracle_.empty());
    std::vector<Key> keys;
    set.scan([&](const Key& key) { keys.push_back(key); });
    const std::vector<Key> expected(oracle_.begin(), oracle_.end());
    ASSERT_EQ(keys, expected);
    keys.clear();
    ASSERT_EQ(set.snapshot_scan([&](const Key& key) { keys.push_back(key); }),
              expected.size());
    ASSERT_EQ(keys, expected);
    keys.clear();
    for (const Key& key : set.all()) keys.push_back(key);
    ASSERT_EQ(keys, expected);
    // Parts that differ by one key at most.
    const std::vector<Key> cuts = set.split_keys(5);
    ASSERT_EQ(cuts.size(), std::clamp<std::size_t>(keys.size(), 1, 5) - 1);
    for (std::size_t i = 1; i < cuts.size(); ++i) {
      ASSERT_NEAR(set.count_range(cuts[i - 1], cuts[i]), keys.size() / 5, 1);
    }
    if constexpr (std::is_trivially_copyable_v<Key>) {
      keys.clear();
      set.scan_columns([&](std::span<const Key> run) {
        keys.insert(keys.end(), run.begin(), run.end());
      });
      ASSERT_EQ(keys, expected);
    }
  }

  std::optional<Key> Here(typename Oracle::const_iterator it) const {
    return it == oracle_.end() ? std::nullopt : std::optional<Key>(*it);
  }
  std::optional<Key> Before(typename Oracle::const_iterator it) const {
    return it == oracle_.begin() ? std::nullopt
                                 : std::optional<Key>(*std::prev(it));
  }
  // The first three.
  static std::vector<Key> Some(std::vector<Key> keys) {
    if (keys.size() > 3) keys.resize(3);
    return keys;
  }

  static constexpr std::uint64_t kKeys = 300;
  Set set_;
  Oracle oracle_;
};
using Keys = ::testing::Types<std::uint64_t, std::string,
                              std::pair<std::uint64_t, std::uint64_t>>;
TYPED_TEST_SUITE(ConcurrentSetTest, Keys);

TYPED_TEST(ConcurrentSetTest, DoesWhatABtreeSetDoes) {
  Random random(1);
  for (int i = 0; i < 1500; ++i) {
    this->Change(random);
    this->Look(random);
    if (i % 50 == 0) this->CompareAll(this->set_);
    if (::testing::Test::HasFatalFailure()) return;
    if (i % 500 == 499) {
      const auto odd = [](const TypeParam& key) {
        return std::hash<std::string>()(::testing::PrintToString(key)) % 2 == 1;
      };
      const std::size_t before = this->oracle_.size();
      absl::erase_if(this->oracle_, odd);
      EXPECT_EQ(this->set_.erase_if(odd), before - this->oracle_.size());
    }
  }
  this->CompareAll(this->set_);
  this->CompareAll(this->set_.clone());
  this->CompareAll(TestFixture::Set::from_sorted(this->oracle_));
  this->set_.shrink_to_fit();
  this->CompareAll(this->set_);
  this->set_.clear();
  EXPECT_TRUE(this->set_.empty());
}

// What is handed out is what was stored, however it was asked for.
TEST(ConcurrentSetTest, HandsOutTheStoredKey) {
  ConcurrentSet<double> set;
  set.insert(-0.0);
  EXPECT_TRUE(
      set.visit_entry(0.0, [](double key) { EXPECT_TRUE(std::signbit(key)); }));
  EXPECT_TRUE(std::signbit(set.extract(0.0).value()));
  EXPECT_EQ(set.extract(0.0), std::nullopt);
}

// A callback that says so ends a scan; a visitor may return anything.
TEST(ConcurrentSetTest, AsksCallbacksWhetherToGoOn) {
  const auto set = ConcurrentSet<int>::from_sorted(std::views::iota(0, 500));
  const auto until = [](int key) { return key != 7; };
  EXPECT_EQ(set.scan(until), 8);
  EXPECT_EQ(set.snapshot_scan(until), 8);
  EXPECT_EQ(set.scan_reverse_from(20, until), 14);
  EXPECT_LT(set.scan_columns(100, 500, [](auto) { return false; }), 400);
  EXPECT_TRUE(set.visit_first([](int key) { return key; }));
}

template <class Container>
concept ShowsValues =
    requires(const Container& map) { map.cursor().value(); } ||
    requires(const Container& map) { map.find(1); } ||
    requires(const Container& map) { map.cursor().visit([](auto) {}); } ||
    requires(Container& map) { map.erase_if(1, [](auto) { return true; }); };
static_assert(ShowsValues<ConcurrentMap<int, int>>);
static_assert(!ShowsValues<ConcurrentSet<int>>);
using Pairs = ConcurrentSet<std::pair<int, std::uint64_t>>;
static_assert(std::input_iterator<Pairs::Cursor::iterator>);
static_assert(std::is_same_v<std::ranges::range_reference_t<Pairs::Cursor>,
                             const std::pair<int, std::uint64_t>&>);
static_assert(std::ranges::view<decltype(std::declval<const Pairs&>().all())>);

TEST(ConcurrentSetTest, OfPairsIsAMultimap) {
  Pairs pairs;
  std::uint64_t id = 0;
  for (int i = 0; i < 300; ++i) pairs.insert({i % 10, ++id});
  int count = 0;
  for (const auto& [key, number] : pairs.range({3, 0}, {4, 0})) {
    EXPECT_EQ(key, 3);
    EXPECT_EQ(number % 10, 4);
    ++count;
  }
  EXPECT_EQ(count, 30);
  EXPECT_EQ(pairs.count_range({3, 0}, {4, 0}), 30);
  for (const int key : pairs.all() | std::views::keys) count += key;
  EXPECT_EQ(count, 30 + 45 * 30);
  EXPECT_EQ(pairs.ceiling({5, 0}), (std::pair{5, std::uint64_t{6}}));
  EXPECT_EQ(pairs.erase_range({5, 0}, {6, 0}), 30);
}

TEST(ConcurrentSetTest, LooksUpManyKeysAtOnce) {
  auto set = ConcurrentSet<int>::from_sorted({1, 3, 5});
  const std::vector<int> keys = {5, 4, 3, 3, 0};
  std::array<bool, 5> found{};
  EXPECT_EQ(set.contains_batch(keys, found), 3);
  EXPECT_EQ(found, (std::array<bool, 5>{true, false, true, true, false}));
  EXPECT_EQ(set.contains_batch(keys), 3);
  std::array<bool, 4> too_few{};
  EXPECT_THROW(set.contains_batch(keys, too_few), std::invalid_argument);
  EXPECT_THROW(set.insert_batch(keys, too_few), std::invalid_argument);
  EXPECT_EQ(set.insert_sorted({2, 3, 4}), 2);
  EXPECT_EQ(set.size(), 5);
}

TEST(ConcurrentSetTest, NamesTheKeyThatDoesNotAscend) {
  try {
    ConcurrentSet<int>::from_sorted({1, 2, 2});
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(),
                 "pma: from_sorted: element 2 is not greater than the one "
                 "before");
  }
}

TEST(ConcurrentSetTest, TakesWhatKeysAreComparedWith) {
  ConcurrentSet<std::string> set;
  EXPECT_TRUE(set.insert(std::string_view("one")));
  EXPECT_FALSE(set.insert("one"));
  EXPECT_TRUE(set.contains(std::string_view("one")));
  EXPECT_EQ(set.floor("two"), "one");
  EXPECT_TRUE(set.erase("one"));
}

// A map of numbers takes some 20 bytes for an entry of 16, a set some 10 for a
// key of 8.
TEST(ConcurrentSetTest, TakesNoMemoryForValues) {
  constexpr std::size_t kCount = 200'000;
  ConcurrentSet<std::uint64_t> set;
  ConcurrentMap<std::uint64_t, std::uint64_t> map;
  Random random(2);
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::uint64_t key = random.Next();
    set.insert(key);
    map.insert(key, 0);
  }
  const auto of_each = [](const auto& container) {
    return static_cast<double>(container.memory_usage().allocated_bytes) /
           kCount;
  };
  EXPECT_LE(of_each(set), 12.6);
  // The eight bytes of a value, more or less, as segments of either happen to
  // be filled.
  EXPECT_GE(of_each(map) - of_each(set), 7.5);
}

// A key that lies in a box, and knows how often it was copied.
struct Counted {
  explicit Counted(int n) : number(n) {}
  Counted(const Counted& other) : number(other.number) { ++copies; }
  Counted(Counted&& other) noexcept : number(std::exchange(other.number, -1)) {}
  Counted& operator=(const Counted&) = delete;
  Counted& operator=(Counted&&) = delete;
  ~Counted() = default;
  friend bool operator<(const Counted& a, const Counted& b) {
    return a.number < b.number;
  }
  int number;
  static inline int copies = 0;
};

TEST(ConcurrentSetTest, KeysThatMayBeMovedFromAreNotCopied) {
  constexpr int kCount = 1000;
  // The set's own, of its bounds.
  constexpr int kOfBounds = kCount / 10;
  const auto copies_of = [](const auto& insert) {
    std::vector<Counted> keys;
    keys.reserve(kCount);
    for (int i = 0; i < kCount; ++i) keys.emplace_back(i);
    Counted::copies = 0;
    insert(keys);
    EXPECT_EQ(keys.front().number, -1);
    return Counted::copies;
  };
  const auto moved = [](std::vector<Counted>& keys) {
    return std::ranges::subrange(std::make_move_iterator(keys.begin()),
                                 std::make_move_iterator(keys.end()));
  };
  using Set = ConcurrentSet<Counted>;
  Set set;
  EXPECT_LT(copies_of([&](auto& keys) {
              for (Counted& key : keys) set.insert(std::move(key));
            }),
            kOfBounds);
  EXPECT_FALSE(set.insert(Counted(1)));
  Set merged;
  EXPECT_LT(copies_of([&](auto& keys) { merged.insert_sorted(moved(keys)); }),
            kOfBounds);
  EXPECT_LT(copies_of([&](auto& keys) { Set::from_sorted(moved(keys)); }),
            kOfBounds);
  for (const Set* one : {&set, &merged}) {
    EXPECT_EQ(one->CheckInvariants(), "");
    int next = 0;
    one->scan([&](const Counted& key) { EXPECT_EQ(key.number, next++); });
    EXPECT_EQ(next, kCount);
  }
}

// Elements that are made as they are asked for.
TEST(ConcurrentSetTest, KeysMayBeMadeOnTheWay) {
  const auto numbers = ConcurrentSet<std::uint64_t>::from_sorted(
      std::views::iota(std::uint64_t{5}, std::uint64_t{105}));
  EXPECT_EQ(numbers.size(), 100u);
  EXPECT_EQ(numbers.first(), 5u);
  EXPECT_EQ(numbers.last(), 104u);
  ConcurrentSet<std::string> texts;
  EXPECT_EQ(texts.insert_sorted(std::views::iota(100, 200) |
                                std::views::transform([](int i) {
                                  return "a key too long for a string object " +
                                         std::to_string(i);
                                })),
            100u);
  EXPECT_EQ(texts.CheckInvariants(), "");
  EXPECT_TRUE(texts.contains("a key too long for a string object 150"));
}

}  // namespace
}  // namespace pma
