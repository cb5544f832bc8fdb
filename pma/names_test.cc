// SPDX-License-Identifier: Apache-2.0

// The map among users' names: macros of one letter, and functions of the same
// names as the map's own, which take everything and lie where
// argument-dependent lookup finds them. (The standard library comes first: it
// has names of one letter.)

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <bitset>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "gtest/gtest.h"

// clang-format off
#define A 1
#define B 1
#define C 1
#define D 1
#define E 1
#define F 1
#define G 1
#define H 1
#define I 1
#define J 1
#define K 1
#define L 1
#define M 1
#define N 1
#define O 1
#define P 1
#define Q 1
#define R 1
#define S 1
#define T 1
#define U 1
#define V 1
#define W 1
#define X 1
#define Y 1
#define Z 1
#include "pma/bytes.h"           // NOLINT
#include "pma/concurrent_map.h"  // NOLINT
#include "pma/concurrent_set.h"  // NOLINT
#include "pma/key_encoding.h"    // NOLINT
#undef A
#undef B
#undef C
#undef D
#undef E
#undef F
#undef G
#undef H
#undef I
#undef J
#undef K
#undef L
#undef M
#undef N
#undef O
#undef P
#undef Q
#undef R
#undef S
#undef T
#undef U
#undef V
#undef W
#undef X
#undef Y
#undef Z
// clang-format on

namespace greedy {

struct Greedy {};

// Each takes anything better than a function that wants a reference to const.
#define GREEDY(name)                        \
  template <class... Anything>              \
  Greedy name(Anything&&...) {              \
    return {};                              \
  }                                         \
  template <class First, class... Anything> \
  Greedy name(Anything&&...) {              \
    return {};                              \
  }
GREEDY(Show)
GREEDY(At)
GREEDY(ReadAcross)
GREEDY(QuickRead)
GREEDY(QuickReadApart)
GREEDY(QuickReadBeyond)
GREEDY(ShowAll)
GREEDY(RoomInRecord)
GREEDY(RoomToShow)
GREEDY(TryQuick)
GREEDY(LeadsTo)
GREEDY(DescendTo)
GREEDY(FitsIn)
GREEDY(PutCell)
GREEDY(QuickShowGuarded)
GREEDY(QuickShow)
GREEDY(QuickShowFew)
GREEDY(ShowUnderQuickGuard)
GREEDY(FindGroup)
GREEDY(DescendGroup)
GREEDY(FindBatch)
GREEDY(IsFiller)
GREEDY(QuickLeads)
GREEDY(WithProbe)
GREEDY(WithWideProbe)
GREEDY(AtOrBefore)
GREEDY(Descend)
GREEDY(Owns)
GREEDY(LowerBoundInPlace)
GREEDY(LocateByView)
GREEDY(SearchInPlace)
GREEDY(QuickLocate)
GREEDY(FindRunEnd)
GREEDY(Locate)
GREEDY(NearestByWalk)
GREEDY(NearestBeyond)
GREEDY(Nearest)
GREEDY(NearestToKey)
GREEDY(QuickPut)
GREEDY(QuickErase)
GREEDY(Find)
GREEDY(QuickFind)
GREEDY(FindInline)
GREEDY(Visit)
GREEDY(VisitEntry)
GREEDY(CreateFirstExtent)
GREEDY(NoteInsertion)
GREEDY(Put)
GREEDY(Erase)
GREEDY(Modify)
GREEDY(ModifyPresent)
GREEDY(ModifyQuickly)
GREEDY(ModifyPresentQuickly)
GREEDY(QuickChange)
GREEDY(AfterLowWatermark)
GREEDY(AssertMayWrite)
GREEDY(AskUser)
GREEDY(AwaitReaders)
GREEDY(Extract)
GREEDY(ExtractKey)
GREEDY(Pop)
GREEDY(FindAtEnd)
GREEDY(FillEnd)
GREEDY(SnapshotScan)
GREEDY(SnapshotScanBetween)
GREEDY(ScanSegments)
GREEDY(ScanSegmentsBetween)
GREEDY(ScanMany)
GREEDY(ScanFew)
GREEDY(ScanFirst)
GREEDY(ScanAll)
GREEDY(ScanBetween)
GREEDY(AsObjects)
GREEDY(OfKeyAndValue)
GREEDY(CountSegments)
GREEDY(CountBetween)
GREEDY(SplitKeys)
GREEDY(VisitLayout)
GREEDY(StatsOf)
GREEDY(EstimateEntries)
GREEDY(ApproximateCount)
GREEDY(WantsOwner)
GREEDY(WithCopy)
GREEDY(RankOfStart)
GREEDY(AnyProbe)
GREEDY(NumberLess)
GREEDY(Encode)
GREEDY(Decode)
GREEDY(OpenView)
GREEDY(CopyMovedBack)
GREEDY(CopyMovedForward)
GREEDY(CopyBehindFirst)
GREEDY(PartitionPoint)
GREEDY(CopyWords)
GREEDY(CopyOut)
GREEDY(FillWords)
GREEDY(LoadOperand)
GREEDY(SegmentImageOf)
GREEDY(HeadOf)
GREEDY(MarkOf)
GREEDY(CommonPrefix)
GREEDY(CommonPrefixOf)
GREEDY(CompareBeginning)
GREEDY(WithTextOf)
GREEDY(ChooseEncoding)
GREEDY(ChooseTextEncoding)
GREEDY(SearchByHeads)
GREEDY(SearchQuickly)
GREEDY(OwnsByHeads)
GREEDY(FetchText)
GREEDY(WindowAround)
GREEDY(OrdersAsKey)
GREEDY(WithoutAssumptions)
GREEDY(FetchGroup)
GREEDY(WriteBatch)
GREEDY(LoadSorted)
GREEDY(InsertSorted)
GREEDY(EraseRange)
GREEDY(EraseAllWhere)
GREEDY(ShrinkToFit)
GREEDY(Reserve)
GREEDY(PackedCells)

struct Number {
  int number;
  friend bool operator<(const Number& a, const Number& b) {
    return a.number < b.number;
  }
};
struct Encoded {
  int number;
  std::uint64_t other;
  friend bool operator<(const Encoded& a, const Encoded& b) {
    return a.number < b.number || (a.number == b.number && a.other < b.other);
  }
};
struct Text {
  std::string text;
  friend bool operator<(const Text& a, const Text& b) {
    return a.text < b.text;
  }
};

}  // namespace greedy

