// SPDX-License-Identifier: Apache-2.0

// Changes of an entry as a function of what it is, and entries taken out: none
// is lost and none made twice, whoever else writes; what throws, and what
// cannot be copied. What the operations mean for one thread is compared with
// absl::btree_map by concurrent_map_types_test and the fuzzers.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/planned_failures.h"
#include "pma/testing/random.h"
#include "pma/testing/threads.h"

namespace pma {
namespace {

using testing::AllocationLedger;
using testing::copy_trap;
using testing::CountingAllocator;
using testing::Planned;
using testing::Random;
using testing::RunThreads;
using testing::Scaled;
using testing::Trap;

template <class Key, class Value>
using TinyMap = ConcurrentMap<Key, Value, std::less<>,
                              std::allocator<std::byte>, TinyTuning>;

// Values that do not lie inline.
struct Counter {
  explicit Counter(std::uint64_t n)
      : text("the count is " + std::to_string(n)) {
    number = n;
  }
  friend bool operator==(const Counter&, const Counter&) = default;
  std::uint64_t number = 0;
  std::string text;
};

template <class Value>
std::uint64_t NumberOf(const Value& value) {
  if constexpr (std::is_same_v<Value, Counter>) {
    return value.number;
  } else {
    return value;
  }
}

template <class Value>
class CountersTest : public ::testing::Test {};
using CounterTypes = ::testing::Types<std::uint64_t, Counter>;
TYPED_TEST_SUITE(CountersTest, CounterTypes);

// Every way to count, on few keys, beside a thread that makes their segments
// move.
TYPED_TEST(CountersTest, NoIncrementIsLost) {
  using Value = TypeParam;
  constexpr std::size_t kThreads = 3;
  constexpr std::uint64_t kKeys = 4;
  const int rounds = Scaled(4000, 600);
  TinyMap<std::uint64_t, Value> map;
  std::atomic<std::size_t> counting = kThreads;
  const auto next = [](const Value& now) { return Value(NumberOf(now) + 1); };
  RunThreads(kThreads + 1, [&](std::size_t thread) {
    if (thread == kThreads) {
      for (std::uint64_t i = 0; counting.load() > 0; ++i) {
        const std::uint64_t key = 100 * (1 + i % kKeys) + i % 37;
        if (key % 100 == 0) continue;
        i / 64 % 2 == 0 ? map.insert(key, Value(i)) : map.erase(key);
      }
      return;
    }
    Random random(thread);
    for (int i = 0; i < rounds; ++i) {
      const std::uint64_t key = 100 * (1 + random.Below(kKeys));
      switch (random.Below(4)) {
        case 0:
          if (map.update(key, next)) break;
          [[fallthrough]];
        case 1:
          map.upsert(key, Value(1), next);
          break;
        case 2:
          map.compute(key, [&](const Value* now) -> std::optional<Value> {
            return now == nullptr ? Value(1) : next(*now);
          });
          break;
        default: {
          auto [expected, inserted] = map.find_or_insert(key, Value(1));
          while (!inserted &&
                 !map.compare_exchange(key, expected, next(expected))) {
          }
        }
      }
    }
    --counting;
  });
  std::uint64_t sum = 0;
  for (std::uint64_t k = 1; k <= kKeys; ++k) {
    sum += NumberOf(map.find(100 * k).value_or(Value(0)));
  }
  EXPECT_EQ(sum, kThreads * static_cast<std::uint64_t>(rounds));
  EXPECT_EQ(map.CheckInvariants(), "");
}

// Tokens go around: each is at any time with one thread or in the map, and
// whoever takes one has it alone.
TYPED_TEST(CountersTest, EveryTokenIsTakenOnce) {
  using Value = TypeParam;
  constexpr std::size_t kThreads = 3;
  constexpr std::uint64_t kTokens = 60;
  const int rounds = Scaled(6000, 800);
  TinyMap<std::uint64_t, Value> map;
  for (std::uint64_t i = 0; i < kTokens; ++i) map.insert(i, Value(i));
  std::vector<std::atomic<int>> owners(kTokens);
  std::atomic<int> failures = 0;
  RunThreads(kThreads, [&](std::size_t thread) {
    Random random(thread);
    for (int i = 0; i < rounds; ++i) {
      std::optional<Value> token;
      const std::uint64_t kind = random.Below(5);
      if (kind == 0) {
        if (auto entry = map.pop_first()) token = std::move(entry->second);
      } else if (kind == 1) {
        if (auto entry = map.pop_last()) token = std::move(entry->second);
      } else if (kind == 2) {
        token = map.extract(random.Below(kTokens));
      } else if (kind == 3) {
        map.compute(random.Below(kTokens),
                    [&](const Value* now) -> std::optional<Value> {
                      token = now == nullptr ? std::nullopt
                                             : std::optional<Value>(*now);
                      return std::nullopt;
                    });
      } else {
        // Taken by whoever finds the value that was seen.
        const std::uint64_t key = random.Below(kTokens);
        const auto seen = map.find(key);
        if (seen.has_value() &&
            map.erase_if(key, [&](const Value& now) { return now == *seen; })) {
          token = seen;
        }
      }
      if (!token.has_value()) continue;
      const std::uint64_t number = NumberOf(*token);
      if (owners[number].fetch_add(1) != 0) ++failures;
      owners[number].fetch_sub(1);
      if (!map.insert(number, *token)) ++failures;
    }
  });
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(map.size(), kTokens);
  EXPECT_EQ(map.CheckInvariants(), "");
}

// One thread puts entries at one end and others take them from the other: in
// order, each once, and the memory of what has been taken is given back.
TEST(PopTest, AQueueKeepsItsOrderAndItsSize) {
  const std::uint64_t entries = static_cast<std::uint64_t>(Scaled(60000, 5000));
  AllocationLedger ledger;
  {
    ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                  CountingAllocator<std::byte>, TinyTuning>
        queue((CountingAllocator<std::byte>(&ledger)));
    std::atomic<std::uint64_t> taken = 0;
    std::atomic<std::uint64_t> sum = 0;
    std::atomic<int> failures = 0;
    std::size_t most = 0;
    RunThreads(3, [&](std::size_t thread) {
      if (thread == 0) {
        for (std::uint64_t i = 1; i <= entries; ++i) {
          while (i > taken.load() + 500) std::this_thread::yield();
          queue.insert(i, i * 3);
          if (i % 64 == 0) most = std::max(most, ledger.live_bytes());
        }
        return;
      }
      std::uint64_t last = 0;
      while (taken.load() < entries) {
        const auto entry = queue.pop_first();
        if (!entry.has_value()) continue;
        if (entry->first <= last || entry->second != entry->first * 3) {
          ++failures;
        }
        last = entry->first;
        sum += last;
        ++taken;
      }
    });
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(sum, entries * (entries + 1) / 2);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.CheckInvariants(), "");
    // 500 entries of 16 bytes at a time, and what waits to be freed: that is
    // more while a thread that has lost its processor holds it back, and ten
    // times as much if nothing ever is.
    EXPECT_LE(most, 4u << 20);
  }
  EXPECT_EQ(ledger.live_bytes(), 0u);
}

// Whatever has been erased before: the end segment may be empty, and its
// extent, and those beside it.
TEST(PopTest, FindsTheEndsBehindWhatIsEmpty) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    TinyMap<std::uint64_t, std::uint64_t> map;
    std::vector<std::uint64_t> left;
    Random random(seed);
    const std::uint64_t holes = 1 + random.Below(200);
    for (std::uint64_t i = 0; i < 400; ++i) map.insert(i * 7 % 400, i);
    const std::uint64_t begin = random.Below(400);
    for (std::uint64_t i = 0; i < 400; ++i) {
      if (i >= begin && i < begin + holes) {
        map.erase(i);
      } else {
        left.push_back(i);
      }
    }
    std::size_t first = 0;
    std::size_t last = left.size();
    while (first < last) {
      if (random.Below(2) == 0) {
        ASSERT_EQ(map.pop_first()->first, left[first++]);
      } else {
        ASSERT_EQ(map.pop_last()->first, left[--last]);
      }
    }
    EXPECT_FALSE(map.pop_first().has_value());
    EXPECT_FALSE(map.pop_last().has_value());
    ASSERT_EQ(map.CheckInvariants(), "");
  }
}

