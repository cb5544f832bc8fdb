// SPDX-License-Identifier: Apache-2.0

// Prepared operations are those of the mix, and new keys are new.

#include "bench/shootout/workload.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench/keys/key_set.h"
#include "bench/shootout/mix.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

KeySet<uint64_t> SomeIntegers(size_t count, uint64_t step) {
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < count; ++i) keys.push_back(i * step);
  return MakeKeySet<uint64_t>({}, std::move(keys), 1);
}

TEST(Workload, LoadHoldsEveryKeyOnce) {
  const KeySet<uint64_t> set = SomeIntegers(1000, 3);
  for (const size_t threads : {1, 2, 3, 7}) {
    std::set<uint64_t> loaded;
    for (const auto& stream : LoadStreams(set, threads)) {
      for (const auto& op : stream) loaded.insert(op.key);
    }
    EXPECT_EQ(loaded.size(), set.size());
  }
}

TEST(Workload, EraseHoldsEveryKeyOnceAndMissesNone) {
  const KeySet<uint64_t> set = SomeIntegers(1000, 3);
  std::set<uint64_t> erased;
  for (const auto& stream : EraseStreams(set, 3)) {
    for (const auto& op : stream) {
      EXPECT_EQ(op.kind, OpKind::kErase);
      erased.insert(op.key);
    }
  }
  EXPECT_EQ(erased.size(), set.size());
  for (const auto& stream : MixStreams(set, *FindMix("miss"), 2, 1000, 1)) {
    for (const auto& op : stream) EXPECT_FALSE(set.Contains(op.key));
  }
}

TEST(Workload, InsertedKeysAreNewAndDistinctEvenAmongDenseKeys) {
  const auto check = [](const auto& set, auto inserted) {
    for (const auto& stream :
         MixStreams(set, *FindMix("ycsb_d"), 2, 10'000, 1)) {
      for (const auto& op : stream) {
        if (op.kind != OpKind::kInsert) continue;
        EXPECT_FALSE(set.Contains(op.key));
        EXPECT_TRUE(inserted.insert(op.key).second);
      }
    }
    EXPECT_GT(inserted.size(), 900u);
  };
  check(SomeIntegers(1000, 1), std::set<uint64_t>());
  check(SomeIntegers(1, 1), std::set<uint64_t>());
  check(SomeIntegers(1000, 1'000'000), std::set<uint64_t>());
  check(MakeKeySet<std::string>({}, {"", "a", "b"}, 1),
        std::set<std::string>());
}

TEST(Workload, SharesAreThoseOfTheMix) {
  const KeySet<uint64_t> set = SomeIntegers(1000, 3);
  for (const Mix& mix : AllMixes()) {
    if (mix.walks_all_keys()) continue;
    constexpr size_t kLength = 20'000;
    const auto stream = MixStreams(set, mix, 1, kLength, 1).front();
    ASSERT_EQ(stream.size(), kLength);
    const auto count = [&](OpKind kind) {
      return 100.0 / kLength *
             static_cast<double>(std::count_if(
                 stream.begin(), stream.end(),
                 [kind](const auto& op) { return op.kind == kind; }));
    };
    EXPECT_NEAR(count(OpKind::kRead), mix.read_percent, 1.5) << mix.name;
    EXPECT_NEAR(count(OpKind::kMiss), mix.miss_percent, 1.5) << mix.name;
    EXPECT_NEAR(count(OpKind::kUpdate), mix.update_percent, 1.5) << mix.name;
    EXPECT_NEAR(count(OpKind::kInsert), mix.insert_percent, 1.5) << mix.name;
    EXPECT_NEAR(count(OpKind::kScan), mix.scan_percent, 1.5) << mix.name;
    EXPECT_NEAR(count(OpKind::kFloor), mix.floor_percent, 1.5) << mix.name;
  }
}

TEST(Workload, SameSeedGivesSameStream) {
  const KeySet<uint64_t> set = SomeIntegers(1000, 3);
  const auto keys = [&](uint64_t seed) {
    std::vector<uint64_t> result;
    const auto streams = MixStreams(set, *FindMix("ycsb_a"), 1, 1000, seed);
    for (const auto& op : streams.front()) {
      result.push_back(op.key);
    }
    return result;
  };
  EXPECT_EQ(keys(1), keys(1));
  EXPECT_NE(keys(1), keys(2));
}

}  // namespace
}  // namespace pma::bench
