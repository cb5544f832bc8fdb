// SPDX-License-Identifier: Apache-2.0

// The peer is worth a comparison only if it is right: every operation against
// std::map on one thread, and the promises of its header on several.

#include "bench/maps/peers/art_string_olc.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

using Tree = ArtStringOlc<Record>;
using Model = std::map<std::string, Record>;

void ExpectSameEntries(const Tree& tree, const Model& model) {
  auto expected = model.begin();
  const size_t visited =
      tree.ScanAll([&](const std::string& key, Record record) {
        ASSERT_NE(expected, model.end());
        EXPECT_EQ(key, expected->first);
        EXPECT_EQ(record, expected->second);
        ++expected;
      });
  EXPECT_EQ(visited, model.size());
  EXPECT_EQ(tree.Size(), model.size());
}

void ExpectSameAnswers(const Tree& tree, const Model& model,
                       const std::string& key, size_t limit) {
  Record record;
  const auto found = model.find(key);
  ASSERT_EQ(tree.Find(key, record), found != model.end()) << key;
  if (found != model.end()) {
    EXPECT_EQ(record, found->second);
  }
  auto expected = model.lower_bound(key);
  const size_t visited =
      tree.Scan(key, limit, [&](const std::string& k, Record r) {
        ASSERT_NE(expected, model.end());
        EXPECT_EQ(k, expected->first);
        EXPECT_EQ(r, expected->second);
        ++expected;
      });
  EXPECT_EQ(visited, std::distance(model.lower_bound(key), expected));
  EXPECT_TRUE(visited == limit || expected == model.end());
}

// ---- Keys -------------------------------------------------------------------

// One node with a child for each byte, others below.
std::string TwoBytes(uint64_t i) {
  return {static_cast<char>(Mix64(i) >> 8), static_cast<char>(Mix64(i))};
}
// Beginnings of each other, the empty one among them.
std::string Runs(uint64_t i) {
  return std::string(i % 50, 'a') + std::string(i / 50 % 6, '\0');
}
// Few bytes at many places: skipped ones are split and joined time and again.
std::string Digits(uint64_t i) {
  std::string key;
  for (uint64_t bits = Mix64(i) | uint64_t{1} << (i % 40); bits != 0;
       bits >>= 3) {
    key += static_cast<char>('x' + (bits & 7) % 3);
  }
  return key;
}
// Long shared beginnings.
std::string Paths(uint64_t i) {
  return "https://www.example.org/" + std::string(i % 5 * 10, 'p') + "/" +
         std::to_string(i / 7) + std::string(i % 7 * 20, 'q');
}

class ArtStringOlcTest
    : public ::testing::TestWithParam<std::string (*)(uint64_t)> {};

TEST_P(ArtStringOlcTest, EveryOperationAnswersAsStdMap) {
  Tree tree;
  Model model;
  Random random(1);
  for (const uint64_t insert_percent : {90, 50, 2, 80, 0}) {
    for (int i = 0; i < 2000; ++i) {
      const std::string key = GetParam()(random.Below(800));
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
      // Near a key: it, a beginning of it, a byte more, another byte.
      std::string query = GetParam()(random.Below(850));
      const uint64_t change = random.Below(5);
      if (change == 1 && !query.empty())
        query.resize(random.Below(query.size()));
      if (change == 2) query += static_cast<char>(random.Next());
      if (change == 3 && !query.empty()) {
        query[random.Below(query.size())] = static_cast<char>(random.Next());
      }
      ExpectSameAnswers(tree, model, query, random.Below(20));
    }
    ExpectSameEntries(tree, model);
  }
  // To the last one: nodes have gone with their children.
  for (const auto& [key, record] : model) ASSERT_TRUE(tree.Erase(key));
  EXPECT_EQ(tree.Size(), 0u);
}

TEST_P(ArtStringOlcTest, WhatIsErasedIsUsedAgain) {
  Tree tree;
  const auto churn = [&] {
    for (uint64_t i = 0; i < 1000; ++i) tree.Insert(GetParam()(i), {});
    for (uint64_t i = 0; i < 1000; ++i) tree.Erase(GetParam()(i));
  };
  churn();
  const size_t bytes = tree.AllocatedBytes();
  for (int round = 0; round < 5; ++round) churn();
  EXPECT_EQ(tree.AllocatedBytes(), bytes);
  EXPECT_EQ(tree.Size(), 0u);
}

// ---- Threads ----------------------------------------------------------------