// Extents that were emptied when there was no memory to merge them stay where
// they are until a pop needs what lies behind.
TEST(PopTest, FindsTheEndsBehindExtentsThatStayedEmpty) {
  for (const bool at_front : {true, false}) {
    AllocationLedger ledger;
    ConcurrentMap<int, int, std::less<>, CountingAllocator<std::byte>,
                  TinyTuning>
        map((CountingAllocator<std::byte>(&ledger)));
    for (int i = 0; i < 400; ++i) map.insert(i * 7 % 400, i);
    ledger.RefuseBlocksFrom(0);
    for (int i = 0; i < 300; ++i) map.erase(at_front ? i : 399 - i);
    for (int nth = 1;; ++nth) {
      // Needs memory, and says so.
      ledger.RefuseBlocksFrom(~std::size_t{0});
      ledger.FailNth(nth);
      try {
        const auto entry = at_front ? map.pop_first() : map.pop_last();
        ledger.NeverFail();
        EXPECT_EQ(entry->first, at_front ? 300 : 99);
        EXPECT_GT(nth, 1) << "no extent had stayed empty";
        break;
      } catch (const std::bad_alloc&) {
        ledger.NeverFail();
        EXPECT_EQ(map.size(), 100u);
        ASSERT_EQ(map.CheckInvariants(), "");
      }
    }
    EXPECT_EQ(map.CheckInvariants(), "");
    EXPECT_EQ(map.size(), 99u);
  }
}

