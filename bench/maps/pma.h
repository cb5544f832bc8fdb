// SPDX-License-Identifier: Apache-2.0

// The map of this project.

#ifndef BENCH_MAPS_PMA_H_
#define BENCH_MAPS_PMA_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "bench/keys/record.h"
#include "pma/concurrent_map.h"

namespace pma::bench {

template <class Key, class Order = std::less<>, class Value = Record>
class Pma {
 public:
  static constexpr std::string_view kName = "pma";
  static constexpr std::string_view kDescription =
      "pma::ConcurrentMap, a concurrent packed memory array";
  static constexpr bool kSingleThreaded = false;
  static constexpr bool kHasFloor = true;
  static constexpr bool kHasScan = true;
  static constexpr bool kHasErase = true;

  bool Insert(const Key& key, Value value) {
    return map_.insert(key, std::move(value));
  }

  bool Assign(const Key& key, Value value) {
    return map_.insert_or_assign(key, std::move(value));
  }

  bool Find(const Key& key, Record& record) const {
    return map_.visit(key, [&record](const Value& found) { record = found; });
  }

  template <class F>
  bool Floor(const Key& key, F f) const {
    const auto entry = map_.floor(key);
    if (!entry) return false;
    f(entry->first, entry->second);
    return true;
  }

  template <class F>
  size_t Scan(const Key& key, size_t limit, F f) const {
    return map_.scan_n(key, limit, f);
  }

  // Entries in [lo, hi).
  template <class F>
  size_t ScanBetween(const Key& lo, const Key& hi, F f) const {
    return map_.scan(lo, hi, f);
  }

  template <class F>
  size_t ScanAll(F f) const {
    return map_.scan(
        [&f](const Key& key, const Value& value) { f(key, value); });
  }

  bool Erase(const Key& key) { return map_.erase(key); }

  // Many look-ups, overlapped in memory, where the map has them.
  void FindBatch(std::span<const Key> keys,
                 std::span<std::optional<Value>> values) const
    requires requires(const ConcurrentMap<Key, Value, Order>& map) {
      map.find_batch(keys, values);
    }
  {
    map_.find_batch(keys, values);
  }

  bool EraseQuiescent(const Key& key) { return map_.erase(key); }
  size_t Size() const { return map_.size(); }
  size_t AllocatedBytes() const { return map_.memory_usage().allocated_bytes; }

  // For what no other map has.
  const ConcurrentMap<Key, Value, Order>& map() const { return map_; }

 private:
  ConcurrentMap<Key, Value, Order> map_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_PMA_H_
