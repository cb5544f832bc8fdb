// SPDX-License-Identifier: Apache-2.0

// The peer is worth a comparison only if it is right: every operation against
// std::map on one thread, and what it promises several.

#include "bench/maps/peers/art_olc.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <thread>
#include <vector>

#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

using Tree = ArtOlc<Record>;

void ExpectSameEntries(const Tree& tree,
                       const std::map<uint64_t, Record>& model) {
  auto expected = model.begin();
  const size_t visited = tree.ForEach([&](uint64_t key, Record record) {
    ASSERT_NE(expected, model.end());
    EXPECT_EQ(key, expected->first);
    EXPECT_EQ(record, expected->second);
    ++expected;
  });
  EXPECT_EQ(visited, model.size());
}

// Keys that share none, some and nearly all of their bytes.
uint64_t DenseKey(uint64_t i) { return i; }
uint64_t SparseKey(uint64_t i) { return Mix64(i); }
uint64_t ClusteredKey(uint64_t i) {
  return (i % 7) * 0x0101010000000000 + (i % 50) * 0x10000 + i % 3;
}

class ArtOlcTest : public ::testing::TestWithParam<uint64_t (*)(uint64_t)> {};

TEST_P(ArtOlcTest, EveryOperationAnswersAsStdMap) {
  Tree tree;
  std::map<uint64_t, Record> model;
  Random random(1);
  for (const uint64_t insert_percent : {90, 50, 2}) {
    for (int i = 0; i < 20'000; ++i) {
      const uint64_t key = GetParam()(random.Below(3000));
      const Record record = RecordOfKey(key, static_cast<uint16_t>(i));
      if (random.Below(100) >= insert_percent) {
        ASSERT_EQ(tree.Erase(key), model.erase(key) > 0);
      } else if (random.Below(2) == 0) {
        ASSERT_EQ(tree.Insert(key, record),
                  model.try_emplace(key, record).second);
      } else {
        ASSERT_EQ(tree.Assign(key, record),
                  model.insert_or_assign(key, record).second);
      }
      const uint64_t query = GetParam()(random.Below(3001));
      const auto found = model.find(query);
      Record answer;
      ASSERT_EQ(tree.Find(query, answer), found != model.end());
      if (found != model.end()) {
        ASSERT_EQ(answer, found->second);
      }
    }
    ExpectSameEntries(tree, model);
  }
}

TEST_P(ArtOlcTest, ReadersSeeEveryKeyThatStays) {
  constexpr uint64_t kKeys = 2000;
  constexpr int kRounds = 10;
  Tree tree;
  std::map<uint64_t, Record> model;
  // Below 1,050 keys the clustered ones are distinct, too.
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < kKeys; ++i) {
    const uint64_t key = GetParam()(i);
    if (model.try_emplace(key, RecordOfKey(key)).second) keys.push_back(key);
  }
  for (size_t i = 0; i < keys.size(); i += 2) {
    ASSERT_TRUE(tree.Insert(keys[i], RecordOfKey(keys[i])));
  }
  std::atomic<int> writers{2};
  const auto write = [&](size_t first) {
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = first; i < keys.size(); i += 4) {
        EXPECT_TRUE(tree.Insert(keys[i], RecordOfKey(keys[i])));
        EXPECT_FALSE(tree.Assign(keys[i - 1], RecordOfKey(keys[i - 1])));
      }
      for (size_t i = first; i < keys.size(); i += 4) {
        EXPECT_TRUE(tree.Erase(keys[i]));
      }
    }
    writers.fetch_sub(1);
  };
  const auto read = [&] {
    Random random(1);
    do {
      const uint64_t key = keys[2 * random.Below(keys.size() / 2)];
      Record record;
      EXPECT_TRUE(tree.Find(key, record));
      EXPECT_EQ(record, RecordOfKey(key));
    } while (writers.load() > 0);
  };
  std::vector<std::thread> threads;
  threads.emplace_back(write, 1);
  threads.emplace_back(write, 3);
  threads.emplace_back(read);
  threads.emplace_back(read);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tree.ForEach([](uint64_t, Record) {}), (keys.size() + 1) / 2);
}

INSTANTIATE_TEST_SUITE_P(Keys, ArtOlcTest,
                         ::testing::Values(&DenseKey, &SparseKey,
                                           &ClusteredKey));

// Look-ups end at every depth: within shared bytes, at a missing child, at the
// leaf of another key.
TEST(ArtOlc, KeysThatDifferInAnyOneByteAreToldApart) {
  for (const uint64_t base : {uint64_t{0}, ~uint64_t{0}, Mix64(1)}) {
    std::vector<uint64_t> keys = {base};
    for (size_t i = 0; i < 64; ++i) keys.push_back(base ^ uint64_t{1} << i);
    Tree tree;
    for (size_t inserted = 0; inserted <= keys.size(); ++inserted) {
      for (size_t i = 0; i < keys.size(); ++i) {
        Record record;
        ASSERT_EQ(tree.Find(keys[i], record), i < inserted);
        if (i < inserted) {
          ASSERT_EQ(record, RecordOfKey(keys[i]));
        }
      }
      if (inserted == keys.size()) continue;
      ASSERT_TRUE(tree.Insert(keys[inserted], RecordOfKey(keys[inserted])));
    }
  }
}

// A writer shortens the shared bytes of a node time and again; a reader who is
// on its way there must not go on with what they were.
TEST(ArtOlc, ReadersFindKeysBelowANodeWhoseSharedBytesAreSplit) {
  constexpr uint64_t kRounds = 60'000;
  Tree tree;
  std::atomic<uint64_t> round{0};
  const auto insert = [&](uint64_t key) {
    EXPECT_TRUE(tree.Insert(key, RecordOfKey(key)));
  };
  std::thread reader([&] {
    Record record;
    for (uint64_t r = round.load(); r < kRounds; r = round.load()) {
      if (r == 0) continue;
      ASSERT_TRUE(tree.Find(r << 48, record)) << r;
      ASSERT_TRUE(tree.Find((r << 48) + 1, record)) << r;
    }
  });
  for (uint64_t r = 1; r < kRounds; ++r) {
    insert(r << 48);
    insert((r << 48) + 1);
    round.store(r);
    for (size_t byte = 1; byte < 6; ++byte) {
      insert((r << 48) + (uint64_t{1} << (8 * byte)));
    }
  }
  round.store(kRounds);
  reader.join();
}

TEST(ArtOlc, EachKeyIsInsertedByOneThreadOnly) {
  constexpr uint64_t kCount = 20'000;
  Tree tree;
  std::atomic<uint64_t> inserted_count{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (uint64_t i = 0; i < kCount; ++i) {
        if (tree.Insert(Mix64(i), RecordOfKey(Mix64(i)))) {
          inserted_count.fetch_add(1);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted_count.load(), kCount);
  EXPECT_EQ(tree.ForEach([](uint64_t, Record) {}), kCount);
}

}  // namespace
}  // namespace pma::bench