// --- Functions of the user's ---------------------------------------------

TEST(FunctionsTest, MayReadTheMapTheyChange) {
  TinyMap<int, std::string> map;
  for (int i = 0; i < 100; ++i) map.insert(i, std::to_string(i));
  EXPECT_TRUE(map.update(7, [&](const std::string& now) {
    std::size_t entries = 0;
    map.scan([&](int, const std::string&) { ++entries; });
    map.snapshot_scan(3, 30, [&](int, const std::string&) { ++entries; });
    return now + " of " + std::to_string(entries) + *map.find(8);
  }));
  EXPECT_EQ(map.find(7), "7 of 1278");
}

TEST(FunctionsTest, MayWriteToOtherMaps) {
  TinyMap<int, int> map;
  TinyMap<int, int> other;
  map.upsert(1, 1, [](const int& now) { return now; });
  EXPECT_TRUE(map.update(1, [&](const int& now) {
    other.upsert(2, 5, [](const int& there) { return there + 1; });
    return now + other.find(2).value();
  }));
  EXPECT_EQ(map.find(1), 6);
}

#ifndef NDEBUG
TEST(FunctionsDeathTest, MustNotWriteToTheMapTheyChange) {
  TinyMap<int, int> map;
  map.insert(1, 1);
  const char* const message = "pma: a function given to update";
  EXPECT_DEATH(map.update(1, [&](int n) { return map.insert(n, n), n; }),
               message);
  EXPECT_DEATH(map.upsert(1, 1, [&](int n) { return map.erase(n), n; }),
               message);
  EXPECT_DEATH(map.compute(1,
                           [&](const int*) {
                             map.clear();
                             return std::optional(1);
                           }),
               message);
  EXPECT_DEATH(map.erase_if(1, [&](int n) { return map.pop_first(), n == 1; }),
               message);
}
#endif

struct ThrowsOnCopy {
  explicit ThrowsOnCopy(int n) : number(n) {}
  ThrowsOnCopy(const ThrowsOnCopy& other) : number(other.number) {
    copy_trap.Step();
  }
  ThrowsOnCopy(ThrowsOnCopy&&) noexcept = default;
  ThrowsOnCopy& operator=(const ThrowsOnCopy& other) {
    copy_trap.Step();
    number = other.number;
    return *this;
  }
  ThrowsOnCopy& operator=(ThrowsOnCopy&&) noexcept = default;
  ~ThrowsOnCopy() = default;
  friend bool operator==(const ThrowsOnCopy& a, const ThrowsOnCopy& b) {
    return a.number == b.number;
  }
  int number;
  std::string makes_it_boxed;
};

