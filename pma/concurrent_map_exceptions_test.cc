// SPDX-License-Identifier: Apache-2.0

// Exceptions from user code and from the allocator leave the map as it was, and
// leave nothing locked, pinned or leaked.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <new>
#include <string>
#include <type_traits>

#include "absl/container/btree_map.h"
#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/planned_failures.h"
#include "pma/testing/random.h"
#include "pma/testing/sample_types.h"

namespace pma {
namespace {

using testing::AllocationLedger;
using testing::compare_trap;
using testing::copy_trap;
using testing::CountingAllocator;
using testing::Planned;
using testing::Random;
using testing::Sample;
using testing::Scaled;
using testing::ThrowingLess;
using testing::Trap;

// Asking is not an error, so that the map can be a member of std::optional.
static_assert(
    !std::is_default_constructible_v<
        ConcurrentMap<int, int, std::less<>, CountingAllocator<std::byte>>>);

struct ThrowsOnCopy {
  explicit ThrowsOnCopy(std::uint64_t n) : number(n) {}
  ThrowsOnCopy(const ThrowsOnCopy& other) : number(other.number) {
    copy_trap.Step();
  }
  ThrowsOnCopy(ThrowsOnCopy&&) noexcept = default;
  ThrowsOnCopy& operator=(const ThrowsOnCopy&) = delete;
  ~ThrowsOnCopy() = default;

