// SPDX-License-Identifier: Apache-2.0

// The peer is worth a comparison only if it is right: every operation against
// std::map on one thread, and the promises of its header on several.

#include "bench/maps/peers/btree_olc.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

// Nodes of a few cells, so that a small tree has several levels.
constexpr size_t kTinyNode = 128;
template <class Key, size_t kNodeBytes = kTinyNode>
using Tree = BTreeOlc<Key, Record, std::allocator<std::byte>, kNodeBytes>;

template <class Key>
Key MakeKey(uint64_t number);
template <>
uint64_t MakeKey(uint64_t number) {
  return number;
}
// Of one length, so that the order is that of the numbers.
template <>
std::string MakeKey(uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(24 - digits.size(), '0') + digits;
}

template <class Config>
class BTreeOlcTest : public ::testing::Test {};

template <class KeyT, size_t kBytes>
struct Config {
  using Key = KeyT;
  static constexpr size_t kNodeBytes = kBytes;
};
using Configs =
    ::testing::Types<Config<uint64_t, kTinyNode>, Config<uint64_t, 1024>,
                     Config<std::string, kTinyNode>>;

struct ConfigName {
  template <class C>
  static std::string GetName(int) {
    return (std::is_same_v<typename C::Key, uint64_t> ? "integers"
                                                      : "strings") +
           std::to_string(C::kNodeBytes);
  }
};
TYPED_TEST_SUITE(BTreeOlcTest, Configs, ConfigName);

template <class TreeT, class Key>
void ExpectSameEntries(const TreeT& tree, const std::map<Key, Record>& model) {
  auto expected = model.begin();
  const size_t visited = tree.ScanAll([&](const Key& key, Record record) {
    ASSERT_NE(expected, model.end());
    EXPECT_EQ(key, expected->first);
    EXPECT_EQ(record, expected->second);
    ++expected;
  });
  EXPECT_EQ(visited, model.size());
  EXPECT_EQ(expected, model.end());
  EXPECT_EQ(tree.Size(), model.size());
}

template <class TreeT, class Key>
void ExpectSameAnswers(const TreeT& tree, const std::map<Key, Record>& model,
                       const Key& key, size_t limit) {
  Record record;
  const auto found = model.find(key);
  ASSERT_EQ(tree.Find(key, record), found != model.end());
  if (found != model.end()) {
    EXPECT_EQ(record, found->second);
  }

  const auto above = model.upper_bound(key);
  Key floor_key{};
  const bool has_floor = tree.Floor(key, [&](const Key& k, Record r) {
    floor_key = k;
    record = r;
  });
  ASSERT_EQ(has_floor, above != model.begin());
  if (has_floor) {
    EXPECT_EQ(floor_key, std::prev(above)->first);
    EXPECT_EQ(record, std::prev(above)->second);
  }

  auto expected = model.lower_bound(key);
  const size_t visited = tree.Scan(key, limit, [&](const Key& k, Record r) {
    ASSERT_NE(expected, model.end());
    EXPECT_EQ(k, expected->first);
    EXPECT_EQ(r, expected->second);
    ++expected;
  });
  EXPECT_EQ(visited, std::distance(model.lower_bound(key), expected));
  EXPECT_TRUE(visited == limit || expected == model.end());
}

TYPED_TEST(BTreeOlcTest, EveryOperationAnswersAsStdMap) {
  using Key = typename TypeParam::Key;
  Tree<Key, TypeParam::kNodeBytes> tree;
  std::map<Key, Record> model;
  Random random(1);
  // Grows, lives, and is erased almost empty, where the leaves stay.
  for (const int insert_percent : {90, 50, 2}) {
    for (int i = 0; i < 4000; ++i) {
      const Key key = MakeKey<Key>(random.Below(1000));
      const Record record = RecordOfKey(key, static_cast<uint16_t>(i));
      if (random.Below(100) < static_cast<uint64_t>(insert_percent)) {
        if (random.Below(2) == 0) {
          ASSERT_EQ(tree.Insert(key, record),
                    model.try_emplace(key, record).second);
        } else {
          ASSERT_EQ(tree.Assign(key, record),
                    model.insert_or_assign(key, record).second);
        }
      } else {
        ASSERT_EQ(tree.Erase(key), model.erase(key) > 0);
      }
      ExpectSameAnswers(tree, model, MakeKey<Key>(random.Below(1001)),
                        random.Below(30));
    }
    ExpectSameEntries(tree, model);
    tree.FreeRetired();
  }
}

TYPED_TEST(BTreeOlcTest, EveryOrderOfInsertionIsKept) {
  using Key = typename TypeParam::Key;
  constexpr uint64_t kCount = 5000;
  std::vector<std::vector<uint64_t>> orders(4);
  for (uint64_t i = 0; i < kCount; ++i) {
    orders[0].push_back(i);
    orders[1].push_back(kCount - 1 - i);
    orders[2].push_back(i % 2 == 0 ? i / 2 : kCount - 1 - i / 2);
    orders[3].push_back(i);
  }
  Random random(1);
  Shuffle(orders[3], random);
  for (const std::vector<uint64_t>& order : orders) {
    Tree<Key, TypeParam::kNodeBytes> tree;
    std::map<Key, Record> model;
    for (const uint64_t number : order) {
      const Key key = MakeKey<Key>(number);
      ASSERT_TRUE(tree.Insert(key, RecordOfKey(key)));
      model.emplace(key, RecordOfKey(key));
    }
    ExpectSameEntries(tree, model);
  }
}

