// SPDX-License-Identifier: Apache-2.0

// Any allocator that the standard allows will do, and maps treat it as the
// standard's containers do.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <new>
#include <scoped_allocator>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/awkward_allocator.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/random.h"
#include "pma/testing/threads.h"

namespace pma {
namespace {

using testing::AllocationLedger;
using testing::AwkwardAllocator;
using testing::BumpArena;
using testing::CountingAllocator;
using testing::Mix64;
using testing::Scaled;
using testing::TutorialAllocator;

// --- Maps so large that they lie in chunks ---

constexpr std::uint64_t kInChunks = Scaled(300000, 260000);
constexpr std::uint64_t kInPieces = Scaled(50000, 10000);

template <class Map>
void ExpectGrowsAndShrinks(Map& map, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSERT_TRUE(map.insert(Mix64(i), i));
  }
  ASSERT_EQ(map.CheckInvariants(), "");
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSERT_EQ(i % 16 != 0 && map.erase(Mix64(i)), i % 16 != 0);
  }
  ASSERT_EQ(map.CheckInvariants(), "");
  for (std::uint64_t i = 0; i < count; i += 4) {
    ASSERT_EQ(map.contains(Mix64(i)), i % 16 == 0);
  }
}

template <class Allocator>
using NumberMap =
    ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>, Allocator>;

TEST(ConcurrentMapAllocatorsTest, AMapGrowsOnMallocAlone) {
  NumberMap<TutorialAllocator<std::byte>> map;
  ExpectGrowsAndShrinks(map, kInChunks);
}

TEST(ConcurrentMapAllocatorsTest, AMapGrowsInABumpArena) {
  BumpArena arena(std::size_t{128} << 20);
  NumberMap<TutorialAllocator<std::byte>> map(
      (TutorialAllocator<std::byte>(&arena)));
  ExpectGrowsAndShrinks(map, Scaled(kInChunks, kInPieces));
}

TEST(ConcurrentMapAllocatorsTest, AMapGrowsWithFancyPointersToSixteenBytes) {
  AllocationLedger ledger;
  {
    NumberMap<AwkwardAllocator<std::byte, false>> map(
        (AwkwardAllocator<std::byte, false>(&ledger)));
    ExpectGrowsAndShrinks(map, Scaled(kInChunks, kInPieces));
  }
  EXPECT_EQ(ledger.live_bytes(), 0u);
  EXPECT_EQ(ledger.wrong_deallocations(), 0u);
}

using PmrAllocator = std::pmr::polymorphic_allocator<std::byte>;
using PmrNumberMap = NumberMap<PmrAllocator>;

TEST(ConcurrentMapAllocatorsTest, AMapGrowsOnEveryStandardMemoryResource) {
  std::pmr::monotonic_buffer_resource monotonic;
  std::pmr::unsynchronized_pool_resource pool;
  std::pmr::synchronized_pool_resource synchronized;
  const auto expect_grows = [](std::pmr::memory_resource& resource) {
    PmrNumberMap map{PmrAllocator(&resource)};
    ExpectGrowsAndShrinks(map, kInPieces);
  };
  expect_grows(monotonic);
  expect_grows(pool);
  expect_grows(synchronized);
}

TEST(ConcurrentMapAllocatorsTest, ThreadsShareASynchronizedPool) {
  std::pmr::synchronized_pool_resource pool;
  PmrNumberMap map{PmrAllocator(&pool)};
  testing::RunThreads(3, [&](std::size_t t) {
    for (std::uint64_t i = t; i < 30000; i += 3) map.insert(Mix64(i), i);
    for (std::uint64_t i = t; i < 30000; i += 6) map.erase(Mix64(i));
  });
  EXPECT_EQ(map.size(), 15000u);
  EXPECT_EQ(map.CheckInvariants(), "");
}

// --- Alignment of boxes ---

