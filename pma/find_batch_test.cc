// SPDX-License-Identifier: Apache-2.0

// find_batch() is as many calls of find(): in every kind of map, at every size
// of batch, and while others write.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/random.h"

namespace pma {
namespace {

template <class Map>
void ExpectBatchesAgreeWithFind(
    const Map& map, const std::vector<typename Map::key_type>& keys) {
  using Value = typename Map::mapped_type;
  for (const size_t size : {0, 1, 2, 15, 16, 17, 33, 200}) {
    for (size_t begin = 0; begin + size <= keys.size(); begin += size + 1) {
      const std::span batch(keys.data() + begin, size);
      // Left-overs must go.
      std::vector<std::optional<Value>> values(size, Value());
      map.find_batch(batch, values);
      for (size_t i = 0; i < size; ++i) {
        ASSERT_EQ(values[i], map.find(batch[i])) << "batch of " << size;
      }
    }
  }
}

template <class Tuning>
class FindBatchTest : public ::testing::Test {};
using Tunings = ::testing::Types<DefaultTuning, TinyTuning>;
TYPED_TEST_SUITE(FindBatchTest, Tunings);

TYPED_TEST(FindBatchTest, AgreesWithFindAtEverySizeOfMap) {
  ConcurrentMap<uint64_t, uint64_t, std::less<>, std::allocator<std::byte>,
                TypeParam>
      map;
  std::vector<uint64_t> keys;
  testing::Random random(1);
  for (size_t size : {0, 1, 10, 100, 3000, 40000}) {
    while (map.size() < size) map.insert(random.Below(2 * size), map.size());
    keys.clear();
    for (int i = 0; i < 1000; ++i) keys.push_back(random.Below(2 * size + 2));
    ExpectBatchesAgreeWithFind(map, keys);
  }
}

TYPED_TEST(FindBatchTest, AgreesWithFindForStringsAndRareOrders) {
  ConcurrentMap<std::string, std::string, std::less<>,
                std::allocator<std::byte>, TypeParam>
      strings;
  ConcurrentMap<int, double, std::greater<>, std::allocator<std::byte>,
                TypeParam>
      descending;
  std::vector<std::string> texts;
  std::vector<int> numbers;
  for (int i = 0; i < 500; ++i) {
    texts.push_back("a common beginning " + std::to_string(i));
    numbers.push_back(i - 250);
    if (i % 3 == 0) continue;
    strings.insert(texts.back(), std::to_string(i));
    descending.insert(numbers.back(), i / 2.0);
  }
  ExpectBatchesAgreeWithFind(strings, texts);
  ExpectBatchesAgreeWithFind(descending, numbers);
}

TEST(FindBatch, RefusesSpansOfDifferentLength) {
  ConcurrentMap<int, int> map;
  std::vector<int> keys(3);
  std::vector<std::optional<int>> values(2);
  EXPECT_THROW(map.find_batch(keys, values), std::invalid_argument);
}

// Even keys stay, odd ones come and go: segments fill, move and are replaced
// under the batches.
TYPED_TEST(FindBatchTest, SeesEveryKeyThatStaysWhileOthersComeAndGo) {
  ConcurrentMap<uint64_t, uint64_t, std::less<>, std::allocator<std::byte>,
                TypeParam>
      map;
  constexpr uint64_t kKeys = 4000;
  for (uint64_t key = 0; key < kKeys; key += 2) map.insert(key, key + 1);
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    testing::Random random(7);
    for (int i = 0; i < 60'000; ++i) {
      const uint64_t key = random.Below(kKeys) | 1;
      if (!map.insert(key, key + 1)) map.erase(key);
    }
    done = true;
  });
  testing::Random random(8);
  std::vector<uint64_t> keys(64);
  std::vector<std::optional<uint64_t>> values(64);
  while (!done) {
    for (uint64_t& key : keys) key = random.Below(kKeys);
    map.find_batch(keys, values);
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] % 2 == 0) {
        ASSERT_TRUE(values[i].has_value()) << keys[i];
      }
      if (values[i].has_value()) {
        ASSERT_EQ(*values[i], keys[i] + 1);
      }
    }
  }
  writer.join();
  EXPECT_EQ(map.CheckInvariants(), "");
}

}  // namespace
}  // namespace pma
