// SPDX-License-Identifier: Apache-2.0

// Changes that a map and a std::map that models it take alike.

#ifndef PMA_TESTING_CHANGES_H_
#define PMA_TESTING_CHANGES_H_

#include <cstddef>

namespace pma::testing {

// Of the entry with the `key`-th of a kind's keys (storage_kinds.h), or of all.
struct Change {
  enum Kind { kInsert, kAssign, kErase, kClear } kind;
  size_t key;
  size_t value;
};

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

}  // namespace pma::testing

#endif  // PMA_TESTING_CHANGES_H_
