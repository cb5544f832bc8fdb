// SPDX-License-Identifier: Apache-2.0

// What the race asks of a map. One adapter per map translates it into that
// map's own calls, each in the way its documentation recommends.

#ifndef BENCH_MAPS_ADAPTER_H_
#define BENCH_MAPS_ADAPTER_H_

#include <concepts>
#include <cstddef>
#include <string_view>

#include "bench/keys/record.h"

namespace pma::bench {

template <class Key>
struct IgnoreEntry {
  void operator()(const Key&, Record) const {}
};

// All but EraseQuiescent, Size and AllocatedBytes may be called by any number
// of threads at once, unless kSingleThreaded. No mix erases on the clock.
template <class Map, class Key>
concept RacingMap =
    requires(Map map, const Map& reader, const Key& key, Record record,
             IgnoreEntry<Key> f) {
      { Map::kName } -> std::convertible_to<std::string_view>;
      { Map::kDescription } -> std::convertible_to<std::string_view>;
      { Map::kSingleThreaded } -> std::convertible_to<bool>;
      { Map::kHasFloor } -> std::convertible_to<bool>;
      { Map::kHasScan } -> std::convertible_to<bool>;
      { Map::kHasErase } -> std::convertible_to<bool>;
      // False, and unchanged, if the key is there.
      { map.Insert(key, record) } -> std::same_as<bool>;
      // True if the key was not there.
      { map.Assign(key, record) } -> std::same_as<bool>;
      { reader.Find(key, record) } -> std::same_as<bool>;
      // f(key, record) on every entry, in ascending order; returns how often.
      { reader.ScanAll(f) } -> std::same_as<size_t>;
      { reader.Size() } -> std::same_as<size_t>;
      { reader.AllocatedBytes() } -> std::same_as<size_t>;
    } &&
    // f(key, record) on the entry with the greatest key <= `key`, if any.
    (!Map::kHasFloor ||
     requires(const Map& reader, const Key& key, IgnoreEntry<Key> f) {
       { reader.Floor(key, f) } -> std::same_as<bool>;
     }) &&
    // As ScanAll, at most `limit` times, from the first entry not below `key`.
    (!Map::kHasScan ||
     requires(const Map& reader, const Key& key, size_t limit,
              IgnoreEntry<Key> f) {
       { reader.Scan(key, limit, f) } -> std::same_as<size_t>;
     }) &&
    // With no other call under way. A map without it is loaded anew where
    // another one is taken back to the loaded keys. (Erase, which may run
    // beside other calls, is optional: no mix erases.)
    (!Map::kHasErase || requires(Map map, const Key& key) {
      { map.EraseQuiescent(key) } -> std::same_as<bool>;
    });

}  // namespace pma::bench

#endif  // BENCH_MAPS_ADAPTER_H_
