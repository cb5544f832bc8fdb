// SPDX-License-Identifier: Apache-2.0

// Cursors into the map, and views of its ranges.

#ifndef PMA_MAP_CURSORS_H_
#define PMA_MAP_CURSORS_H_

#include <type_traits>

#include "pma/cursor.h"
#include "pma/internal/read/position.h"
#include "pma/internal/read/with_probe.h"
#include "pma/map/ranges.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class MapCursors : public MapRanges<Types> {
  using Base = MapRanges<Types>;
  using Key = typename Types::Key;

  template <class Low, class High, Direction kDirection>
  using View = EntryView<Types, std::decay_t<const Low&>,
                         std::decay_t<const High&>, kDirection>;

 public:
  // pma/cursor.h says what it is and promises.
  using Cursor = pma::Cursor<Types>;

  // A cursor at the first entry, or at the first with a key >= lo; not valid()
  // if there is none.
  Cursor cursor() const {
    Cursor at(tree_);
    at.seek_to_first();
    return at;
  }
  template <class Low = Key>
    requires kLookup<Types, Low>
  Cursor cursor(const Low& lo) const {
    Cursor at(tree_);
    at.seek(lo);
    return at;
  }

  // Views, of one pass, with the promise of a scan: of all entries, ascending;
  // of those in [lo, hi), ascending; of those in [lo, hi), descending.
  //
  //   for (auto [key, value] : map.range(10, 20)) ...
  auto all() const {
    return View<Unbounded, Unbounded, Direction::kForward>(tree_, {}, {});
  }
  template <class Low = Key, class High = Key>
    requires kLookup<Types, Low> && kLookup<Types, High>
  auto range(const Low& lo, const High& hi) const {
    return View<Low, High, Direction::kForward>(tree_, lo, hi);
  }
  template <class Low = Key, class High = Key>
    requires kLookup<Types, Low> && kLookup<Types, High>
  auto reversed(const Low& lo, const High& hi) const {
    return View<Low, High, Direction::kBackward>(tree_, lo, hi);
  }

 protected:
  using Base::Base;
  using Base::tree_;
  using Base::WithProbe;
  using typename Base::KeyProbe;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_MAP_CURSORS_H_