// Every operation here, on a key that is there and on one that is not, with
// each of its allocations, copies and calls failing in turn.
TEST(FailuresTest, LeaveTheMapAsItWasAndNothingLeaks) {
  using Map = ConcurrentMap<std::string, ThrowsOnCopy, std::less<>,
                            CountingAllocator<std::byte>, TinyTuning>;
  Trap call_trap;
  const auto call = [&] { call_trap.Step(); };
  const auto next = [&](const ThrowsOnCopy& now) {
    call();
    return ThrowsOnCopy(now.number + 1);
  };
  const ThrowsOnCopy value(1000);
  using Operation = std::function<void(Map&, const std::string&)>;
  const Operation operations[] = {
      [&](Map& map, const std::string& key) { map.find_or_insert(key, value); },
      [&](Map& map, const std::string& key) {
        map.insert_or_visit(key, value, [&](const ThrowsOnCopy&) { call(); });
      },
      [&](Map& map, const std::string& key) { map.exchange(key, value); },
      [&](Map& map, const std::string& key) { map.update(key, next); },
      [&](Map& map, const std::string& key) { map.upsert(key, value, next); },
      [&](Map& map, const std::string& key) {
        ThrowsOnCopy expected(50);
        map.compare_exchange(key, expected, value);
      },
      [&](Map& map, const std::string& key) {
        map.compute(
            key, [&](const ThrowsOnCopy* now) -> std::optional<ThrowsOnCopy> {
              call();
              if (now == nullptr) return ThrowsOnCopy(1);
              return ThrowsOnCopy(now->number + 1);
            });
      },
      [&](Map& map, const std::string& key) {
        map.compute(key, [&](const ThrowsOnCopy*) {
          call();
          return std::optional<ThrowsOnCopy>();
        });
      },
      [&](Map& map, const std::string& key) {
        map.erase_if(key, [&](const ThrowsOnCopy&) {
          call();
          return true;
        });
      },
      [&](Map& map, const std::string& key) { map.extract(key); },
      [&](Map& map, const std::string&) { map.pop_first(); },
      [&](Map& map, const std::string&) { map.pop_last(); },
      [&](Map& map, const std::string& key) {
        map.snapshot_scan(key, "z", [&](const auto&, const auto&) { call(); });
      },
  };
  AllocationLedger ledger;
  int failures = 0;
  {
    Map map((CountingAllocator<std::byte>(&ledger)));
    const auto name = [](int i) {
      return "a key with many characters, number " + std::to_string(100 + i);
    };
    std::vector<std::pair<std::string, int>> before;
    const auto contents = [&] {
      std::vector<std::pair<std::string, int>> all;
      map.scan([&](const std::string& key, const ThrowsOnCopy& there) {
        all.emplace_back(key, there.number);
      });
      return all;
    };
    for (int i = 0; i < 60; i += 2) map.try_emplace(name(i), i);
    for (std::size_t o = 0; o < std::size(operations); ++o) {
      for (const int i : {1, 2, 50, 59}) {
        before = contents();
        for (const auto& plan :
             {std::function<void(int)>([&](int nth) { ledger.FailNth(nth); }),
              std::function<void(int)>([&](int nth) { copy_trap.Set(nth); }),
              std::function<void(int)>([&](int nth) { call_trap.Set(nth); })}) {
          for (int nth = 1;; ++nth) {
            // Each time on the same content.
            map.clear();
            for (const auto& [key, number] : before) {
              map.try_emplace(key, number);
            }
            plan(nth);
            bool failed = true;
            try {
              operations[o](map, name(i));
              failed = false;
            } catch (const Planned&) {
            } catch (const std::bad_alloc&) {
            }
            ledger.NeverFail();
            copy_trap.Set(0);
            call_trap.Set(0);
            ASSERT_EQ(map.CheckInvariants(), "");
            if (!failed) break;
            ++failures;
            ASSERT_EQ(contents(), before) << "operation " << o;
          }
        }
      }
    }
  }
  EXPECT_GT(failures, 100);
  EXPECT_EQ(ledger.live_bytes(), 0u);
}

// --- Values that cannot be copied ----------------------------------------

using Unique = std::unique_ptr<std::uint64_t>;

TEST(MoveOnlyTest, EveryMemberThatNeedsNoCopyTakesThem) {
  TinyMap<std::string, Unique> map;
  const auto make = [](std::uint64_t n) {
    return std::make_unique<std::uint64_t>(n);
  };
  const auto next = [&](const Unique& now) { return make(*now + 1); };
  EXPECT_TRUE(map.upsert("a", make(1), next));
  EXPECT_FALSE(map.upsert("a", make(1), next));
  EXPECT_TRUE(map.update(std::string_view("a"), next));
  std::uint64_t seen = 0;
  EXPECT_FALSE(map.insert_or_visit("a", make(9),
                                   [&](const Unique& now) { seen = *now; }));
  EXPECT_EQ(seen, 3u);
  EXPECT_TRUE(map.insert_or_visit("b", make(9), [](const Unique&) {}));
  EXPECT_FALSE(map.erase_if("b", [](const Unique& now) { return *now == 8; }));
  EXPECT_EQ(*map.extract("b").value(), 9u);
  EXPECT_FALSE(map.extract("b").has_value());
  map.insert("c", make(5));
  EXPECT_EQ(*map.pop_last()->second, 5u);
  EXPECT_EQ(*map.pop_first()->second, 3u);
  EXPECT_FALSE(map.pop_first().has_value());
}

