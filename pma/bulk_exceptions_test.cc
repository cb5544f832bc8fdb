// SPDX-License-Identifier: Apache-2.0

// Operations on many entries, with an exception at every step: what they
// promise is kept, and nothing is lost, locked or leaked.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/planned_failures.h"
#include "pma/testing/random.h"

namespace pma {
namespace {

using testing::AllocationLedger;
using testing::compare_trap;
using testing::copy_trap;
using testing::CountingAllocator;
using testing::Planned;
using testing::Random;
using testing::Scaled;
using testing::ThrowingLess;
using testing::Trap;

// Boxed; its copies may throw.
struct Fragile {
  Fragile(std::uint64_t n) : number(n) {}  // NOLINT: stands for the number
  Fragile(const Fragile& other) : number(other.number) { copy_trap.Step(); }
  Fragile& operator=(const Fragile& other) {
    copy_trap.Step();
    number = other.number;
    return *this;
  }
  ~Fragile() = default;
  friend bool operator<(const Fragile& a, const Fragile& b) {
    return a.number < b.number;
  }
  friend bool operator==(const Fragile& a, const Fragile& b) = default;
  std::uint64_t number;
};

template <class KeyT>
class BulkExceptionsTest : public ::testing::Test {
 protected:
  using Key = KeyT;
  using Map = ConcurrentMap<Key, Key, ThrowingLess<Key>,
                            CountingAllocator<std::byte>, TinyTuning>;
  using Oracle = absl::btree_map<std::uint64_t, Key>;

  static Key MakeKey(std::uint64_t i) {
    if constexpr (std::is_same_v<Key, std::string>) {
      return "a key too long to lie inside the string " +
             std::to_string(1000 + i);
    } else {
      return Key(i);
    }
  }
  using Entries = std::vector<std::pair<Key, Key>>;
  static Entries EntriesOf(const Oracle& oracle) {
    Entries entries;
    for (const auto& [i, value] : oracle)
      entries.emplace_back(MakeKey(i), value);
    return entries;
  }
  static Oracle Some(Random& random, std::uint64_t most) {
    Oracle oracle;
    for (std::uint64_t n = random.Below(most); n > 0; --n) {
      const std::uint64_t i = random.Below(kKeys);
      oracle.emplace(i, MakeKey(i));
    }
    return oracle;
  }
  Map NewMap() {
    return Map(ThrowingLess<Key>(), CountingAllocator<std::byte>(&ledger_));
  }
  Map MapOf(const Oracle& oracle) {
    return Map::from_sorted(EntriesOf(oracle), ThrowingLess<Key>(),
                            CountingAllocator<std::byte>(&ledger_));
  }

  static void ExpectSame(const Map& map, const Oracle& oracle) {
    ASSERT_EQ(map.CheckInvariants(), "");
    ASSERT_EQ(map.size(), oracle.size());
    auto expected = oracle.begin();
    map.scan([&](const Key& key, const Key& value) {
      ASSERT_TRUE(key == MakeKey(expected->first) && value == expected->second);
      ++expected;
    });
  }

  // Runs `operation` with an exception at its first step of each kind, its
  // second and so on, until it gets through; failed() runs after each.
  template <class Operation, class Failed>
  void AtEveryStep(Operation operation, Failed failed) {
    for (int kind = 0; kind < 3; ++kind) {
      for (int step = 1;; ++step) {
        if (kind == 0) ledger_.FailNth(step);
        if (kind == 1) copy_trap.Set(step);
        if (kind == 2) compare_trap.Set(step);
        bool threw = false;
        try {
          operation();
        } catch (const Planned&) {
          threw = true;
        } catch (const std::bad_alloc&) {
          threw = true;
        }
        const bool failed_here = kind == 0 && ledger_.HasFailed();
        ledger_.NeverFail();
        copy_trap.Set(0);
        compare_trap.Set(0);
        if (threw) {
          ++thrown_;
          failed();
        }
        if (::testing::Test::HasFatalFailure()) return;
        if (!threw && !failed_here) break;
      }
    }
  }

  void TearDown() override {
    EXPECT_GT(thrown_, 5);
    EXPECT_EQ(ledger_.live_bytes(), 0);
    EXPECT_EQ(ledger_.wrong_deallocations(), 0);
  }

