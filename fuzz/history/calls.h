// SPDX-License-Identifier: Apache-2.0

// How each operation is called on a map with the interface of
// pma::ConcurrentMap, whose keys and values stand for 64-bit words.
//
// A new operation of the map is a row here, and one that says what it means in
// history.cc.

#ifndef PMA_FUZZ_HISTORY_CALLS_H_
#define PMA_FUZZ_HISTORY_CALLS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "fuzz/history/history.h"

namespace pma::history {

// Entries in the order in which a map shows them, until there are `limit`.
class SeenEntries {
 public:
  explicit SeenEntries(std::uint64_t limit = ~std::uint64_t{0})
      : limit_(limit) {}
  template <class K, class V>
  bool operator()(const K& key, const V& value) {
    result_.entries.push_back({key, value});
    return result_.entries.size() < limit_;
  }
  Result Take() { return std::move(result_); }

 private:
  std::uint64_t limit_;
  Result result_;
};

template <class Pair>
Result PairFound(const std::optional<Pair>& pair) {
  if (!pair.has_value()) return FoundEntry(std::nullopt);
  return FoundEntry(Entry{pair->first, pair->second});
}

template <class Seen, class Map>
Result FoundInBatch(Map& map, Key lo, Key hi) {
  std::vector<typename Map::key_type> keys;
  for (Key key = lo; key < hi; ++key) keys.emplace_back(key);
  std::vector<std::optional<typename Map::mapped_type>> values(keys.size());
  map.find_batch(keys, values);
  Seen seen;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (values[i].has_value()) seen(keys[i], *values[i]);
  }
  return seen.Take();
}

// Puts a value in place of another, which it keeps.
template <class Map>
auto Putting(Value value, std::optional<Value>& before) {
  return [value, &before](const typename Map::mapped_type& now) {
    before = Value{now};
    return typename Map::mapped_type(value);
  };
}

// By a scan where keys or values do not lie in the map.
template <class Seen, class Map>
Result InColumns(Map& map, const Arguments& a) {
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;
  Seen seen;
  if constexpr (std::is_trivially_copyable_v<K> &&
                std::is_trivially_copyable_v<V>) {
    map.scan_columns(K(a[0]), K(a[1]),
                     [&](std::span<const K> keys, std::span<const V> values) {
                       for (std::size_t i = 0; i < keys.size(); ++i) {
                         seen(keys[i], values[i]);
                       }
                     });
  } else {
    map.scan(K(a[0]), K(a[1]), seen);
  }
  return seen.Take();
}

template <class Map>
struct CallRow {
  OperationKind kind;
  Result (*call)(Map& map, const Arguments& a);
};

