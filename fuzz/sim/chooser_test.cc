// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sim/chooser.h"

#include <cstdint>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace pma::sim {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(ChooserTest, AnExhaustedScheduleContinuesAndReadsTheNewest) {
  for (const Mode mode : {Mode::kDense, Mode::kSparse, Mode::kListed}) {
    Chooser chooser;
    chooser.Start({mode, {}});
    EXPECT_EQ(chooser.ChooseAccess(5), 0u);
    EXPECT_EQ(chooser.ChooseFiber(2, 0b1111), 2);
  }
}

TEST(ChooserTest, OnlyTheFiberThatCanRunIsNoDecision) {
  const Bytes bytes = {1};
  Chooser chooser;
  chooser.Start({Mode::kListed, bytes});
  EXPECT_EQ(chooser.ChooseFiber(1, 0b1000), 3);
  EXPECT_EQ(chooser.decisions().size(), 0u);
  EXPECT_EQ(chooser.ChooseAccess(2), 1u);
}

TEST(ChooserTest, FibersAreCountedFromTheRunningOneOn) {
  const Bytes bytes = {0, 1, 2, 3};
  Chooser chooser;
  chooser.Start({Mode::kListed, bytes});
  EXPECT_EQ(chooser.ChooseFiber(2, 0b10111), 2);
  EXPECT_EQ(chooser.ChooseFiber(2, 0b10111), 4);
  EXPECT_EQ(chooser.ChooseFiber(2, 0b10111), 0);
  EXPECT_EQ(chooser.ChooseFiber(2, 0b10111), 1);
}

TEST(ChooserTest, AFiberThatCannotRunGivesWayToTheNextOne) {
  const Bytes bytes = {0, 1};
  Chooser chooser;
  chooser.Start({Mode::kListed, bytes});
  EXPECT_EQ(chooser.ChooseFiber(2, 0b10011), 4);
  EXPECT_EQ(chooser.ChooseFiber(2, 0b10011), 0);
}

TEST(ChooserTest, DenseBytesBelowHalfChangeNothing) {
  const Bytes bytes = {0, 127, 128, 129, 130};
  Chooser chooser;
  chooser.Start({Mode::kDense, bytes});
  EXPECT_EQ(chooser.ChooseAccess(3), 0u);
  EXPECT_EQ(chooser.ChooseAccess(3), 0u);
  EXPECT_EQ(chooser.ChooseAccess(3), 1u);
  EXPECT_EQ(chooser.ChooseAccess(3), 2u);
  EXPECT_EQ(chooser.ChooseAccess(3), 1u);
}

TEST(ChooserTest, SparsePairsSkipAndChoose) {
  const Bytes bytes = {2, 1, 0, 3, 1};
  Chooser chooser;
  chooser.Start({Mode::kSparse, bytes});
  std::vector<unsigned> choices;
  for (int i = 0; i < 7; ++i) choices.push_back(chooser.ChooseAccess(4));
  EXPECT_EQ(choices, (std::vector<unsigned>{0, 0, 1, 3, 0, 0, 0}));
}

// A decision at the end of a run of 600 others needs pairs that choose nothing.
TEST(ChooserTest, AnyDecisionsRewrittenAsSparseOnesAreTheSame) {
  Bytes bytes(1000, 0);
  for (const size_t i : {0u, 7u, 8u, 263u, 264u, 520u, 999u}) bytes[i] = 2;
  Chooser chooser;
  chooser.Start({Mode::kListed, bytes});
  for (size_t i = 0; i < bytes.size(); ++i) chooser.ChooseAccess(4);
  const Bytes sparse = chooser.AsSparse();
  EXPECT_LT(sparse.size(), 30u);
  chooser.Start({Mode::kSparse, sparse});
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(chooser.ChooseAccess(4), bytes[i]) << i;
  }
}

Bytes PctSeed(uint8_t seed, uint8_t changes, uint8_t stale) {
  return {0, 0, 0, 0, 0, 0, 0, seed, changes, stale, 0};
}

TEST(ChooserTest, PrioritiesHoldUntilAChangePoint) {
  std::set<int> leaders;
  for (uint8_t seed = 0; seed < 100; ++seed) {
    Chooser chooser;
    const Bytes bytes = PctSeed(seed, /*changes=*/0, /*stale=*/0);
    chooser.Start({Mode::kPct, bytes});
    const int leader = chooser.ChooseFiber(0, 0b1111);
    leaders.insert(leader);
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(chooser.ChooseFiber(leader, 0b1111), leader);
    }
  }
  EXPECT_EQ(leaders, (std::set<int>{0, 1, 2, 3}));
}

TEST(ChooserTest, AChangePointTakesTheRunningFiberDown) {
  int changes = 0;
  for (uint8_t seed = 0; seed < 100; ++seed) {
    Chooser chooser;
    const Bytes bytes = PctSeed(seed, /*changes=*/1, /*stale=*/0);
    chooser.Start({Mode::kPct, bytes});
    int running = chooser.ChooseFiber(0, 0b11);
    for (int i = 0; i < 30; ++i) {
      const int next = chooser.ChooseFiber(running, 0b11);
      changes += next != running;
      running = next;
    }
  }
  EXPECT_GT(changes, 50);
  EXPECT_LE(changes, 100);
}

TEST(ChooserTest, SomeLoadsAreStaleByPriorityToo) {
  Chooser chooser;
  const Bytes bytes = PctSeed(1, /*changes=*/0, /*stale=*/64);
  chooser.Start({Mode::kPct, bytes});
  int stale = 0;
  for (int i = 0; i < 1000; ++i) stale += chooser.ChooseAccess(3) != 0;
  EXPECT_GT(stale, 150);
  EXPECT_LT(stale, 350);
}

}  // namespace
}  // namespace pma::sim
