// SPDX-License-Identifier: Apache-2.0

// oneTBB's concurrent ordered map, a lock-free skip list.
//
// Three properties of it show here:
// - A mapped value may not be assigned while others read it, so it is an atomic
//   word (Record has eight bytes).
// - Its iterators go forward only: it cannot answer a floor query.
// - Nothing can be erased while other threads are at work, and erasing one key
//   at rest walks half of the list, so it counts as a map without erase.

#ifndef BENCH_MAPS_TBB_H_
#define BENCH_MAPS_TBB_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <string_view>
#include <tuple>
#include <utility>

#include "bench/keys/record.h"
#include "bench/maps/counting_allocator.h"
#include "oneapi/tbb/concurrent_map.h"

namespace pma::bench {

template <class Key>
class Tbb {
 public:
  static constexpr std::string_view kName = "tbb";
  static constexpr std::string_view kDescription =
      "tbb::concurrent_map, a lock-free skip list with atomic values";
  static constexpr bool kSingleThreaded = false;
  static constexpr bool kHasFloor = false;
  static constexpr bool kHasScan = true;
  static constexpr bool kHasErase = false;

  bool Insert(const Key& key, Record record) {
    return map_.emplace(key, record).second;
  }

  bool Assign(const Key& key, Record record) {
    // Most assignments hit: look before building a node.
    auto it = map_.find(key);
    if (it == map_.end()) {
      bool inserted = false;
      std::tie(it, inserted) = map_.emplace(key, record);
      if (inserted) return true;
    }
    it->second.store(record, std::memory_order_release);
    return false;
  }

  bool Find(const Key& key, Record& record) const {
    const auto it = map_.find(key);
    if (it == map_.end()) return false;
    record = it->second.load(std::memory_order_acquire);
    return true;
  }

  template <class F>
  size_t Scan(const Key& key, size_t limit, F f) const {
    size_t visited = 0;
    for (auto it = map_.lower_bound(key); visited < limit && it != map_.end();
         ++it) {
      f(it->first, it->second.load(std::memory_order_acquire));
      ++visited;
    }
    return visited;
  }

  template <class F>
  size_t ScanAll(F f) const {
    size_t visited = 0;
    for (const auto& [key, record] : map_) {
      f(key, record.load(std::memory_order_acquire));
      ++visited;
    }
    return visited;
  }

  size_t Size() const { return map_.size(); }
  size_t AllocatedBytes() const { return HeapCount::Bytes() + sizeof(*this); }

 private:
  using Value = std::atomic<Record>;
  static_assert(Value::is_always_lock_free);

  tbb::concurrent_map<Key, Value, std::less<Key>,
                      CountingAllocator<std::pair<const Key, Value>>>
      map_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_TBB_H_