template <std::size_t kAlign>
struct alignas(kAlign) Aligned {
  // NOLINTNEXTLINE(google-explicit-constructor): brief.
  Aligned(std::uint64_t n) : number(n) { Check(); }
  Aligned(const Aligned& other) : number(other.number) { Check(); }
  Aligned& operator=(const Aligned&) = delete;
  ~Aligned() { Check(); }
  void Check() const {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(this) % kAlign, 0u);
  }
  friend auto operator<=>(const Aligned& a, const Aligned& b) {
    return a.number <=> b.number;
  }
  std::uint64_t number;
};

TEST(ConcurrentMapAllocatorsTest, BoxesAreAlignedAsTheirTypesAre) {
  AllocationLedger ledger;
  {
    using Allocator = AwkwardAllocator<std::byte, false>;
    using Map = ConcurrentMap<Aligned<64>, Aligned<128>, std::less<>, Allocator,
                              TinyTuning>;
    Map map{Allocator(&ledger)};
    for (std::uint64_t i = 0; i < 300; ++i) map.insert(Mix64(i), i);
    map.scan([](const Aligned<64>& key, const Aligned<128>& value) {
      key.Check();
      value.Check();
      EXPECT_EQ(key.number, Mix64(value.number));
    });
    const std::size_t told =
        ledger.live_bytes() - ledger.live_blocks() * Allocator::kExtraBytes;
    EXPECT_EQ(map.memory_usage().allocated_bytes, told + sizeof(map));
    for (std::uint64_t i = 0; i < 300; i += 2) map.erase(Mix64(i));
    EXPECT_EQ(map.CheckInvariants(), "");
  }
  EXPECT_EQ(ledger.live_bytes(), 0u);
  EXPECT_EQ(ledger.wrong_deallocations(), 0u);
}

// --- Move, assignment, swap ---

// Keys in boxes, and values that can only be moved.
template <bool kPropagates>
struct MoveTest {
  using Allocator = AwkwardAllocator<std::byte, kPropagates>;
  using Map = ConcurrentMap<std::string, std::unique_ptr<std::uint64_t>,
                            std::less<>, Allocator, TinyTuning>;

  static std::string KeyOf(std::uint64_t i) {
    return "a key that lies in a box " + std::to_string(Mix64(i));
  }
  static Map Filled(AllocationLedger& ledger, std::uint64_t first,
                    std::uint64_t count) {
    Map map{Allocator(&ledger)};
    for (std::uint64_t i = first; i < first + count; ++i) {
      map.insert(KeyOf(i), std::make_unique<std::uint64_t>(i));
    }
    return map;
  }
  static void ExpectHolds(const Map& map, std::uint64_t first,
                          std::uint64_t count) {
    EXPECT_EQ(map.CheckInvariants(), "");
    EXPECT_EQ(map.size(), count);
    for (std::uint64_t i = first; i < first + count; ++i) {
      EXPECT_TRUE(map.visit(KeyOf(i), [&](const auto& value) {
        ASSERT_NE(value, nullptr);
        EXPECT_EQ(*value, i);
      }));
    }
  }

  ~MoveTest() {
    for (const AllocationLedger* ledger : {&one, &two}) {
      EXPECT_EQ(ledger->live_bytes(), 0u);
      EXPECT_EQ(ledger->wrong_deallocations(), 0u);
    }
  }

  AllocationLedger one;
  AllocationLedger two;
};

using Propagates = MoveTest<true>;
using Stays = MoveTest<false>;
static_assert(!std::is_default_constructible_v<Stays::Map>);
static_assert(std::is_nothrow_move_assignable_v<Propagates::Map>);
static_assert(!std::is_nothrow_move_assignable_v<Stays::Map>);
static_assert(std::is_nothrow_move_assignable_v<ConcurrentMap<int, int>>);
static_assert(std::is_nothrow_move_constructible_v<Stays::Map>);
static_assert(std::is_nothrow_swappable_v<Stays::Map>);

TEST(ConcurrentMapAllocatorsTest, AMoveTakesTheContentIfTheAllocatorIsEqual) {
  Stays test;
  Stays::Map from = Stays::Filled(test.one, 0, 200);
  const std::size_t allocations = test.one.allocation_count();
  Stays::Map to(std::move(from), Stays::Allocator(&test.one));
  EXPECT_EQ(test.one.allocation_count(), allocations);
  Stays::ExpectHolds(to, 0, 200);
  Stays::ExpectHolds(from, 0, 0);
}

