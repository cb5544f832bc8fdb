// SPDX-License-Identifier: Apache-2.0

// Abseil's B-tree under a reader-writer lock: what many servers use today.

#ifndef BENCH_MAPS_ABSL_SHARED_MUTEX_H_
#define BENCH_MAPS_ABSL_SHARED_MUTEX_H_

#include <functional>
#include <shared_mutex>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "bench/keys/record.h"
#include "bench/maps/counting_allocator.h"
#include "bench/maps/locked_tree.h"

namespace pma::bench {

template <class Key, class Order = std::less<Key>, class Value = Record>
class AbslSharedMutex
    : public LockedTree<
          absl::btree_map<Key, Value, Order,
                          CountingAllocator<std::pair<const Key, Value>>>,
          std::shared_mutex> {
 public:
  static constexpr std::string_view kName = "absl_shared_mutex";
  static constexpr std::string_view kDescription =
      "absl::btree_map under one std::shared_mutex";
  static constexpr bool kSingleThreaded = false;
  static constexpr bool kHasFloor = true;
  static constexpr bool kHasScan = true;
  static constexpr bool kHasErase = true;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_ABSL_SHARED_MUTEX_H_
