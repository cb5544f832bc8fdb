// SPDX-License-Identifier: Apache-2.0

#include "pma/internal/machine/backoff.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace pma::internal {
namespace {

struct CountingPlatform {
  static void Pause() { ++pauses; }
  static inline uint32_t pauses = 0;
};

constexpr uint32_t kMost = 256;

uint32_t Lose(LostRaces& races) {
  CountingPlatform::pauses = 0;
  const uint32_t said = races.StandBack<CountingPlatform>(kMost);
  EXPECT_EQ(said, CountingPlatform::pauses);
  return said;
}

TEST(LostRacesTest, EachLossDoublesThePausesUpToTheMost) {
  LostRaces races;
  for (uint32_t pauses = 1; pauses < kMost; pauses *= 2) {
    EXPECT_EQ(Lose(races), pauses);
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Lose(races), kMost);
}

TEST(LostRacesTest, WinsWearLossesOff) {
  LostRaces races;
  for (int i = 0; i < 100; ++i) Lose(races);
  // However many races were lost, so many wins make up for them.
  uint32_t wins = 0;
  for (; LostRaces(races).StandBack<CountingPlatform>(kMost) > 1; ++wins) {
    races.Won();
  }
  EXPECT_GT(wins, 100u);
  EXPECT_LT(wins, 300u);
}

TEST(LostRacesTest, AWinWithoutLossesChangesNothing) {
  LostRaces races;
  for (int i = 0; i < 1000; ++i) races.Won();
  EXPECT_EQ(Lose(races), 1u);
  EXPECT_EQ(Lose(races), 2u);
}

}  // namespace
}  // namespace pma::internal
