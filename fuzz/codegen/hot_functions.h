// SPDX-License-Identifier: Apache-2.0

// Hot operations of a map of words, each in a function of its own.

#ifndef PMA_FUZZ_CODEGEN_HOT_FUNCTIONS_H_
#define PMA_FUZZ_CODEGEN_HOT_FUNCTIONS_H_

#include <cstdint>
#include <optional>

#include "pma/concurrent_map.h"

using HotMap = pma::ConcurrentMap<uint64_t, uint64_t>;

// NOLINTBEGIN(misc-definitions-in-headers): one file of each program has them.
extern "C" {

bool HotFind(const HotMap& map, uint64_t key, uint64_t* value) {
  const std::optional<uint64_t> found = map.find(key);
  if (found.has_value()) *value = *found;
  return found.has_value();
}

bool HotInsert(HotMap& map, uint64_t key, uint64_t value) {
  return map.insert(key, value);
}

bool HotErase(HotMap& map, uint64_t key) { return map.erase(key); }

uint64_t HotScan(const HotMap& map, uint64_t low, uint64_t high) {
  uint64_t sum = 0;
  map.scan(low, high, [&sum](uint64_t, uint64_t value) { sum += value; });
  return sum;
}

}  // extern "C"
// NOLINTEND(misc-definitions-in-headers)

#endif  // PMA_FUZZ_CODEGEN_HOT_FUNCTIONS_H_