// Writers insert and erase two thirds of the keys, and reassign others;
// meanwhile the others are found, and met by every scan, in order.
TEST_P(ArtStringOlcTest, ReadersSeeEveryKeyThatStays) {
  constexpr uint64_t kKeys = 300;
  constexpr int kRounds = 15;
  Tree tree;
  std::vector<std::string> keys;
  Model staying;
  for (uint64_t i = 0; i < kKeys; ++i) {
    const std::string key = GetParam()(i);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      keys.push_back(key);
    }
  }
  for (size_t i = 0; i < keys.size(); i += 3) {
    ASSERT_TRUE(tree.Insert(keys[i], RecordOfKey(keys[i])));
    staying.emplace(keys[i], RecordOfKey(keys[i]));
  }
  std::atomic<int> writers{2};
  const auto write = [&](size_t first) {
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = first; i < keys.size(); i += 3) {
        EXPECT_TRUE(tree.Insert(keys[i], RecordOfKey(keys[i])));
        EXPECT_FALSE(
            tree.Assign(keys[i - first], RecordOfKey(keys[i - first])));
      }
      for (size_t i = first; i < keys.size(); i += 3) {
        EXPECT_TRUE(tree.Erase(keys[i]));
      }
    }
    writers.fetch_sub(1);
  };
  const auto read = [&](uint64_t seed) {
    Random random(seed);
    do {
      for (int i = 0; i < 50; ++i) {
        const size_t any = random.Below(keys.size());
        Record record;
        const bool found = tree.Find(keys[any], record);
        EXPECT_TRUE(found || any % 3 != 0);
        if (found) {
          EXPECT_EQ(record, RecordOfKey(keys[any]));
        }
      }
      auto expected = staying.begin();
      std::string last;
      size_t visited = 0;
      tree.ScanAll([&](const std::string& key, Record record) {
        EXPECT_TRUE(visited++ == 0 || last < key);
        EXPECT_EQ(record, RecordOfKey(key));
        last = key;
        if (expected != staying.end() && expected->first == key) ++expected;
      });
      EXPECT_EQ(expected, staying.end());
    } while (writers.load() > 0);
  };
  std::vector<std::thread> threads;
  threads.emplace_back(write, 1);
  threads.emplace_back(write, 2);
  threads.emplace_back(read, 1);
  threads.emplace_back(read, 2);
  for (std::thread& thread : threads) thread.join();
  ExpectSameEntries(tree, staying);
}

TEST_P(ArtStringOlcTest, EachKeyIsInsertedAndErasedByOneThreadOnly) {
  constexpr uint64_t kCount = 500;
  Tree tree;
  Model model;
  for (uint64_t i = 0; i < kCount; ++i) {
    const std::string key = GetParam()(i);
    model.emplace(key, RecordOfKey(key));
  }
  std::atomic<uint64_t> changed_count{0};
  const auto by_all = [&](auto change) {
    changed_count.store(0);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (uint64_t i = 0; i < kCount; ++i) {
          changed_count.fetch_add(change(GetParam()(i)));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(changed_count.load(), model.size());
  };
  for (int round = 0; round < 2; ++round) {
    by_all([&](const std::string& key) {
      return tree.Insert(key, RecordOfKey(key)) ? 1 : 0;
    });
    ExpectSameEntries(tree, model);
    by_all([&](const std::string& key) { return tree.Erase(key) ? 1 : 0; });
    EXPECT_EQ(tree.Size(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, ArtStringOlcTest,
                         ::testing::Values(&TwoBytes, &Runs, &Digits, &Paths));

// A writer lets a node grow, shrink, skip less and more, time and again, so
// that its memory is soon used for another one; a reader who is there must
// notice.
TEST(ArtStringOlc, ReadersFindKeysWhoseNodesAreReplaced) {
  constexpr int kRounds = 10'000;
  Tree tree;
  const std::vector<std::string> staying = {"path/c", "path/k", "path/kind/of"};
  for (const std::string& key : staying) tree.Insert(key, RecordOfKey(key));
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop.load()) {
      for (const std::string& key : staying) {
        Record record;
        ASSERT_TRUE(tree.Find(key, record)) << key;
        ASSERT_EQ(record, RecordOfKey(key));
      }
    }
  });
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<std::string> passing = {
        "path/a", "path/d", "path/x", "path/", "path/kind", "pa", "path/z"};
    for (const std::string& key : passing) EXPECT_TRUE(tree.Insert(key, {}));
    for (const std::string& key : passing) EXPECT_TRUE(tree.Erase(key));
  }
  stop.store(true);
  reader.join();
}

TEST(ArtStringOlc, KeysOfAnySizeHaveRoom) {
  Tree tree;
  Model model;
  for (size_t size = 0; size < 100'000; size += size / 9 + 1) {
    const std::string key(size, 'k');
    ASSERT_TRUE(tree.Insert(key, RecordOfKey(size)));
    model.emplace(key, RecordOfKey(size));
  }
  ExpectSameEntries(tree, model);
}

}  // namespace
}  // namespace pma::bench
