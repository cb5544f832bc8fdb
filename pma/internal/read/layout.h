// SPDX-License-Identifier: Apache-2.0

// How full the segments are, for whoever looks at the map as a structure.

#ifndef PMA_INTERNAL_READ_LAYOUT_H_
#define PMA_INTERNAL_READ_LAYOUT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pma/internal/store/tree.h"
#include "pma/stats.h"

namespace pma::inline PMA_VARIANT::internal {

// Calls f(extent, fills) for each extent, with the number of entries in each of
// its segments, as their words tell: each at some instant.
template <class Types, class Function>
void VisitLayout(const Tree<Types>& tree, Function& f) {
  const Guard<typename Types::Platform> guard;
  const Directory<Types>* directory = tree.LoadDirectory(guard);
  if (directory == nullptr) return;
  std::array<uint8_t, Extent<Types>::kMaxSegments> fills;
  for (size_t e = 0; e < directory->count(); ++e) {
    const Extent<Types>& extent = *directory->extent(e);
    for (size_t i = 0; i < extent.capacity(); ++i) {
      fills[i] = static_cast<uint8_t>(extent.segment(i).LoadWord().count());
    }
    f(e, std::span<const uint8_t>(fills.data(), extent.capacity()));
  }
}

template <class Types>
MapStats StatsOf(const Tree<Types>& tree) {
  MapStats stats = tree.Counters();
  stats.cells_per_segment = Types::kCells;
  const auto add = [&](size_t, std::span<const uint8_t> fills) {
    ++stats.extents;
    stats.segments += fills.size();
    for (const size_t fill : fills) {
      ++stats.fills[(fill * 10 + Types::kCells - 1) / Types::kCells];
    }
  };
  internal::VisitLayout(tree, add);
  return stats;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_LAYOUT_H_
