// SPDX-License-Identifier: Apache-2.0

// A map of rows, which races as a map of records does: rows are made where a
// record goes in, before the map is asked, and read where one comes out.

#ifndef BENCH_MAPS_OF_ROWS_H_
#define BENCH_MAPS_OF_ROWS_H_

#include <cstddef>

#include "bench/keys/record.h"
#include "bench/keys/row.h"

namespace pma::bench {

// `Map` is an adapter whose values are rows.
template <class Map, class Key>
class OfRows : public Map {
 public:
  explicit OfRows(size_t row_bytes) : row_bytes_(row_bytes) {}

  bool Insert(const Key& key, Record record) {
    return Map::Insert(key, Row(record, row_bytes_));
  }
  bool Assign(const Key& key, Record record) {
    return Map::Assign(key, Row(record, row_bytes_));
  }

 private:
  const size_t row_bytes_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_OF_ROWS_H_
