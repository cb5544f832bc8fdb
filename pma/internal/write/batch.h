// SPDX-License-Identifier: Apache-2.0

// Many writes at once, overlapped in memory.
//
// As for look-ups (read/find.h): a group of keys descends together, and asks
// for the memory of the next step before it goes on. What the descents find is
// forgotten; each operation then descends for itself, through caches.

#ifndef PMA_INTERNAL_WRITE_BATCH_H_
#define PMA_INTERNAL_WRITE_BATCH_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <span>

#include "pma/internal/read/find.h"
#include "pma/internal/store/tree.h"

namespace pma::inline PMA_VARIANT::internal {

// Fetches what a change of each of a few keys needs: key_of(i) for all i below
// `count`. Reads nothing but what searches read, and does nothing for keys that
// have no short ways.
template <Purpose kPurpose, class Types, class KeyOf>
[[gnu::noinline]] void FetchGroup(const Tree<Types>& tree, size_t count,
                                  const KeyOf& key_of) {
  assert(count <= kBatchGroup);
  if constexpr (kHasQuickWays<Types>) {
    const Guard<typename Types::Platform> guard;
    const Place<Types> root(tree.LoadDirectory(guard), guard);
    if (root.directory == nullptr) return;
    std::array<Place<Types>, kBatchGroup> places;
    internal::DescendGroup<kPurpose>(
        tree, root, count, key_of,
        [&](size_t i) -> auto& { return places[i]; });
  }
}

// Calls write(i) for each key, in order, and counts those that say yes.
template <Purpose kPurpose, class Types, class Write>
size_t WriteBatch(const Tree<Types>& tree,
                  std::span<const typename Types::Key> keys, Write write) {
  size_t count = 0;
  for (size_t begin = 0; begin < keys.size(); begin += kBatchGroup) {
    const size_t end = std::min(begin + kBatchGroup, keys.size());
    internal::FetchGroup<kPurpose>(
        tree, end - begin,
        [&](size_t i) -> const auto& { return keys[begin + i]; });
    for (size_t i = begin; i < end; ++i) count += write(i);
  }
  return count;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_BATCH_H_
