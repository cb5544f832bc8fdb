// SPDX-License-Identifier: Apache-2.0

// Changes that a map and a std::map that models it take alike.

#ifndef PMA_TESTING_CHANGES_H_
#define PMA_TESTING_CHANGES_H_

#include <cstddef>
#include <utility>
#include <vector>

namespace pma::testing {

// Of the entry with the `key`-th of a kind's keys (storage_kinds.h), or of all.
struct Change {
  enum Kind { kInsert, kAssign, kErase, kClear } kind;
  size_t key;
  size_t value;
  // Not 0: of so many keys from that one on, by an operation on many.
  size_t many = 0;
};

// The same, entry by entry.
inline std::vector<Change> Singly(const Change& change) {
  if (change.many == 0) return {change};
  std::vector<Change> changes;
  for (size_t i = 0; i < change.many; ++i) {
    changes.push_back({change.kind, change.key + i, change.value});
  }
  return changes;
}

template <class Kind, class Map>
void Apply(const Change& change, Map& map) {
  const auto key = Kind::MakeKey(change.key);
  switch (change.kind) {
    case Change::kInsert:
      map.try_emplace(key, Kind::MakeValue(change.value));
      break;
    case Change::kAssign:
      map.insert_or_assign(key, Kind::MakeValue(change.value));
      break;
    case Change::kErase:
      map.erase(key);
      break;
    case Change::kClear:
      map.clear();
      break;
  }
}

// To a map that has operations on many: a merge, a batch, an erased range.
template <class Kind, class Map>
void ApplyAtOnce(const Change& change, Map& map) {
  if (change.many == 0) return Apply<Kind>(change, map);
  std::vector<std::pair<typename Kind::Key, typename Kind::Value>> entries;
  std::vector<typename Kind::Key> keys;
  std::vector<typename Kind::Value> values;
  for (const Change& one : Singly(change)) {
    keys.push_back(Kind::MakeKey(one.key));
    values.push_back(Kind::MakeValue(one.value));
    entries.emplace_back(keys.back(), values.back());
  }
  switch (change.kind) {
    case Change::kInsert:
      map.insert_sorted(entries);
      break;
    case Change::kAssign:
      map.assign_batch(keys, values);
      break;
    case Change::kErase:
      map.erase_range(keys.front(), Kind::MakeKey(change.key + change.many));
      break;
    case Change::kClear:
      map.clear();
      break;
  }
}

}  // namespace pma::testing

#endif  // PMA_TESTING_CHANGES_H_
