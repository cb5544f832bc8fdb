// SPDX-License-Identifier: Apache-2.0

// Lets tests look inside a map.

#ifndef PMA_TESTING_MAP_PEER_H_
#define PMA_TESTING_MAP_PEER_H_

#include <algorithm>
#include <cstddef>

#include "pma/concurrent_map.h"
#include "pma/internal/reclaim/thread_record.h"
#include "pma/internal/store/word.h"

namespace pma::testing {

struct MapPeer {
  template <class Map>
  static auto& Tree(Map& map) {
    return map.tree_;
  }

  // The newest of all thread records of a platform; follow `next`.
  template <class Platform>
  static auto* Threads() {
    return internal::ThreadRegistry<Platform>::Head();
  }

  // Calls f(Word) for every segment of the published directory. The caller
  // holds a guard or has the map to itself.
  template <class Map, class F>
  static void ForEachWord(const Map& map, F f) {
    const auto* directory = map.tree_.UnguardedDirectory();
    if (directory == nullptr) return;
    for (size_t e = 0; e < directory->count(); ++e) {
      for (size_t i = 0; i < directory->extent(e)->capacity(); ++i) {
        f(directory->extent(e)->segment(i).LoadWord());
      }
    }
  }

  // The most empty segments side by side, without those kept for runs behind
  // the last entries of an extent. The caller has the map to itself.
  template <class Map>
  static size_t LongestEmptyStretch(const Map& map) {
    const auto* directory = map.tree_.UnguardedDirectory();
    size_t longest = 0;
    size_t empty = 0;
    for (size_t e = 0; directory != nullptr && e < directory->count(); ++e) {
      const auto& extent = *directory->extent(e);
      for (size_t i = 0; i < extent.active(); ++i) {
        empty = extent.segment(i).LoadWord().count() == 0 ? empty + 1 : 0;
        longest = std::max(longest, empty);
      }
    }
    return longest;
  }

  template <class Map>
  static size_t ExtentCount(const Map& map) {
    const auto* directory = map.tree_.UnguardedDirectory();
    return directory == nullptr ? 0 : directory->count();
  }
};

}  // namespace pma::testing

#endif  // PMA_TESTING_MAP_PEER_H_