  std::uint64_t number;
};

// Runs `operation` with the trap at its first step, its second and so on, until
// it gets through. Returns how often it threw; `unchanged` runs after each.
template <class Operation, class Unchanged>
int ThrowAtEveryStep(Trap& trap, Operation operation, Unchanged unchanged) {
  for (int step = 1;; ++step) {
    trap.Set(step);
    try {
      operation();
      trap.Set(0);
      return step - 1;
    } catch (const Planned&) {
      trap.Set(0);
      unchanged();
    }
  }
}

template <class Key>
class ConcurrentMapComparatorThrowsTest : public ::testing::Test {};
using ComparedKeys =
    ::testing::Types<std::uint64_t, std::string, testing::Pair16>;
TYPED_TEST_SUITE(ConcurrentMapComparatorThrowsTest, ComparedKeys);

TYPED_TEST(ConcurrentMapComparatorThrowsTest,
           EveryOperationLeavesTheMapAsItWas) {
  using Key = TypeParam;
  ConcurrentMap<Key, std::string, ThrowingLess<Key>, std::allocator<std::byte>,
                TinyTuning>
      map;
  absl::btree_map<Key, std::string> oracle;
  const auto unchanged = [&] {
    ASSERT_EQ(map.CheckInvariants(), "");
    ASSERT_EQ(map.size(), oracle.size());
    auto expected = oracle.begin();
    map.scan([&](const Key& key, const std::string& value) {
      ASSERT_TRUE(expected != oracle.end() && key == expected->first &&
                  value == expected->second);
      ++expected;
    });
  };
  const auto never = [](const Key&, const std::string&) {};
  int thrown = 0;
  for (std::uint64_t i = 0; i < 120; ++i) {
    const Key key = Sample<Key>::At(i);
    thrown += ThrowAtEveryStep(
        compare_trap, [&] { map.insert(key, "inserted"); }, unchanged);
    oracle.try_emplace(key, "inserted");
    if (::testing::Test::HasFatalFailure()) return;
  }
  for (std::uint64_t i = 0; i < 240; i += 10) {
    const Key key = Sample<Key>::At(i);
    const Key other = Sample<Key>::At(240 - i);
    for (const std::function<void()>& read :
         std::initializer_list<std::function<void()>>{
             [&] { map.find(key); }, [&] { map.contains(key); },
             [&] { map.floor(key); }, [&] { map.ceiling(key); },
             [&] { map.lower(key); }, [&] { map.higher(key); },
             [&] { map.visit(key, [](const std::string&) {}); },
             [&] { map.scan_from(key, never); },
             [&] { map.scan(key, other, never); },
             [&] { map.scan_reverse(key, other, never); }}) {
      ThrowAtEveryStep(compare_trap, read, unchanged);
    }
    if (::testing::Test::HasFatalFailure()) return;
  }
  for (std::uint64_t i = 0; i < 120; ++i) {
    const Key key = Sample<Key>::At(i);
    if (i % 2 == 0) {
      thrown += ThrowAtEveryStep(
          compare_trap, [&] { map.insert_or_assign(key, "assigned"); },
          unchanged);
      oracle.insert_or_assign(key, "assigned");
    } else {
      thrown +=
          ThrowAtEveryStep(compare_trap, [&] { map.erase(key); }, unchanged);
      oracle.erase(key);
    }
    if (::testing::Test::HasFatalFailure()) return;
  }
  unchanged();
  EXPECT_GT(thrown, 500) << "the comparator was hardly used";
}

TEST(ConcurrentMapCopyThrowsTest, ReadsPassTheExceptionOn) {
  ConcurrentMap<std::uint64_t, ThrowsOnCopy, std::less<>,
                std::allocator<std::byte>, TinyTuning>
      map;
  for (std::uint64_t i = 0; i < 100; ++i) map.try_emplace(i, i);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const int thrown = ThrowAtEveryStep(
        copy_trap,
        [&] {
          EXPECT_EQ(map.find(i)->number, i);
          EXPECT_EQ(map.floor(i)->second.number, i);
          EXPECT_EQ(map.last()->second.number, 99u);
        },
        [&] { EXPECT_EQ(map.CheckInvariants(), ""); });
    EXPECT_GE(thrown, 3);
  }
  EXPECT_EQ(map.size(), 100u);
}

TEST(ConcurrentMapCopyThrowsTest, ConstructorThatThrowsInsertsNothing) {
  struct ThrowsWhenBuilt {
    explicit ThrowsWhenBuilt(bool fail) {
      if (fail) throw Planned();
    }
  };
  ConcurrentMap<int, ThrowsWhenBuilt, std::less<>, std::allocator<std::byte>,
                TinyTuning>
      map;
  for (int i = 0; i < 200; ++i) {
    EXPECT_THROW(map.try_emplace(i, true), Planned);
    EXPECT_FALSE(map.contains(i));
    EXPECT_TRUE(map.try_emplace(i, false));
  }
  EXPECT_EQ(map.size(), 200u);
  EXPECT_EQ(map.CheckInvariants(), "");
}

TEST(ConcurrentMapCallbackThrowsTest, NothingStaysPinned) {
  AllocationLedger ledger;
  {
    ConcurrentMap<std::uint64_t, testing::Big40, std::less<>,
                  CountingAllocator<std::byte>, TinyTuning>
        map((CountingAllocator<std::byte>(&ledger)));
    for (std::uint64_t i = 0; i < 64; ++i) map.insert(i, testing::Big40{});
    const auto fail_entry = [](std::uint64_t, const testing::Big40&) {
      throw Planned();
    };
    const auto fail_value = [](const testing::Big40&) { throw Planned(); };
    EXPECT_THROW(map.visit(5, fail_value), Planned);
    EXPECT_THROW(map.scan(fail_entry), Planned);
    EXPECT_THROW(map.scan(3, 60, fail_entry), Planned);
    EXPECT_THROW(map.scan_from(3, fail_entry), Planned);
    EXPECT_THROW(map.scan_reverse(3, 60, fail_entry), Planned);
    EXPECT_EQ(map.CheckInvariants(), "");
    // A pin left behind would keep all of these values alive: 4 MB and more.
    for (std::uint64_t i = 0; i < 100000; ++i) {
      map.insert_or_assign(i % 64, testing::Big40{});
    }
    EXPECT_LE(ledger.live_bytes(), 1024u * 1024u);
  }
  EXPECT_EQ(ledger.live_bytes(), 0u);
}

// --- Allocation failures ---

template <class Key>
class ConcurrentMapAllocationFailsTest : public ::testing::Test {};
using AllocatedKeys = ::testing::Types<std::uint64_t, std::string>;
TYPED_TEST_SUITE(ConcurrentMapAllocationFailsTest, AllocatedKeys);

// Every operation runs with its first, second .. allocation failing before it
// gets through: in the middle of an insertion, a split, a growth, a shrinking.
TYPED_TEST(ConcurrentMapAllocationFailsTest, NothingIsLostAtAnyAllocation) {
  using Key = TypeParam;
  AllocationLedger ledger;
  int failures = 0;
  {
    ConcurrentMap<Key, Key, std::less<>, CountingAllocator<std::byte>,
                  TinyTuning>
        map((CountingAllocator<std::byte>(&ledger)));
    absl::btree_map<Key, Key> oracle;
    Random random(11);
    const auto expect_same = [&] {
      ASSERT_EQ(map.CheckInvariants(), "");
      ASSERT_EQ(map.size(), oracle.size());
      auto expected = oracle.begin();
      map.scan([&](const Key& key, const Key& value) {
        ASSERT_TRUE(expected != oracle.end() && key == expected->first &&
                    value == expected->second);
        ++expected;
      });
    };
    const int operations = Scaled(1500, 500);
    for (int i = 0; i < operations; ++i) {
      const Key key = Sample<Key>::At(random.Below(300));
      const Key value = Sample<Key>::At(random.Below(1000));
      // Two thirds grow the map, the rest shrinks it again.
      const bool grow = i < operations * 2 / 3;
      const std::uint64_t kind = random.Below(10);
      for (int nth = 1;; ++nth) {
        ledger.FailNth(nth);
        try {
          if (kind < (grow ? 2u : 8u)) {
            map.erase(key);
          } else if (kind % 2 == 0) {
            map.insert(key, value);
          } else {
            map.insert_or_assign(key, value);
          }
          ledger.NeverFail();
          if (kind < (grow ? 2u : 8u)) {
            oracle.erase(key);
          } else if (kind % 2 == 0) {
            oracle.try_emplace(key, value);
          } else {
            oracle.insert_or_assign(key, value);
          }
          break;
        } catch (const std::bad_alloc&) {
          ledger.NeverFail();
          ++failures;
          ASSERT_EQ(map.contains(key), oracle.contains(key));
          if (failures % 10 == 0) {
            ASSERT_NO_FATAL_FAILURE(expect_same());
          }
        }
      }
    }
    ASSERT_NO_FATAL_FAILURE(expect_same());
  }
  EXPECT_GT(failures, 100);
  EXPECT_EQ(ledger.live_bytes(), 0u);
  EXPECT_EQ(ledger.wrong_deallocations(), 0u);
}

TEST(ConcurrentMapAllocatorTest, ReadsDoNotAllocate) {
  AllocationLedger ledger;
  ConcurrentMap<std::uint64_t, std::string, std::less<>,
                CountingAllocator<std::byte>, TinyTuning>
      map((CountingAllocator<std::byte>(&ledger)));
  for (std::uint64_t i = 0; i < 500; ++i) map.insert(i * 2, "value");
  const std::size_t before = ledger.allocation_count();
  const auto ignore = [](std::uint64_t, const std::string&) {};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    map.find(i);
    map.floor(i);
    map.higher(i);
    map.scan(i, i + 20, ignore);
    map.scan_reverse(i, i + 20, ignore);
  }
  map.scan(ignore);
  EXPECT_EQ(ledger.allocation_count(), before);
}

}  // namespace
}  // namespace pma
