// SPDX-License-Identifier: Apache-2.0

// Calls a map with the interface of pma::ConcurrentMap<uint64_t, uint64_t>.

#ifndef PMA_FUZZ_HISTORY_PERFORM_H_
#define PMA_FUZZ_HISTORY_PERFORM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "fuzz/history/history.h"

namespace pma::history {

namespace perform_internal {

inline Result FoundPair(const std::optional<std::pair<Key, Value>>& pair) {
  if (!pair.has_value()) return FoundEntry(std::nullopt);
  return FoundEntry(Entry{pair->first, pair->second});
}

// What `scan` shows to the callback that it is given, which ends it after
// `limit` entries.
template <class ScanFunction>
Result Scanned(ScanFunction scan, std::uint64_t limit = ~std::uint64_t{0}) {
  Result result;
  scan([&](Key key, Value value) {
    result.entries.push_back({key, value});
    return result.entries.size() < limit;
  });
  return result;
}

template <class Map>
Result FoundInBatch(const Map& map, Key lo, Key hi) {
  std::vector<Key> keys;
  for (Key key = lo; key < hi; ++key) keys.push_back(key);
  std::vector<std::optional<Value>> values(keys.size());
  map.find_batch(keys, values);
  Result result;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (values[i]) result.entries.push_back({keys[i], *values[i]});
  }
  return result;
}

}  // namespace perform_internal

// The call that `kind` and `arguments` stand for, and its answer.
template <class Map>
Result Perform(Map& map, OperationKind kind, const Arguments& a) {
  using perform_internal::FoundPair;
  using perform_internal::Scanned;
  switch (kind) {
    case OperationKind::kInsert:
      return Flag(map.insert(a[0], a[1]));
    case OperationKind::kTryEmplace:
      return Flag(map.try_emplace(a[0], a[1]));
    case OperationKind::kInsertOrAssign:
      return Flag(map.insert_or_assign(a[0], a[1]));
    case OperationKind::kErase:
      return Flag(map.erase(a[0]));
    case OperationKind::kFind:
      return Found(map.find(a[0]));
    case OperationKind::kContains:
      return Flag(map.contains(a[0]));
    case OperationKind::kFirst:
      return FoundPair(map.first());
    case OperationKind::kLast:
      return FoundPair(map.last());
    case OperationKind::kFloor:
      return FoundPair(map.floor(a[0]));
    case OperationKind::kCeiling:
      return FoundPair(map.ceiling(a[0]));
    case OperationKind::kLower:
      return FoundPair(map.lower(a[0]));
    case OperationKind::kHigher:
      return FoundPair(map.higher(a[0]));
    case OperationKind::kScan:
      return Scanned([&](auto f) { map.scan(a[0], a[1], f); });
    case OperationKind::kScanAll:
      return Scanned([&](auto f) { map.scan(f); });
    case OperationKind::kScanFrom:
      return Scanned([&](auto f) { map.scan_from(a[0], f); });
    case OperationKind::kScanN:
      return Scanned([&](auto f) { map.scan_n(a[0], a[1], f); });
    case OperationKind::kScanReverse:
      return Scanned([&](auto f) { map.scan_reverse(a[0], a[1], f); });
    case OperationKind::kScanFirst:
      return Scanned([&](auto f) { map.scan(a[0], a[1], f); }, a[2]);
    case OperationKind::kScanReverseFirst:
      return Scanned([&](auto f) { map.scan_reverse(a[0], a[1], f); }, a[2]);
    case OperationKind::kClear:
      map.clear();
      return Nothing();
    case OperationKind::kSize:
      return Count(map.size());
    case OperationKind::kEmpty:
      return Flag(map.empty());
    case OperationKind::kFindBatch:
      return perform_internal::FoundInBatch(map, a[0], a[1]);
  }
  return Nothing();
}

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_PERFORM_H_
