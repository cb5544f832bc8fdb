// SPDX-License-Identifier: Apache-2.0

// A map's figures add up, whoever writes meanwhile.

#include "pma/stats.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/key_orders.h"
#include "pma/testing/random.h"

namespace pma {
namespace {

using Tiny = ConcurrentMap<uint64_t, uint64_t, std::less<>,
                           std::allocator<std::byte>, TinyTuning>;

TEST(StatsTest, OfAnEmptyMapAreZero) {
  const MapStats stats = Tiny().stats();
  EXPECT_EQ(stats, MapStats{.cells_per_segment = 4});
  Tiny().visit_layout([](size_t, std::span<const uint8_t>) { FAIL(); });
}

TEST(StatsTest, AddUpToWhatTheLayoutShows) {
  Tiny map;
  testing::Random random(3);
  for (int i = 0; i < 3000; ++i) map.insert(random.Below(10000), i);
  for (int i = 0; i < 3000; ++i) map.erase(random.Below(10000));
  size_t entries = 0;
  size_t segments = 0;
  size_t extents = 0;
  size_t empty = 0;
  size_t full = 0;
  map.visit_layout([&](size_t extent, std::span<const uint8_t> fills) {
    EXPECT_EQ(extent, extents++);
    EXPECT_LE(fills.size(), TinyTuning::kMaxExtentSegments);
    segments += fills.size();
    for (const size_t fill : fills) {
      EXPECT_LE(fill, 4);
      entries += fill;
      empty += fill == 0;
      full += fill == 4;
    }
  });
  const MapStats stats = map.stats();
  EXPECT_EQ(stats.entries, map.size());
  EXPECT_EQ(entries, map.size());
  EXPECT_EQ(stats.extents, extents);
  EXPECT_EQ(stats.segments, segments);
  EXPECT_EQ(stats.fills.front(), empty);
  EXPECT_EQ(stats.fills.back(), full);
  EXPECT_EQ(std::accumulate(stats.fills.begin(), stats.fills.end(), size_t{0}),
            segments);
  EXPECT_GT(stats.rebalances, 100);
  EXPECT_GT(stats.rebuilds, 100);
  EXPECT_EQ(stats.retries, 0);  // one thread
  std::string violation = "none was asked for";
  EXPECT_TRUE(map.check_invariants());
  EXPECT_TRUE(map.check_invariants(&violation));
  EXPECT_EQ(violation, map.CheckInvariants());
}

// Where keys come nearly in order, room is made behind them: windows move once
// for each segment, or little more, and extents that are full stay full.
TEST(StatsTest, ShowThatKeysNearlyInOrderMoveLittle) {
  constexpr uint32_t kKeys = testing::Scaled(200000u, 50000u);
  ConcurrentMap<uint64_t, uint64_t> map;
  for (const uint32_t i : testing::NearlyAscending(kKeys)) map.insert(i, i);
  ASSERT_EQ(map.CheckInvariants(), "");
  const MapStats stats = map.stats();
  EXPECT_LE(stats.rebalances, stats.entries / 35);
  EXPECT_LE(stats.rebuilds, stats.entries / 1500);
  EXPECT_LE(map.memory_usage().allocated_bytes, 20 * stats.entries);
}

TEST(StatsTest, MoveWithTheContent) {
  Tiny map;
  for (uint64_t i = 0; i < 1000; ++i) map.insert(i, i);
  const MapStats stats = map.stats();
  Tiny other(std::move(map));
  EXPECT_EQ(other.stats(), stats);
  EXPECT_EQ(map.stats(), Tiny().stats());
  map = std::move(other);
  EXPECT_EQ(map.stats(), stats);
}

TEST(StatsTest, ArePrintedAsJson) {
  MapStats stats;
  stats.entries = 7;
  stats.fills[1] = 2;
  stats.rebuilds = 3;
  const std::string json =
      R"({"entries": 7, "extents": 0, "segments": 0, "cells_per_segment": 0, )"
      R"("fills": [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0], "rebalances": 0, )"
      R"("rebuilds": 3, "retries": 0, "retired_bytes": 0})";
  EXPECT_EQ(stats.json(), json);
  std::ostringstream text;
  text << stats;
  EXPECT_EQ(text.str(), json);
  struct Sink {
    std::string text;
    void Append(const std::string& more) { text += more; }
  } sink;
  AbslStringify(sink, stats);
  EXPECT_EQ(sink.text, json);
}

TEST(StatsTest, AreLookedAtWhileOthersWrite) {
  Tiny map;
  std::atomic<bool> done{false};
  std::vector<std::thread> writers;
  for (int t = 0; t < 2; ++t) {
    writers.emplace_back([&, t] {
      testing::Random random(t);
      for (int i = 0; i < 5000; ++i) {
        random.Below(3) > 0 ? map.insert(random.Below(500), i)
                            : map.erase(random.Below(500));
      }
    });
  }
  std::thread looker([&] {
    while (!done) {
      const MapStats stats = map.stats();
      EXPECT_LE(stats.segments, 8 * stats.extents);
      EXPECT_LE(stats.entries, 502);
    }
  });
  for (std::thread& writer : writers) writer.join();
  done = true;
  looker.join();
  EXPECT_GT(map.stats().rebalances, 0);
}

}  // namespace
}  // namespace pma
