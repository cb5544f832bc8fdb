// Many look-ups at once, overlapped in memory.
//
// A look-up in a large map is a chain of cache misses: the extent, its
// separators, the segment. A group of look-ups takes each step together and
// asks for the memory of the next step before going on, so that the group waits
// about as long as one look-up does.

#ifndef PMA_INTERNAL_FIND_BATCH_H_
#define PMA_INTERNAL_FIND_BATCH_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "pma/internal/locate.h"
#include "pma/internal/point_ops.h"

namespace pma::inline PMA_VARIANT::internal {

// Look-ups in flight at once: enough to fill the processor's queue of misses.
inline constexpr size_t kBatchGroup = 16;

// Looks up one group of keys, at most kBatchGroup. Calls found(i, value) or
// absent(i) for each.
template <class Types, class Found, class Absent>
void FindGroup(const Tree<Types>& tree,
               std::span<const typename Types::Key> keys, Found& found,
               Absent& absent) {
  using ValueCodec = typename Types::ValueCodec;
  using ProbeT = typename Types::Order::template ProbeFor<typename Types::Key>;
  Guard<typename Types::Platform> guard;
  std::array<Located<Types>, kBatchGroup> places;
  Directory<Types>* directory = tree.LoadDirectory();
  const auto root = RootEpoch<Types>::Now();
  if (kNeverTorn<typename Types::KeyCodec> && directory != nullptr) {
    for (size_t i = 0; i < keys.size(); ++i) {
      const ProbeT probe(keys[i]);
      if (internal::IsFiller<Types>(probe)) continue;
      places[i].place.directory = directory;
      places[i].place.root = root;
      places[i].place.FindExtent(
          internal::FastLeads<false, Types>(tree.order(), probe));
      places[i].place.extent->PrefetchIndex();
    }
    for (size_t i = 0; i < keys.size(); ++i) {
      const ProbeT probe(keys[i]);
      Place<Types>& place = places[i].place;
      if (place.extent == nullptr) continue;
      place.FindSegment(internal::FastLeads<false, Types>(tree.order(), probe));
      place.extent->segment(place.segment).PrefetchAll();
    }
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    const ProbeT probe(keys[i]);
    if constexpr (kNeverTorn<typename Types::KeyCodec>) {
      Located<Types>& located = places[i];
      if (directory == nullptr ||
          (located.place.extent != nullptr &&
           internal::SearchInPlace(
               tree.order(), probe,
               located.place.extent->segment(located.place.segment), located)))
          [[likely]] {
        if (located.present) {
          found(i, ValueCodec::View(located.value));
        } else {
          absent(i);
        }
        continue;
      }
    }
    if (const auto value = internal::SlowFind(tree, probe)) {
      found(i, ValueCodec::View(*value));
    } else {
      absent(i);
    }
  }
}

// Looks up all keys. Calls found(i, value) or absent(i) for each, in order.
template <class Types, class Found, class Absent>
void FindBatch(const Tree<Types>& tree,
               std::span<const typename Types::Key> keys, Found found,
               Absent absent) {
  for (size_t begin = 0; begin < keys.size(); begin += kBatchGroup) {
    const size_t size = std::min(kBatchGroup, keys.size() - begin);
    auto found_here = [&](size_t i, const typename Types::Value& value) {
      found(begin + i, value);
    };
    auto absent_here = [&](size_t i) { absent(begin + i); };
    internal::FindGroup(tree, keys.subspan(begin, size), found_here,
                        absent_here);
  }
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_FIND_BATCH_H_
