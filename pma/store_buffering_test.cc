// SPDX-License-Identifier: Apache-2.0

// Two threads change two places and then each look at the other's: at least one
// of them must see the other's change, for whichever change came first had
// taken effect before the other thread looked. Processors hold plain stores
// back while later loads go ahead ("store buffering"), so a change that takes
// effect by a plain store has to wait for it.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/testing/build_variant.h"

namespace pma {
namespace {

using Map = ConcurrentMap<std::uint64_t, std::uint64_t>;

// Two threads that run their step of each round at the same moment.
template <class Step>
void RunRounds(std::uint64_t rounds, Step step) {
  std::atomic<std::uint64_t> arrived{0};
  const auto run = [&](int side) {
    for (std::uint64_t round = 0; round < rounds; ++round) {
      arrived.fetch_add(1);
      // Spins: a wake-up takes longer than what is to be seen.
      for (int spins = 0; arrived.load() < 2 * (round + 1); ++spins) {
        if (spins > 1000) std::this_thread::yield();
      }
      step(side, round);
    }
  };
  std::thread other(run, 1);
  run(0);
  other.join();
}

// Changes of the two sides; what each saw of the other's, by round.
template <class Change, class Sees>
void ExpectOneSeesTheOther(std::uint64_t rounds, Change change, Sees sees) {
  std::vector<std::uint8_t> seen[2];
  for (auto& side : seen) side.resize(rounds);
  RunRounds(rounds, [&](int side, std::uint64_t round) {
    change(side, round);
    seen[side][round] = sees(1 - side, round);
  });
  std::size_t neither = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    neither += !seen[0][round] && !seen[1][round];
  }
  EXPECT_EQ(neither, 0u) << "of " << rounds << " rounds";
}

const std::uint64_t kRounds = testing::Scaled(200'000, 20'000);

TEST(StoreBufferingTest, InsertionsAtTheEnd) {
  Map maps[2];
  ExpectOneSeesTheOther(
      kRounds,
      [&](int side, std::uint64_t round) { maps[side].insert(round, round); },
      [&](int side, std::uint64_t round) {
        return maps[side].contains(round);
      });
}

TEST(StoreBufferingTest, InsertionsInTheMiddle) {
  Map maps[2];
  const auto key = [](std::uint64_t round) {
    return round * 0x9e3779b97f4a7c15u;
  };
  ExpectOneSeesTheOther(
      kRounds,
      [&](int side, std::uint64_t round) {
        maps[side].insert(key(round), round);
      },
      [&](int side, std::uint64_t round) {
        return maps[side].contains(key(round));
      });
}

TEST(StoreBufferingTest, ErasuresAtTheEnd) {
  Map maps[2];
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    for (Map& map : maps) map.insert(i, i);
  }
  ExpectOneSeesTheOther(
      kRounds,
      [&](int side, std::uint64_t round) {
        maps[side].erase(kRounds - 1 - round);
      },
      [&](int side, std::uint64_t round) {
        return !maps[side].contains(kRounds - 1 - round);
      });
}

// `read(map, key)` is the value of a key that is there.
template <class Read>
void ExpectAReplacedValueIsSeen(Read read) {
  Map map;
  for (std::uint64_t i = 0; i < 1000; ++i) map.insert(i, 0);
  constexpr std::uint64_t kKeys[] = {1, 900};  // in different segments
  ExpectOneSeesTheOther(
      kRounds,
      [&](int side, std::uint64_t round) {
        map.insert_or_assign(kKeys[side], round + 1);
      },
      [&](int side, std::uint64_t round) {
        return read(map, kKeys[side]) >= round + 1;
      });
}

TEST(StoreBufferingTest, ReplacedValuesByLookUps) {
  ExpectAReplacedValueIsSeen(
      [](const Map& map, std::uint64_t key) { return *map.find(key); });
}

TEST(StoreBufferingTest, ReplacedValuesByScans) {
  ExpectAReplacedValueIsSeen([](const Map& map, std::uint64_t key) {
    std::uint64_t seen = 0;
    map.scan_n(key, 1,
               [&](std::uint64_t, std::uint64_t value) { seen = value; });
    return seen;
  });
}

}  // namespace
}  // namespace pma
