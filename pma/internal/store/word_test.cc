// SPDX-License-Identifier: Apache-2.0

#include "pma/internal/store/word.h"

#include <cstdint>
#include <random>

#include "gtest/gtest.h"

namespace pma::internal {
namespace {

TEST(Word, FieldsDoNotDisturbEachOther) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10000; ++i) {
    const Word start(random());
    const size_t count = random() % (Word::kMaxCount + 1);
    const size_t slot = random() % Word::kMaxSlots;
    for (int m = 0; m < 8; ++m) {
      const Word word = start.Marked(static_cast<Marker>(m), slot, count);
      ASSERT_EQ(word.marker(), static_cast<Marker>(m));
      ASSERT_EQ(word.slot(), slot);
      ASSERT_EQ(word.count(), count);
      ASSERT_EQ(word.version(), start.version());
      ASSERT_EQ(word.unstable(), m % 2 == 1);
    }
  }
}

TEST(Word, NoChangeBringsBackAnEarlierWord) {
  Word word;
  uint64_t last = word.version();
  for (int i = 0; i < 1000; ++i) {
    word = i % 3 == 0 ? word.AfterChange(static_cast<size_t>(i) % 32)
                      : word.AfterUpdate();
    ASSERT_GT(word.version(), last);
    ASSERT_TRUE(word.idle());
    last = word.version();
  }
}

// Sixty-four updates carry into the part of the version that counts changes:
// an image built before them can never be published after them.
TEST(Word, UpdatesCarryIntoTheVersion) {
  Word word = Word().AfterChange(5);
  const Word before = word;
  for (int i = 0; i < 64; ++i) word = word.AfterUpdate();
  EXPECT_NE(word, before);
  EXPECT_FALSE(Word::SameCells(before.bits(), word.bits()));
}

TEST(SameCells, HoldsThroughUpdatesInPlaceAndStableMarkers) {
  const Word word = Word().AfterChange(7);
  EXPECT_TRUE(Word::SameCells(word.bits(), word.AfterUpdate().bits()));
  for (Marker marker : {Marker::kFreeze, Marker::kUpdate, Marker::kDead}) {
    EXPECT_TRUE(Word::SameCells(word.bits(), word.Marked(marker, 9, 7).bits()));
  }
}

TEST(SameCells, FailsOnceCellsMove) {
  const Word word = Word().AfterChange(7);
  for (Marker marker :
       {Marker::kInsert, Marker::kDelete, Marker::kReplace, Marker::kMove}) {
    EXPECT_FALSE(
        Word::SameCells(word.bits(), word.Marked(marker, 9, 7).bits()));
  }
  EXPECT_FALSE(Word::SameCells(word.bits(), word.AfterChange(7).bits()));
  EXPECT_FALSE(Word::SameCells(word.bits(), word.AfterChange(8).bits()));
}

TEST(ChangeCount, GrowsWithEveryStepOfAChange) {
  const Word idle = Word().AfterChange(3);
  const Word marked = idle.Marked(Marker::kInsert, 4, 4);
  const Word done = marked.AfterChange(4);
  EXPECT_LT(idle.ChangeCount(), marked.ChangeCount());
  EXPECT_LT(marked.ChangeCount(), done.ChangeCount());
  // A freeze changes nothing.
  EXPECT_EQ(idle.ChangeCount(),
            idle.Marked(Marker::kFreeze, 4, 3).ChangeCount());
}

}  // namespace
}  // namespace pma::internal