// In the order of OperationKind. `Seen` is what scans show their entries to, as
// SeenEntries.
template <class Map, class Seen>
constexpr CallRow<Map> kCalls[] = {
    {OperationKind::kInsert,
     [](Map& map, const Arguments& a) { return Flag(map.insert(a[0], a[1])); }},
    {OperationKind::kTryEmplace,
     [](Map& map, const Arguments& a) {
       return Flag(map.try_emplace(a[0], a[1]));
     }},
    {OperationKind::kInsertOrAssign,
     [](Map& map, const Arguments& a) {
       return Flag(map.insert_or_assign(a[0], a[1]));
     }},
    {OperationKind::kErase,
     [](Map& map, const Arguments& a) {
       return Flag(map.erase(typename Map::key_type(a[0])));
     }},
    {OperationKind::kFind,
     [](Map& map, const Arguments& a) {
       return Found(map.find(typename Map::key_type(a[0])));
     }},
    {OperationKind::kContains,
     [](Map& map, const Arguments& a) {
       return Flag(map.contains(typename Map::key_type(a[0])));
     }},
    {OperationKind::kFirst,
     [](Map& map, const Arguments&) { return PairFound(map.first()); }},
    {OperationKind::kLast,
     [](Map& map, const Arguments&) { return PairFound(map.last()); }},
    {OperationKind::kFloor,
     [](Map& map, const Arguments& a) {
       return PairFound(map.floor(typename Map::key_type(a[0])));
     }},
    {OperationKind::kCeiling,
     [](Map& map, const Arguments& a) {
       return PairFound(map.ceiling(typename Map::key_type(a[0])));
     }},
    {OperationKind::kLower,
     [](Map& map, const Arguments& a) {
       return PairFound(map.lower(typename Map::key_type(a[0])));
     }},
    {OperationKind::kHigher,
     [](Map& map, const Arguments& a) {
       return PairFound(map.higher(typename Map::key_type(a[0])));
     }},
    {OperationKind::kScan,
     [](Map& map, const Arguments& a) {
       Seen seen;
       map.scan(typename Map::key_type(a[0]), typename Map::key_type(a[1]),
                seen);
       return seen.Take();
     }},
    {OperationKind::kScanAll,
     [](Map& map, const Arguments&) {
       Seen seen;
       map.scan(seen);
       return seen.Take();
     }},
    {OperationKind::kScanFrom,
     [](Map& map, const Arguments& a) {
       Seen seen;
       map.scan_from(typename Map::key_type(a[0]), seen);
       return seen.Take();
     }},
    {OperationKind::kScanReverse,
     [](Map& map, const Arguments& a) {
       Seen seen;
       map.scan_reverse(typename Map::key_type(a[0]),
                        typename Map::key_type(a[1]), seen);
       return seen.Take();
     }},
    {OperationKind::kScanFirst,
     [](Map& map, const Arguments& a) {
       Seen seen(a[2]);
       map.scan(typename Map::key_type(a[0]), typename Map::key_type(a[1]),
                seen);
       return seen.Take();
     }},
    {OperationKind::kScanReverseFirst,
     [](Map& map, const Arguments& a) {
       Seen seen(a[2]);
       map.scan_reverse(typename Map::key_type(a[0]),
                        typename Map::key_type(a[1]), seen);
       return seen.Take();
     }},
    {OperationKind::kClear,
     [](Map& map, const Arguments&) {
       map.clear();
       return Nothing();
     }},
    {OperationKind::kSize,
     [](Map& map, const Arguments&) { return Count(map.size()); }},
    {OperationKind::kEmpty,
     [](Map& map, const Arguments&) { return Flag(map.empty()); }},
    {OperationKind::kFindBatch,
     [](Map& map, const Arguments& a) {
       return FoundInBatch<Seen>(map, a[0], a[1]);
     }},
    {OperationKind::kScanN,
     [](Map& map, const Arguments& a) {
       Seen seen;
       map.scan_n(typename Map::key_type(a[0]), a[1], seen);
       return seen.Take();
     }},
    {OperationKind::kExchange,
     [](Map& map, const Arguments& a) {
       return Found(map.exchange(typename Map::key_type(a[0]),
                                 typename Map::mapped_type(a[1])));
     }},
    {OperationKind::kUpdate,
     [](Map& map, const Arguments& a) {
       std::optional<Value> before;
       const bool updated =
           map.update(typename Map::key_type(a[0]), Putting<Map>(a[1], before));
       // It was there in a round that failed.
       if (!updated) before.reset();
       return Found(before);
     }},
    {OperationKind::kUpsert,
     [](Map& map, const Arguments& a) {
       std::optional<Value> before;
       const bool inserted = map.upsert(typename Map::key_type(a[0]),
                                        typename Map::mapped_type(a[1]),
                                        Putting<Map>(a[1], before));
       if (inserted) before.reset();
       return Found(before);
     }},
    {OperationKind::kFindOrInsert,
     [](Map& map, const Arguments& a) {
       const auto [value, inserted] = map.find_or_insert(
           typename Map::key_type(a[0]), typename Map::mapped_type(a[1]));
       if (inserted) return Found(std::nullopt);
       return Found(Value{value});
     }},
    {OperationKind::kCompute,
     [](Map& map, const Arguments& a) {
       using V = typename Map::mapped_type;
       std::optional<Value> before;
       map.compute(typename Map::key_type(a[0]),
                   [&](const V* now) -> std::optional<V> {
                     before.reset();
                     if (now == nullptr) return V(a[1]);
                     before = *now;
                     return std::nullopt;
                   });
       return Found(before);
     }},
    {OperationKind::kEraseIf,
     [](Map& map, const Arguments& a) {
       return Flag(map.erase_if(typename Map::key_type(a[0]),
                                [](const typename Map::mapped_type& value) {
                                  return Value{value} % 2 == 1;
                                }));
     }},
    {OperationKind::kExtract,
     [](Map& map, const Arguments& a) {
       return Found(map.extract(typename Map::key_type(a[0])));
     }},
    {OperationKind::kPopFirst,
     [](Map& map, const Arguments&) { return PairFound(map.pop_first()); }},
    {OperationKind::kPopLast,
     [](Map& map, const Arguments&) { return PairFound(map.pop_last()); }},
    {OperationKind::kSnapshotScan,
     [](Map& map, const Arguments& a) {
       Seen seen;
       map.snapshot_scan(typename Map::key_type(a[0]),
                         typename Map::key_type(a[1]), seen);
       return seen.Take();
     }},
    {OperationKind::kScanAfter,
     [](Map& map, const Arguments& a) {
       Seen seen;
       map.scan_after(typename Map::key_type(a[0]), seen);
       return seen.Take();
     }},
    {OperationKind::kScanReverseFrom,
     [](Map& map, const Arguments& a) {
       Seen seen;
       map.scan_reverse_from(typename Map::key_type(a[0]), seen);
       return seen.Take();
     }},
    {OperationKind::kScanReverseN,
     [](Map& map, const Arguments& a) {
       Seen seen;
       map.scan_reverse_n(typename Map::key_type(a[0]), a[1], seen);
       return seen.Take();
     }},
    {OperationKind::kScanColumns,
     [](Map& map, const Arguments& a) { return InColumns<Seen>(map, a); }},
    {OperationKind::kWalk,
     [](Map& map, const Arguments& a) {
       Seen seen;
       for (auto at = map.cursor(typename Map::key_type(a[0])); at.valid();
            at.next()) {
         seen(at.key(), at.value());
       }
       return seen.Take();
     }},
    {OperationKind::kWalkBack,
     [](Map& map, const Arguments& a) {
       Seen seen;
       typename Map::Cursor at = map.cursor();
       at.seek_for_prev(typename Map::key_type(a[0]));
       for (; at.valid(); at.prev()) seen(at.key(), at.value());
       return seen.Take();
     }},
    {OperationKind::kCountOne,
     [](Map& map, const Arguments& a) {
       const typename Map::key_type key(a[0]);
       if (a[0] == ~Key{0}) return Flag(map.contains(key));  // none follows
       return Flag(map.count_range(key, typename Map::key_type(a[0] + 1)) == 1);
     }},
    {OperationKind::kCountRange,
     [](Map& map, const Arguments& a) {
       return Count(map.count_range(typename Map::key_type(a[0]),
                                    typename Map::key_type(a[1])));
     }},
    {OperationKind::kVisitEntry,
     [](Map& map, const Arguments& a) {
       std::optional<Value> value;
       map.visit_entry(typename Map::key_type(a[0]),
                       [&](const auto& stored, const auto& there) {
                         // Another key has no such value.
                         value = Key{stored} == a[0] ? Value{there} : ~Value{0};
                       });
       return Found(value);
     }},
    {OperationKind::kInsertSorted,
     [](Map& map, const Arguments& a) {
       const std::array<std::pair<Key, Value>, 1> entry = {{{a[0], a[1]}}};
       return Flag(map.insert_sorted(entry) != 0);
     }},
    {OperationKind::kEraseRange,
     [](Map& map, const Arguments& a) {
       // No range ends behind the last key.
       const typename Map::key_type key(a[0]);
       if (a[0] == ~Key{0}) return Flag(map.erase(key));
       return Flag(map.erase_range(key, typename Map::key_type(a[0] + 1)) != 0);
     }},
    {OperationKind::kEraseAllIf,
     [](Map& map, const Arguments& a) {
       const Key wanted = a[0];
       return Flag(map.erase_if([&](const auto& key, const auto& value) {
         return Key{key} == wanted && Value{value} % 2 == 1;
       }) != 0);
     }},
    {OperationKind::kInsertSortedUntold,
     [](Map& map, const Arguments& a) {
       const std::array<std::pair<Key, Value>, 1> entry = {{{a[0], a[1]}}};
       map.insert_sorted(entry);
       return Nothing();
     }},
};

// Whether each row stands where its kind says.
template <class Map, std::size_t kRows>
constexpr bool InOrder(const CallRow<Map> (&rows)[kRows]) {
  for (std::size_t i = 0; i < kRows; ++i) {
    if (static_cast<std::size_t>(rows[i].kind) != i) return false;
  }
  return true;
}

// The call that `kind` and `arguments` stand for, and its answer. Ends the
// program if the kind has no row.
template <class Seen = SeenEntries, class Map>
Result CallOn(Map& map, OperationKind kind, const Arguments& arguments) {
  static_assert(InOrder(kCalls<Map, Seen>));
  const auto row = static_cast<std::size_t>(kind);
  if (row >= std::size(kCalls<Map, Seen>)) std::abort();
  return kCalls<Map, Seen>[row].call(map, arguments);
}

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_CALLS_H_
