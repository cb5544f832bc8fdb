// SPDX-License-Identifier: Apache-2.0

// What a program does with a map of its own types: six operations.

#ifndef PMA_FUZZ_CODEGEN_SIX_OPERATIONS_H_
#define PMA_FUZZ_CODEGEN_SIX_OPERATIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "pma/concurrent_map.h"

template <class Key, class Value>
struct SixOperations {
  using Map = pma::ConcurrentMap<Key, Value>;

  static bool Insert(Map& map, const Key& key, const Value& value) {
    return map.insert(key, value);
  }
  static bool Erase(Map& map, const Key& key) { return map.erase(key); }
  static std::optional<Value> Find(const Map& map, const Key& key) {
    return map.find(key);
  }
  static std::optional<std::pair<Key, Value>> Floor(const Map& map,
                                                    const Key& key) {
    return map.floor(key);
  }
  static Value Sum(const Map& map, const Key& low, const Key& high) {
    Value sum{};
    map.scan(low, high, [&](const Key&, const Value& value) { sum += value; });
    return sum;
  }
  static size_t Size(const Map& map) { return map.size(); }
};

#endif  // PMA_FUZZ_CODEGEN_SIX_OPERATIONS_H_
