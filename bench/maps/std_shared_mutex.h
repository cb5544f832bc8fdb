// SPDX-License-Identifier: Apache-2.0

// The standard library's red-black tree under a reader-writer lock.

#ifndef BENCH_MAPS_STD_SHARED_MUTEX_H_
#define BENCH_MAPS_STD_SHARED_MUTEX_H_

#include <functional>
#include <map>
#include <shared_mutex>
#include <string_view>
#include <utility>

#include "bench/keys/record.h"
#include "bench/maps/counting_allocator.h"
#include "bench/maps/locked_tree.h"

namespace pma::bench {

template <class Key, class Value = Record>
class StdSharedMutex
    : public LockedTree<
          std::map<Key, Value, std::less<Key>,
                   CountingAllocator<std::pair<const Key, Value>>>,
          std::shared_mutex> {
 public:
  static constexpr std::string_view kName = "std_shared_mutex";
  static constexpr std::string_view kDescription =
      "std::map under one std::shared_mutex";
  static constexpr bool kSingleThreaded = false;
  static constexpr bool kHasFloor = true;
  static constexpr bool kHasScan = true;
  static constexpr bool kHasErase = true;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_STD_SHARED_MUTEX_H_
