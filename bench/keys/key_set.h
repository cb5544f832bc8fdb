// SPDX-License-Identifier: Apache-2.0

// The data of a race: sorted distinct keys with their records, and what is
// derived from them once so that no check needs the clock.

#ifndef BENCH_KEYS_KEY_SET_H_
#define BENCH_KEYS_KEY_SET_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bench/keys/key_types.h"
#include "bench/keys/random.h"
#include "bench/keys/record.h"

namespace pma::bench {

// What the report says about the data.
struct KeySetInfo {
  std::string name = {};         // "geoip"
  std::string description = {};  // one sentence
  std::string source = {};  // package or file, with version and licence if any
  std::string key_type = {};  // "64-bit integers", "strings", ...
  uint64_t key_count = 0;
  uint64_t duplicate_count = 0;  // dropped while loading
};

// In the order of the keys, `std::less<>` or another one.
template <class KeyType, class OrderType = std::less<>>
struct KeySet {
  using Key = KeyType;
  using Order = OrderType;

  KeySetInfo info;
  std::vector<Key> keys;        // strictly ascending, never empty
  std::vector<Record> records;  // records[i] belongs to keys[i]

  // Bounds of the queries of the floor mix (no strings).
  Key probe_min{};
  Key probe_max{};

  // sums[j] - sums[i] is the checksum of the entries [i, j).
  std::vector<uint64_t> sums;
  // A permutation of the key indices: the order of loading, and of popularity.
  std::vector<uint32_t> shuffled;

  size_t size() const { return keys.size(); }

  // The index of the entry with the greatest key <= `probe`, or size().
  size_t FloorIndex(const Key& probe) const {
    const auto above =
        std::upper_bound(keys.begin(), keys.end(), probe, Order());
    return above == keys.begin() ? size() : above - keys.begin() - 1;
  }

  bool Contains(const Key& key) const {
    return std::binary_search(keys.begin(), keys.end(), key, Order());
  }
};

using AnyKeySet =
    std::variant<KeySet<uint64_t>, KeySet<std::string>, KeySet<Uuid>,
                 KeySet<Composite>, KeySet<TenantTime>, KeySet<TimePoint>,
                 KeySet<uint64_t, std::greater<>>>;

// Indices are 32 bits wide in the prepared operations.
inline constexpr uint64_t kMaxKeyCount = 0xfffffff0;

// Completes a key set whose `info`, `keys` (sorted, distinct) and `records`
// are filled in.
template <class Key, class Order>
void FinishKeySet(KeySet<Key, Order>& set, uint64_t seed) {
  set.info.key_count = set.size();
  set.sums.resize(set.size() + 1);
  for (size_t i = 0; i < set.size(); ++i) {
    set.sums[i + 1] = set.sums[i] + EntryBits(set.keys[i], set.records[i]);
  }
  set.shuffled.resize(set.size());
  std::iota(set.shuffled.begin(), set.shuffled.end(), 0);
  Random random(seed);
  Shuffle(set.shuffled, random);
}

// Builds a key set from keys in any order, duplicates allowed.
template <class Key, class Order = std::less<>>
KeySet<Key, Order> MakeKeySet(KeySetInfo info, std::vector<Key> keys,
                              uint64_t seed) {
  KeySet<Key, Order> set;
  set.info = std::move(info);
  set.keys = std::move(keys);
  std::sort(set.keys.begin(), set.keys.end(), Order());
  const auto end = std::unique(set.keys.begin(), set.keys.end());
  set.info.duplicate_count = set.keys.end() - end;
  set.keys.erase(end, set.keys.end());
  set.records.reserve(set.size());
  for (const Key& key : set.keys) set.records.push_back(RecordOfKey(key));
  set.probe_min = set.keys.front();
  set.probe_max = set.keys.back();
  FinishKeySet(set, seed);
  return set;
}

}  // namespace pma::bench

#endif  // BENCH_KEYS_KEY_SET_H_