TEST(BTreeOlc, RunsLeaveFullLeaves) {
  constexpr uint64_t kCount = 200'000;
  Tree<uint64_t, 4096> ascending;
  Tree<uint64_t, 4096> descending;
  for (uint64_t i = 0; i < kCount; ++i) {
    ascending.Insert(i, {});
    descending.Insert(kCount - i, {});
  }
  // 16 bytes an entry, the headers, inner nodes half full, a chunk begun.
  EXPECT_LT(ascending.NodeBytes(), kCount * 18 + (2u << 20));
  EXPECT_LT(descending.NodeBytes(), kCount * 18 + (2u << 20));
}

TEST(BTreeOlc, ExtremeKeysAreKeys) {
  Tree<uint64_t> tree;
  for (const uint64_t key : {uint64_t{0}, ~uint64_t{0}}) {
    EXPECT_TRUE(tree.Insert(key, RecordOfKey(key)));
  }
  Record record;
  EXPECT_TRUE(tree.Find(~uint64_t{0}, record));
  EXPECT_EQ(record, RecordOfKey(~uint64_t{0}));
  EXPECT_EQ(tree.Scan(0, 10, [](uint64_t, Record) {}), 2u);
}

// ---- Threads ----------------------------------------------------------------

// Runs work(0) ... work(count - 1), each on a thread of its own.
template <class Work>
void OnThreads(size_t count, Work work) {
  std::vector<std::thread> threads;
  for (size_t t = 0; t < count; ++t) threads.emplace_back(work, t);
  for (std::thread& thread : threads) thread.join();
}

TYPED_TEST(BTreeOlcTest, EachKeyIsInsertedByOneThreadOnly) {
  using Key = typename TypeParam::Key;
  constexpr uint64_t kCount = 3000;
  constexpr size_t kThreads = 4;
  Tree<Key, TypeParam::kNodeBytes> tree;
  std::atomic<uint64_t> inserted_count{0};
  OnThreads(kThreads, [&](size_t) {
    for (uint64_t i = 0; i < kCount; ++i) {
      const Key key = MakeKey<Key>(Mix64(i) % 100'000'007);
      if (tree.Insert(key, RecordOfKey(key))) inserted_count.fetch_add(1);
      Record record;
      EXPECT_TRUE(tree.Find(key, record));
      EXPECT_EQ(record, RecordOfKey(key));
    }
  });
  EXPECT_EQ(inserted_count.load(), tree.Size());
}

// Writers insert and erase odd keys and reassign even ones; meanwhile every
// even key is found, is the floor of its successor, and is met by every scan.
TYPED_TEST(BTreeOlcTest, ReadersSeeEveryKeyThatStays) {
  using Key = typename TypeParam::Key;
  constexpr uint64_t kKeys = 600;
  constexpr int kRounds = 60;
  Tree<Key, TypeParam::kNodeBytes> tree;
  for (uint64_t i = 0; i < kKeys; i += 2) {
    const Key key = MakeKey<Key>(i);
    tree.Insert(key, RecordOfKey(key));
  }
  std::atomic<int> writers{2};
  const auto write = [&](uint64_t first) {
    for (int round = 0; round < kRounds; ++round) {
      for (uint64_t i = first; i < kKeys; i += 4) {
        const Key odd = MakeKey<Key>(i);
        const Key even = MakeKey<Key>(i - 1);
        EXPECT_TRUE(tree.Insert(odd, RecordOfKey(odd)));
        EXPECT_FALSE(tree.Assign(even, RecordOfKey(even)));
        if (i % 8 != first) {
          EXPECT_TRUE(tree.Erase(odd));
        }
      }
      for (uint64_t i = first; i < kKeys; i += 4) tree.Erase(MakeKey<Key>(i));
    }
    writers.fetch_sub(1);
  };
  const auto read = [&] {
    Random random(1);
    do {
      const uint64_t i = 2 * random.Below(kKeys / 2);
      const Key key = MakeKey<Key>(i);
      Record record;
      EXPECT_TRUE(tree.Find(key, record));
      EXPECT_EQ(record, RecordOfKey(key));
      Key floor_key{};
      EXPECT_TRUE(tree.Floor(MakeKey<Key>(i + 1),
                             [&](const Key& k, Record) { floor_key = k; }));
      EXPECT_GE(floor_key, key);
      uint64_t next = i;
      std::optional<Key> last;
      tree.Scan(key, 40, [&](const Key& k, Record r) {
        EXPECT_EQ(r, RecordOfKey(k));
        EXPECT_TRUE(!last || *last < k);
        last = k;
        // No even key is left out.
        EXPECT_LE(k, MakeKey<Key>(next));
        if (k == MakeKey<Key>(next)) next += 2;
      });
    } while (writers.load() > 0);
  };
  OnThreads(4, [&](size_t t) { t < 2 ? write(2 * t + 1) : read(); });
  EXPECT_EQ(tree.Size(), kKeys / 2);
}

}  // namespace
}  // namespace pma::bench