// A reader that looks at a value keeps it whole until it has looked: it stays
// until the other thread has begun to take the value, and a while longer.
TEST(MoveOnlyTest, IsNotTakenFromUnderAReader) {
  const std::uint64_t rounds = static_cast<std::uint64_t>(Scaled(100, 30));
  TinyMap<int, Unique> map;
  std::atomic<std::uint64_t> looks_at = 0;
  std::atomic<std::uint64_t> takes = 0;
  std::atomic<std::uint64_t> taken_of = 0;
  std::uint64_t sum = 0;
  int failures = 0;
  RunThreads(2, [&](std::size_t thread) {
    for (std::uint64_t i = 1; i <= rounds; ++i) {
      if (thread == 0) {
        map.insert(1, std::make_unique<std::uint64_t>(i));
        while (looks_at.load() < i) {
          map.visit(1, [&](const Unique& value) {
            looks_at = i;
            while (takes.load() < i) std::this_thread::yield();
            for (int n = 0; n < 50; ++n) {
              std::this_thread::yield();
              if (value == nullptr || *value != i) ++failures;
            }
          });
        }
        while (taken_of.load() < i) std::this_thread::yield();
      } else {
        while (looks_at.load() < i) std::this_thread::yield();
        takes = i;
        const std::optional<Unique> taken =
            i % 2 == 0
                ? map.extract(1)
                : std::optional<Unique>(std::move(map.pop_first()->second));
        sum += **taken;
        taken_of = i;
      }
    }
  });
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(sum, rounds * (rounds + 1) / 2);
}

// Readers that come and go do not hold up who takes a value.
TEST(MoveOnlyTest, IsTakenAmongReaders) {
  TinyMap<int, Unique> map;
  for (int i = 0; i < 200; ++i)
    map.insert(i, std::make_unique<std::uint64_t>(1));
  std::atomic<bool> done = false;
  std::uint64_t sum = 0;
  RunThreads(4, [&](std::size_t thread) {
    if (thread == 0) {
      for (int i = 0; i < 200; ++i) sum += *map.extract(i).value();
      done = true;
    } else {
      while (!done.load()) map.scan([](int, const Unique&) {});
    }
  });
  EXPECT_EQ(sum, 200u);
}

#ifndef NDEBUG
TEST(MoveOnlyDeathTest, IsNotTakenInACallback) {
  TinyMap<int, Unique> map;
  map.insert(1, std::make_unique<std::uint64_t>(1));
  EXPECT_DEATH(map.scan([&](int, const Unique&) { map.extract(1); }),
               "pma: extract.*must not be called from a callback");
}
#endif

// --- What keys and values are made of ------------------------------------

TEST(ArgumentsTest, KeysAreMadeOfWhatTheyCompareWith) {
  TinyMap<std::string, int> map;
  EXPECT_EQ(map.exchange(std::string_view("one"), 1), std::nullopt);
  EXPECT_EQ(map.exchange("one", 2), 1);
  EXPECT_FALSE(map.upsert("one", 0, [](int now) { return now * 10; }));
  EXPECT_EQ(map.compute(std::string_view("one"),
                        [](const int* now) { return std::optional(*now + 1); }),
            21);
  EXPECT_EQ(map.find_or_insert("two", 2), std::pair(2, true));
}

// What a key is made of is sought again after the key has been made.
struct Name {
  std::string text;
};
struct Owner {
  explicit Owner(const Name& name) : text(name.text) {}
  explicit Owner(Name&& name) : text(std::move(name.text)) {}
  std::string text;
};
struct ByText {
  using is_transparent = void;
  template <class First, class Second>
  bool operator()(const First& a, const Second& b) const {
    return a.text < b.text;
  }
};
TEST(ArgumentsTest, WhatKeysAreMadeOfIsNotMovedFrom) {
  ConcurrentMap<Owner, int, ByText, std::allocator<std::byte>, TinyTuning> map;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(
        map.find_or_insert(
               Name{"a long name of number " + std::to_string(i * 37 % 100)}, i)
            .second);
  }
  EXPECT_EQ(map.CheckInvariants(), "");
  EXPECT_EQ(map.size(), 100u);
}

TEST(ArgumentsTest, WhatIsNotNeededStaysWhereItIs) {
  TinyMap<std::string, std::string> map;
  map.insert("key", "value");
  std::string key = "key";
  std::string value = "something long enough to be moved";
  EXPECT_FALSE(map.find_or_insert(std::move(key), std::move(value)).second);
  // NOLINTBEGIN(bugprone-use-after-move): that is what is tested.
  EXPECT_EQ(key, "key");
  EXPECT_EQ(value, "something long enough to be moved");
  std::string wanted = "another";
  EXPECT_FALSE(map.compare_exchange("key", wanted, std::move(value)));
  EXPECT_EQ(wanted, "value");
  EXPECT_EQ(value, "something long enough to be moved");
  // NOLINTEND(bugprone-use-after-move)
}

}  // namespace
}  // namespace pma
