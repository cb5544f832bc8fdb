// SPDX-License-Identifier: Apache-2.0

// Abseil's B-tree alone: what one thread can do with no concurrency control.

#ifndef BENCH_MAPS_ABSL_BTREE_H_
#define BENCH_MAPS_ABSL_BTREE_H_

#include <functional>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "bench/keys/record.h"
#include "bench/maps/counting_allocator.h"
#include "bench/maps/locked_tree.h"

namespace pma::bench {

template <class Key, class Order = std::less<Key>, class Value = Record>
class AbslBtree
    : public LockedTree<
          absl::btree_map<Key, Value, Order,
                          CountingAllocator<std::pair<const Key, Value>>>,
          NoLock> {
 public:
  static constexpr std::string_view kName = "absl_btree";
  static constexpr std::string_view kDescription =
      "absl::btree_map without any lock, for one thread";
  static constexpr bool kSingleThreaded = true;
  static constexpr bool kHasFloor = true;
  static constexpr bool kHasScan = true;
  static constexpr bool kHasErase = true;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_ABSL_BTREE_H_
