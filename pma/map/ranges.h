// SPDX-License-Identifier: Apache-2.0

// Neighbours of a key, and ranges of them.

#ifndef PMA_MAP_RANGES_H_
#define PMA_MAP_RANGES_H_

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>

#include "pma/internal/read/nearest.h"
#include "pma/internal/read/scan.h"
#include "pma/internal/store/requirements.h"
#include "pma/map/lookups.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class MapRanges : public MapLookups<Types> {
  using Base = MapLookups<Types>;
  using Key = typename Types::Key;
  using Value = typename Types::Value;

 public:
  // --- Neighbours -----------------------------------------------------------

  // The entry with the least or greatest key.
  std::optional<std::pair<Key, Value>> first() const
    requires std::copy_constructible<Value>
  {
    return NearestToEnd<Direction::kForward>();
  }
  std::optional<std::pair<Key, Value>> last() const
    requires std::copy_constructible<Value>
  {
    return NearestToEnd<Direction::kBackward>();
  }

  // The entry with the greatest key <= q, least >= q, greatest < q, least > q.
  template <class Query = Key>
    requires kLookup<Types, Query> && std::copy_constructible<Value>
  std::optional<std::pair<Key, Value>> floor(const Query& q) const {
    return NearestToKey<Direction::kBackward, Side::kAfter>(q);
  }
  template <class Query = Key>
    requires kLookup<Types, Query> && std::copy_constructible<Value>
  std::optional<std::pair<Key, Value>> ceiling(const Query& q) const {
    return NearestToKey<Direction::kForward, Side::kBefore>(q);
  }
  template <class Query = Key>
    requires kLookup<Types, Query> && std::copy_constructible<Value>
  std::optional<std::pair<Key, Value>> lower(const Query& q) const {
    return NearestToKey<Direction::kBackward, Side::kBefore>(q);
  }
  template <class Query = Key>
    requires kLookup<Types, Query> && std::copy_constructible<Value>
  std::optional<std::pair<Key, Value>> higher(const Query& q) const {
    return NearestToKey<Direction::kForward, Side::kAfter>(q);
  }

  // --- Ranges ---------------------------------------------------------------
  //
  // `f` is called as f(const Key&, const Value&) and returns void, or a bool
  // that is false to end the scan. All return the number of entries visited.

  // Entries in [lo, hi), ascending; scan_reverse: descending.
  template <class Low = Key, class High = Key, class Function>
    requires kLookup<Types, Low> && kLookup<Types, High>
  size_t scan(const Low& lo, const High& hi, Function&& f) const {
    static_assert(internal::CheckScanner<Function, Key, Value>());
    return ScanBetween<Direction::kForward>(lo, hi, f);
  }
  template <class Low = Key, class High = Key, class Function>
    requires kLookup<Types, Low> && kLookup<Types, High>
  size_t scan_reverse(const Low& lo, const High& hi, Function&& f) const {
    static_assert(internal::CheckScanner<Function, Key, Value>());
    return ScanBetween<Direction::kBackward>(lo, hi, f);
  }

  // All entries, ascending.
  template <class Function>
  size_t scan(Function&& f) const {
    static_assert(internal::CheckScanner<Function, Key, Value>());
    return internal::ScanAll(tree_, f);
  }

  // Entries with keys >= lo, ascending.
  template <class Low = Key, class Function>
    requires kLookup<Types, Low>
  size_t scan_from(const Low& lo, Function&& f) const {
    return scan_n(lo, internal::kNoLimit, f);
  }

  // The first `limit` entries with keys >= lo, ascending. A scan that knows its
  // length from the beginning fetches and copies no more than it needs.
  template <class Low = Key, class Function>
    requires kLookup<Types, Low>
  size_t scan_n(const Low& lo, size_t limit, Function&& f) const {
    static_assert(internal::CheckScanner<Function, Key, Value>());
    return WithProbe(lo, [&](const auto& from) {
      return internal::ScanFirst(tree_, from, limit, f);
    });
  }

 protected:
  using Base::Base;
  using Base::tree_;
  using Base::WithProbe;
  using typename Base::KeyProbe;

  static Start<KeyProbe> FromEnd() { return {}; }

 private:
  template <Direction kDirection, class Low, class High, class Function>
  size_t ScanBetween(const Low& lo, const High& hi, Function& f) const {
    return WithProbe(lo, [&](const auto& from) {
      return WithProbe(hi, [&](const auto& to) {
        return internal::ScanBetween<Types, kDirection>(tree_, from, to, f);
      });
    });
  }

  // A copy of the entry that `find(keep)` calls keep(key, value) on, if any.
  template <class Find>
  static std::optional<std::pair<Key, Value>> Kept(const Find& find) {
    std::optional<std::pair<Key, Value>> entry;
    const auto keep = [&](const Key& key, const Value& value) {
      entry.emplace(key, value);
    };
    find(keep);
    return entry;
  }
  template <Direction kDirection>
  std::optional<std::pair<Key, Value>> NearestToEnd() const {
    return Kept([&](const auto& keep) {
      internal::Nearest<Types, kDirection>(tree_, FromEnd(), keep);
    });
  }
  template <Direction kDirection, Side kSide, class Query>
  std::optional<std::pair<Key, Value>> NearestToKey(const Query& q) const {
    return Kept([&](const auto& keep) {
      WithProbe(q, [&](const auto& probe) {
        internal::WithWideProbe<Types>(
            probe, [&](const auto& sought) PMA_ALWAYS_INLINE_LAMBDA {
              internal::NearestToKey<Types, kDirection, kSide>(tree_, sought,
                                                               keep);
            });
      });
    });
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_MAP_RANGES_H_
