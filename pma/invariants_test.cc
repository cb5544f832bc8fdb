// SPDX-License-Identifier: Apache-2.0

// That the checker of invariants finds what is wrong: maps are broken on
// purpose, in one way each.

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/testing/map_peer.h"

namespace pma::testing {
namespace {

using Map = ConcurrentMap<std::uint64_t, std::uint64_t>;

class InvariantsTest : public ::testing::Test {
 protected:
  InvariantsTest() {
    for (std::uint64_t i = 0; i < 1000; ++i) map_.insert(i, i);
    EXPECT_TRUE(map_.check_invariants());
  }

  auto& Extent() {
    return *MapPeer::Tree(map_).UnguardedDirectory()->extent(0);
  }
  // One with more than one group of keys.
  auto& Segment() { return Extent().segment(1); }

  // What has been broken since violates `invariant`, and is mended by `mend`.
  template <class Mend>
  void ExpectViolation(const std::string& invariant, Mend mend) {
    std::string violation;
    EXPECT_FALSE(map_.check_invariants(&violation));
    EXPECT_EQ(violation.substr(0, invariant.size()), invariant) << violation;
    EXPECT_EQ(map_.CheckInvariants(), violation);
    mend();
    EXPECT_TRUE(map_.check_invariants(&violation));
    EXPECT_EQ(violation, "");
  }

  Map map_;
};

TEST_F(InvariantsTest, KeysAscend) {
  auto& keys = Segment().keys;
  const auto key = keys.Load(3);
  keys.Store(3, keys.Load(5));
  ExpectViolation("INV-1:", [&] { keys.Store(3, key); });
}

TEST_F(InvariantsTest, SeparatorsBoundTheKeys) {
  auto& index = Extent().index();
  const auto separator = index.Load(1);
  index.Store(1, {separator[0] + 1});
  ExpectViolation("INV-1:", [&] { index.Store(1, separator); });
}

TEST_F(InvariantsTest, NoMarkerIsLeftBehind) {
  auto& word = Segment().word;
  const internal::Word idle(word.LoadRelaxed());
  word.StoreRelaxed(
      idle.Marked(internal::Marker::kFreeze, 0, idle.count()).bits());
  ExpectViolation("INV-7:", [&] { word.StoreRelaxed(idle.bits()); });
}

TEST_F(InvariantsTest, EntriesAreCounted) {
  auto& word = Segment().word;
  const internal::Word idle(word.LoadRelaxed());
  const auto last = Segment().keys.Load(idle.count() - 1);
  word.StoreRelaxed(idle.AfterChange(idle.count() - 1).bits());
  Segment().ClearCell(idle.count() - 1);
  Segment().SetPivots();
  ExpectViolation("INV-8:", [&] {
    word.StoreRelaxed(idle.bits());
    Segment().keys.Store(idle.count() - 1, last);
    Segment().SetPivots();
  });
}

TEST_F(InvariantsTest, UnusedCellsHoldTheFiller) {
  auto& segment = Extent().segment(Extent().active() - 1);
  const std::size_t count = segment.LoadWord().count();
  ASSERT_LT(count, std::decay_t<decltype(segment)>::kCells);
  segment.keys.Store(count, {7});
  ExpectViolation("INV-10:", [&] { segment.ClearCell(count); });
}

TEST_F(InvariantsTest, PivotsAreTheLastKeysOfGroups) {
  for (std::size_t i = 0; i < std::decay_t<decltype(Segment())>::kPivots; ++i) {
    const auto pivot = Segment().pivots.Load(i);
    Segment().pivots.Store(i, {pivot[0] + 1});
    ExpectViolation("INV-11:", [&] { Segment().pivots.Store(i, pivot); });
  }
}

}  // namespace
}  // namespace pma::testing