  static constexpr std::uint64_t kKeys = 120;
  AllocationLedger ledger_;
  int thrown_ = 0;
};
using Keys = ::testing::Types<std::uint64_t, Fragile, std::string>;
TYPED_TEST_SUITE(BulkExceptionsTest, Keys);

TYPED_TEST(BulkExceptionsTest, FromSortedAndCloneLeaveNothing) {
  Random random(1);
  for (int round = 0; round < 2; ++round) {
    const auto oracle = this->Some(random, 60);
    const auto entries = this->EntriesOf(oracle);
    const auto nothing_left = [&] { ASSERT_EQ(this->ledger_.live_bytes(), 0); };
    this->AtEveryStep(
        [&] {
          const auto map = TestFixture::Map::from_sorted(
              entries, ThrowingLess<TypeParam>(),
              CountingAllocator<std::byte>(&this->ledger_));
        },
        nothing_left);
    const auto map = this->MapOf(oracle);
    const std::size_t bytes = this->ledger_.live_bytes();
    this->AtEveryStep([&] { const auto copy = map.clone(); },
                      [&] { ASSERT_EQ(this->ledger_.live_bytes(), bytes); });
    this->ExpectSame(map, oracle);
  }
}

// What has been merged is the first so many entries.
TYPED_TEST(BulkExceptionsTest, InsertSortedMergesTheFirstEntries) {
  Random random(2);
  for (int round = 0; round < Scaled(6, 2); ++round) {
    const auto before = this->Some(random, 80);
    const auto more = this->Some(random, round % 2 == 0 ? 10 : 80);
    const auto entries = this->EntriesOf(more);
    auto map = this->MapOf(before);
    auto all = before;
    all.insert(more.begin(), more.end());
    this->AtEveryStep([&] { map.insert_sorted(entries); },
                      [&] {
                        auto expected = before;
                        for (auto it = more.begin();
                             it != more.end() && expected.size() < map.size();
                             ++it) {
                          expected.insert(*it);
                        }
                        this->ExpectSame(map, expected);
                        map = this->MapOf(before);
                      });
    if (::testing::Test::HasFatalFailure()) return;
    map.insert_sorted(entries);
    this->ExpectSame(map, all);
  }
}

// What has been erased is the first part of the range.
TYPED_TEST(BulkExceptionsTest, EraseRangeErasesTheFirstPart) {
  Random random(3);
  for (int round = 0; round < Scaled(6, 2); ++round) {
    const auto before = this->Some(random, 100);
    const std::uint64_t lo = random.Below(TestFixture::kKeys);
    const std::uint64_t hi = lo + random.Below(TestFixture::kKeys - lo);
    auto map = this->MapOf(before);
    this->AtEveryStep(
        [&] {
          map.erase_range(TestFixture::MakeKey(lo), TestFixture::MakeKey(hi));
        },
        [&] {
          auto expected = before;
          while (expected.size() > map.size() &&
                 expected.lower_bound(lo) != expected.lower_bound(hi)) {
            expected.erase(expected.lower_bound(lo));
          }
          this->ExpectSame(map, expected);
          map = this->MapOf(before);
        });
    if (::testing::Test::HasFatalFailure()) return;
    map.erase_range(TestFixture::MakeKey(lo), TestFixture::MakeKey(hi));
    auto expected = before;
    expected.erase(expected.lower_bound(lo), expected.lower_bound(hi));
    this->ExpectSame(map, expected);
  }
}

TYPED_TEST(BulkExceptionsTest, EraseIfErasesOnlyWhatItShould) {
  Random random(4);
  const auto before = this->Some(random, 200);
  auto map = this->MapOf(before);
  const TypeParam middle = TestFixture::MakeKey(60);
  Trap trap;
  int step = 0;
  for (bool done = false; !done;) {
    trap.Set(++step);
    try {
      map.erase_if([&](const TypeParam& key, const TypeParam&) {
        trap.Step();
        return key < middle;
      });
      done = true;
    } catch (const Planned&) {
      ++this->thrown_;
    }
    ASSERT_EQ(map.CheckInvariants(), "");
    for (const auto& [i, value] : before) {
      if (i >= 60) ASSERT_TRUE(map.contains(TestFixture::MakeKey(i)));
    }
  }
  auto expected = before;
  expected.erase(expected.begin(), expected.lower_bound(60));
  this->ExpectSame(map, expected);
}

// Without memory it does nothing, or less.
TYPED_TEST(BulkExceptionsTest, ShrinkToFitDoesNotThrow) {
  Random random(5);
  const auto all = this->Some(random, 300);
  auto kept = all;
  absl::erase_if(kept, [](const auto& entry) { return entry.first % 3 != 0; });
  auto sparse = [&] {
    auto map = this->MapOf(all);
    for (const auto& [i, value] : all) {
      if (i % 3 != 0) map.erase(TestFixture::MakeKey(i));
    }
    return map;
  };
  auto map = sparse();
  for (int step = 1; step < 60; ++step) {
    this->ledger_.FailNth(step);
    EXPECT_NO_THROW(map.shrink_to_fit());
    this->thrown_ += this->ledger_.HasFailed();
    this->ledger_.NeverFail();
    this->ExpectSame(map, kept);
    map = sparse();
  }
}

}  // namespace
}  // namespace pma
