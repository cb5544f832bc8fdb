// SPDX-License-Identifier: Apache-2.0

// Ranges as of one instant.

#ifndef PMA_MAP_SNAPSHOTS_H_
#define PMA_MAP_SNAPSHOTS_H_

#include <cstddef>

#include "pma/internal/machine/variant.h"
#include "pma/internal/store/entries.h"
#include "pma/internal/store/requirements.h"
#include "pma/internal/write/snapshot.h"
#include "pma/map/cursors.h"

namespace pma::inline PMA_VARIANT::internal {

// Linearizable as a whole: what is shown is the range at one instant. It is
// copied first, in memory of its own, and then shown. A range of more than a
// few segments, among writers, is held still while it is copied: writers in
// there wait, some nanoseconds for each entry, readers do not. No number of
// writers can starve it; one that has stopped for good in the middle of a
// change does not hinder it either, if no others write in the range meanwhile.
//
// `f` is called as f(const Key&, const Value&) and returns void, or a bool that
// is false to end the scan. All return the number of entries shown. Throws
// std::bad_alloc.
template <class Types>
class MapSnapshots : public MapCursors<Types> {
  using Base = MapCursors<Types>;
  using Key = typename Types::Key;
  using ShownKey = typename Types::ShownKey;
  using Value = typename Types::Value;

 public:
  // Entries in [lo, hi), ascending.
  template <class Low = Key, class High = Key, class Function>
    requires kLookup<Types, Low> && kLookup<Types, High>
  size_t snapshot_scan(const Low& lo, const High& hi, Function&& f) const {
    static_assert(internal::CheckScanner<Function, ShownKey, Value>());
    auto&& show = internal::OfKeyAndValue<Types>(f);
    return WithProbe(lo, [&](const auto& from) {
      return WithProbe(hi, [&](const auto& to) {
        return internal::SnapshotScanBetween(tree_, from, to, show);
      });
    });
  }

  // All entries, ascending.
  template <class Function>
  size_t snapshot_scan(Function&& f) const {
    static_assert(internal::CheckScanner<Function, ShownKey, Value>());
    constexpr const KeyProbe* kNoBound = nullptr;
    auto&& show = internal::OfKeyAndValue<Types>(f);
    return internal::SnapshotScan(tree_, kNoBound, kNoBound, show);
  }

 protected:
  using Base::Base;
  using Base::tree_;
  using Base::WithProbe;
  using typename Base::KeyProbe;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_MAP_SNAPSHOTS_H_