template <>
struct pma::KeyEncoding<greedy::Encoded>
    : pma::MembersEncoding<&greedy::Encoded::number, &greedy::Encoded::other> {
};

namespace greedy {

template <class Map, class Make>
void UseAll(Make make) {
  Map map;
  for (int i = 0; i < 200; ++i) {
    map.insert(make(i), make(i));
    map.insert_or_assign(make(i), make(i));
    map.try_emplace(make(i), make(i));
  }
  EXPECT_TRUE(map.find(make(7)).has_value());
  EXPECT_TRUE(map.contains(make(7)));
  EXPECT_TRUE(map.visit(make(7), [](const auto&) {}));
  EXPECT_TRUE(map.first() && map.last());
  EXPECT_TRUE(map.floor(make(7)) && map.ceiling(make(7)));
  EXPECT_TRUE(map.lower(make(7)) && map.higher(make(7)));
  const auto ignore = [](const auto&, const auto&) {};
  EXPECT_EQ(map.scan(ignore), 200u);
  EXPECT_GT(map.scan(make(1), make(9), ignore), 0u);
  EXPECT_GT(map.scan_reverse(make(1), make(9), ignore), 0u);
  EXPECT_GT(map.scan_from(make(1), ignore), 0u);
  EXPECT_EQ(map.scan_n(make(1), 2, ignore), 2u);
  const auto key = make(7);
  std::optional<typename Map::mapped_type> value;
  map.find_batch({&key, 1}, {&value, 1});
  EXPECT_TRUE(value.has_value());
  const auto same = [](const auto& now) { return now; };
  EXPECT_FALSE(map.find_or_insert(make(7), make(8)).second);
  EXPECT_FALSE(map.insert_or_visit(make(7), make(8), [](const auto&) {}));
  EXPECT_TRUE(map.exchange(make(7), make(7)).has_value());
  EXPECT_TRUE(map.update(make(7), same));
  EXPECT_FALSE(map.upsert(make(7), make(7), same));
  EXPECT_TRUE(
      map.compute(make(7), [](const auto* now) { return std::optional(*now); })
          .has_value());
  EXPECT_FALSE(map.erase_if(make(7), [](const auto&) { return false; }));
  EXPECT_EQ(map.snapshot_scan(ignore), 200u);
  EXPECT_GT(map.snapshot_scan(make(1), make(9), ignore), 0u);
  EXPECT_TRUE(map.extract(make(7)).has_value());
  map.insert(make(7), make(7));
  const auto first = map.pop_first();
  map.insert(first->first, first->second);
  const auto last = map.pop_last();
  map.insert(last->first, last->second);
  EXPECT_EQ(map.visit_batch({&key, 1}, [](size_t, const auto&) {}), 1u);
  EXPECT_TRUE(map.visit_entry(key, ignore) && map.visit_floor(key, ignore));
  EXPECT_EQ(map.scan_reverse_n(key, 1, ignore), 1u);
  EXPECT_GT(map.scan_after(make(1), ignore), 0u);
  EXPECT_EQ(map.count_range(make(1), make(9)),
            map.approximate_count(make(1), make(9)));
  EXPECT_EQ(map.split_keys(4).size(), 3u);
  size_t walked = 0;
  for (auto at = map.cursor(); at.valid(); at.next()) ++walked;
  for (const auto& entry : map.all()) walked += sizeof(entry) > 0;
  for (const auto& entry : map.reversed(make(1), make(9))) {
    walked += sizeof(entry) > 0;
  }
  EXPECT_GT(walked, 400u);
  EXPECT_EQ(map.stats().entries, 200u);
  for (int i = 0; i < 150; ++i) EXPECT_TRUE(map.erase(make(i)));
  EXPECT_EQ(map.size(), 50u);
  EXPECT_EQ(map.CheckInvariants(), "");
  std::vector<std::pair<typename Map::key_type, typename Map::mapped_type>>
      entry;
  entry.emplace_back(make(7), make(7));
  EXPECT_EQ(map.insert_sorted(entry), 1u);
  EXPECT_EQ(map.insert_batch({&entry[0].first, 1}, {&entry[0].second, 1}), 0u);
  EXPECT_EQ(map.erase_batch({&entry[0].first, 1}), 1u);
  EXPECT_EQ(Map::from_sorted(entry).clone().size(), 1u);
  EXPECT_GT(map.erase_range(make(150), make(170)), 0u);
  map.erase_if([](const auto&, const auto&) { return true; });
  map.shrink_to_fit();
  map.reserve(100);
  map.clear();
  EXPECT_TRUE(map.empty());
}

template <class Set, class Make>
void UseSet(Make make) {
  Set set;
  for (int i = 0; i < 200; ++i) set.insert(make(i));
  EXPECT_TRUE(set.contains(make(7)) && set.extract(make(7)).has_value());
  EXPECT_TRUE(set.pop_first().has_value() && set.pop_last().has_value());
  const auto ignore = [](const auto&) {};
  EXPECT_EQ(set.scan(ignore), 197u);
  EXPECT_EQ(set.snapshot_scan(ignore), 197u);
  EXPECT_TRUE(set.visit_floor(make(7), ignore));
  size_t walked = 0;
  for (const auto& key : set.all()) walked += sizeof(key) > 0;
  EXPECT_EQ(walked, 197u);
  EXPECT_EQ(set.erase_if([](const auto&) { return true; }), 197u);
}

TEST(Names, OfUsersFunctionsAreNotTakenForTheMaps) {
  const auto number = [](int i) { return Number{i}; };
  const auto text = [](int i) { return Text{std::to_string(i)}; };
  UseAll<pma::ConcurrentMap<Number, Number>>(number);
  UseAll<pma::ConcurrentMap<Text, Text>>(text);
  UseAll<pma::ConcurrentMap<Encoded, Encoded>>(
      [](int i) { return Encoded{i / 9, static_cast<std::uint64_t>(i)}; });
  UseSet<pma::ConcurrentSet<Number>>(number);
  UseSet<pma::ConcurrentSet<Text>>(text);
  // Numbers that the processor compares, in maps of a user's type.
  using Allocator = std::allocator<Number>;
  UseAll<pma::ConcurrentMap<int, int, std::less<>, Allocator>>(
      [](int i) { return i; });
}

}  // namespace greedy