TEST(ConcurrentMapAllocatorsTest, AMoveMovesEntriesToAnotherAllocator) {
  Stays test;
  Stays::Map from = Stays::Filled(test.one, 0, 200);
  Stays::Map to(std::move(from), Stays::Allocator(&test.two));
  EXPECT_EQ(to.get_allocator().ledger(), &test.two);
  EXPECT_EQ(test.one.live_bytes(), 0u);
  Stays::ExpectHolds(to, 0, 200);
  Stays::ExpectHolds(from, 0, 0);
  from.insert("", nullptr);
  EXPECT_EQ(from.size(), 1u);
}

TEST(ConcurrentMapAllocatorsTest, AnAllocatorThatPropagatesComesAlong) {
  Propagates test;
  Propagates::Map to = Propagates::Filled(test.one, 0, 100);
  Propagates::Map from = Propagates::Filled(test.two, 500, 200);
  const std::size_t allocations = test.two.allocation_count();
  to = std::move(from);
  EXPECT_EQ(test.two.allocation_count(), allocations);
  EXPECT_EQ(test.one.live_bytes(), 0u);
  EXPECT_EQ(to.get_allocator().ledger(), &test.two);
  Propagates::ExpectHolds(to, 500, 200);
  Propagates::ExpectHolds(from, 0, 0);
}

TEST(ConcurrentMapAllocatorsTest, AnAllocatorThatDoesNotPropagateStays) {
  Stays test;
  Stays::Map to = Stays::Filled(test.one, 0, 100);
  Stays::Map equal = Stays::Filled(test.one, 300, 50);
  const std::size_t allocations = test.one.allocation_count();
  to = std::move(equal);
  EXPECT_EQ(test.one.allocation_count(), allocations);
  Stays::ExpectHolds(to, 300, 50);
  Stays::Map other = Stays::Filled(test.two, 500, 200);
  to = std::move(other);
  EXPECT_EQ(test.two.live_bytes(), 0u);
  EXPECT_EQ(to.get_allocator().ledger(), &test.one);
  Stays::ExpectHolds(to, 500, 200);
  Stays::ExpectHolds(other, 0, 0);
  Stays::Map& self = to;
  to = std::move(self);
  Stays::ExpectHolds(to, 500, 200);
}

// Counts what it is asked for, and frees what any other one has given.
struct Desk {
  std::size_t requests = 0;
};
template <class Type>
struct DeskAllocator {
  using value_type = Type;

  explicit DeskAllocator(Desk* d) : desk(d) {}
  template <class Other>
  DeskAllocator(const DeskAllocator<Other>& other)  // NOLINT: a conversion
      : desk(other.desk) {}

  Type* allocate(std::size_t count) {
    ++desk->requests;
    return std::allocator<Type>().allocate(count);
  }
  void deallocate(Type* memory, std::size_t count) {
    std::allocator<Type>().deallocate(memory, count);
  }
  friend bool operator==(const DeskAllocator&, const DeskAllocator&) {
    return true;
  }

  Desk* desk;
};

// With what it has taken from an equal one, a map still asks its own for more.
template <class Key, class MakeKey>
void ExpectKeepsItsAllocator(MakeKey key) {
  using Map = ConcurrentMap<Key, Key, std::less<>, DeskAllocator<std::byte>>;
  constexpr std::uint64_t kFew = 1000;
  constexpr std::uint64_t kMany = Scaled(60000, 6000);
  using Take = void (*)(Map&, Map&);
  const Take ways[] = {[](Map& mine, Map& other) { mine = std::move(other); },
                       [](Map& mine, Map& other) { swap(mine, other); },
                       [](Map& mine, Map& other) {
                         std::destroy_at(&mine);
                         std::construct_at(
                             &mine, std::move(other),
                             DeskAllocator<std::byte>(mine.get_allocator()));
                       }};
  for (const Take take : ways) {
    Desk my_desk;
    auto other_desk = std::make_unique<Desk>();
    Map mine{DeskAllocator<std::byte>(&my_desk)};
    {
      Map other{DeskAllocator<std::byte>(other_desk.get())};
      for (std::uint64_t i = 0; i < kFew; ++i) other.insert(key(i), key(i));
      take(mine, other);
    }
    other_desk.reset();  // the sanitizer sees who asks there
    EXPECT_EQ(mine.get_allocator().desk, &my_desk);
    for (std::uint64_t i = kFew; i < kMany; ++i) mine.insert(key(i), key(i));
    EXPECT_EQ(mine.size(), kMany);
    EXPECT_GT(my_desk.requests, 10u);
    EXPECT_EQ(mine.CheckInvariants(), "");
  }
}

TEST(ConcurrentMapAllocatorsTest, AnEqualAllocatorIsNotTakenInItsPlace) {
  ExpectKeepsItsAllocator<std::uint64_t>(&Mix64);
  ExpectKeepsItsAllocator<std::string>([](std::uint64_t i) {
    return "a key that is longer than most of them " + std::to_string(Mix64(i));
  });
}

TEST(ConcurrentMapAllocatorsTest, AnAssignmentThatFailsLeavesTheMapAsItWas) {
  Stays test;
  Stays::Map to = Stays::Filled(test.one, 0, 60);
  int failures = 0;
  for (std::int64_t nth = 1;; nth += 29) {
    Stays::Map from = Stays::Filled(test.two, 500, 200);
    test.one.FailNth(nth);
    try {
      to = std::move(from);
      const bool without_a_failure = !test.one.HasFailed();
      test.one.NeverFail();
      if (without_a_failure) break;
      to = Stays::Filled(test.one, 0, 60);  // it could do without
    } catch (const std::bad_alloc&) {
      test.one.NeverFail();
      ++failures;
      Stays::ExpectHolds(to, 0, 60);
      EXPECT_EQ(from.size(), 200u);
      EXPECT_EQ(from.CheckInvariants(), "");
    }
  }
  EXPECT_GT(failures, 10);
  Stays::ExpectHolds(to, 500, 200);
}

TEST(ConcurrentMapAllocatorsTest, SwapExchangesContentsInPlace) {
  Propagates test;
  Propagates::Map a = Propagates::Filled(test.one, 0, 100);
  Propagates::Map b = Propagates::Filled(test.two, 500, 200);
  const std::size_t allocations =
      test.one.allocation_count() + test.two.allocation_count();
  swap(a, b);
  EXPECT_EQ(a.get_allocator().ledger(), &test.two);
  EXPECT_EQ(b.get_allocator().ledger(), &test.one);
  Propagates::ExpectHolds(a, 500, 200);
  Propagates::ExpectHolds(b, 0, 100);
  b.swap(b);
  Propagates::ExpectHolds(b, 0, 100);
  EXPECT_EQ(allocations,
            test.one.allocation_count() + test.two.allocation_count());
  Stays stays;
  Stays::Map c = Stays::Filled(stays.one, 0, 100);
  Stays::Map d{Stays::Allocator(&stays.one)};
  std::swap(c, d);  // by three moves
  c.swap(d);
  swap(c, d);
  Stays::ExpectHolds(c, 0, 0);
  Stays::ExpectHolds(d, 0, 100);
}

TEST(ConcurrentMapAllocatorsTest, ComparatorsGoWithTheContent) {
  using Less = std::function<bool(int, int)>;
  using Map =
      ConcurrentMap<int, int, Less, std::allocator<std::byte>, TinyTuning>;
  Map up{Less(std::less<>())};
  Map down{Less(std::greater<>())};
  for (int i = 0; i < 50; ++i) {
    up.insert(i, i);
    down.insert(i, i);
  }
  up.swap(down);
  EXPECT_EQ(up.first()->first, 49);
  EXPECT_EQ(down.first()->first, 0);
  down = std::move(up);
  EXPECT_EQ(down.first()->first, 49);
  EXPECT_TRUE(down.insert(50, 50));
  EXPECT_EQ(down.CheckInvariants(), "");
}

// --- Keys and values with allocators of their own ---

// Makes the default resource refuse, while it lives.
class NoDefaultResource {
 public:
  NoDefaultResource()
      : before_(
            std::pmr::set_default_resource(std::pmr::null_memory_resource())) {}
  ~NoDefaultResource() { std::pmr::set_default_resource(before_); }
  NoDefaultResource(const NoDefaultResource&) = delete;

 private:
  std::pmr::memory_resource* before_;
};

using PmrMap = ConcurrentMap<std::pmr::string, std::pmr::string, std::less<>,
                             PmrAllocator, TinyTuning>;

std::pmr::string LongText(std::uint64_t i, std::pmr::memory_resource* memory) {
  std::pmr::string text("too long to lie in the string itself: ", memory);
  text += std::to_string(i);
  return text;
}

void ExpectUses(const PmrMap& map, std::pmr::memory_resource* memory) {
  map.scan([&](const std::pmr::string& key, const std::pmr::string& value) {
    EXPECT_EQ(key.get_allocator().resource(), memory);
    EXPECT_EQ(value.get_allocator().resource(), memory);
  });
}

TEST(ConcurrentMapAllocatorsTest, StringsTakeTheMemoryOfTheMap) {
  std::pmr::unsynchronized_pool_resource arguments;
  std::pmr::unsynchronized_pool_resource pool;
  std::pmr::unsynchronized_pool_resource other;
  // Copies of keys between segments, too, come from the pool.
  const NoDefaultResource no_default;
  PmrMap map{PmrAllocator(&pool)};
  for (std::uint64_t i = 0; i < 300; ++i) {
    map.insert(LongText(i, &arguments), LongText(i, &arguments));
    map.insert_or_assign(LongText(i / 2, &arguments), LongText(i, &arguments));
    map.try_emplace(LongText(i + 1000, &arguments), "from other arguments");
  }
  for (std::uint64_t i = 0; i < 300; i += 2) map.erase(LongText(i, &arguments));
  EXPECT_EQ(map.size(), 450u);
  EXPECT_EQ(map.CheckInvariants(), "");
  ExpectUses(map, &pool);
  PmrMap moved{PmrAllocator(&other)};
  moved = std::move(map);
  EXPECT_EQ(moved.size(), 450u);
  EXPECT_EQ(moved.CheckInvariants(), "");
  ExpectUses(moved, &other);
}

TEST(ConcurrentMapAllocatorsTest, MapsInAMapTakeItsMemory) {
  std::pmr::monotonic_buffer_resource buffer;
  const NoDefaultResource no_default;
  ConcurrentMap<std::uint64_t, PmrNumberMap, std::less<>, PmrAllocator> outer{
      PmrAllocator(&buffer)};
  outer.try_emplace(1);
  outer.insert(2, PmrNumberMap(PmrAllocator(&buffer)));
  outer.scan([&](std::uint64_t, const PmrNumberMap& inner) {
    EXPECT_EQ(inner.get_allocator().resource(), &buffer);
  });
}

TEST(ConcurrentMapAllocatorsTest, ScopedAllocatorsReachTheValues) {
  AllocationLedger boxes;
  AllocationLedger elements;
  {
    using Numbers = std::vector<int, CountingAllocator<int>>;
    using Scoped = std::scoped_allocator_adaptor<CountingAllocator<std::byte>,
                                                 CountingAllocator<int>>;
    ConcurrentMap<std::uint64_t, Numbers, std::less<>, Scoped, TinyTuning> map{
        Scoped(CountingAllocator<std::byte>(&boxes),
               CountingAllocator<int>(&elements))};
    for (std::uint64_t i = 0; i < 100; ++i) map.try_emplace(i, 3, 7);
    EXPECT_EQ(elements.live_bytes(), 100 * 3 * sizeof(int));
    for (std::uint64_t i = 0; i < 100; ++i) map.erase(i);
  }
  EXPECT_EQ(elements.live_bytes(), 0u);
  EXPECT_EQ(boxes.live_bytes(), 0u);
}

}  // namespace
}  // namespace pma
