// SPDX-License-Identifier: Apache-2.0

#include "integrations/rocksdb/bytewise.h"

#include <cstring>
#include <string>
#include <string_view>
#include <typeinfo>

#include "rocksdb/comparator.h"
#include "rocksdb/convenience.h"
#include "rocksdb/version.h"

namespace pma_rocksdb {
namespace {

// RocksDB tells a memtable only how to compare, not by what. So it is looked up
// where it lies: in 7.8, MemTable::KeyComparator is its pointer to a table of
// functions, and an InternalKeyComparator, which is the same and the user's
// comparator. (db/memtable.h, db/dbformat.h, util/user_comparator_wrapper.h.)
struct MemTableKeyComparator {
  const void* functions;
  const void* functions_of_internal;
  const ::rocksdb::Comparator* user_comparator;
};
constexpr std::string_view kTypeName = "N7rocksdb8MemTable13KeyComparatorE";
constexpr bool kKnownVersion = ROCKSDB_MAJOR == 7 && ROCKSDB_MINOR == 8;

// The library need not be that of the headers.
bool RunsWithItsHeaders() {
  static const bool same = ::rocksdb::GetRocksVersionAsString() ==
                           std::to_string(ROCKSDB_MAJOR) + "." +
                               std::to_string(ROCKSDB_MINOR) + "." +
                               std::to_string(ROCKSDB_PATCH);
  return same;
}

}  // namespace

bool OrdersBytewise(const ::rocksdb::MemTableRep::KeyComparator& compare) {
  if (!kKnownVersion || !RunsWithItsHeaders() ||
      typeid(compare).name() != kTypeName) {
    return false;
  }
  MemTableKeyComparator inside;
  std::memcpy(&inside, static_cast<const void*>(&compare), sizeof(inside));
  return inside.user_comparator == ::rocksdb::BytewiseComparator();
}

}  // namespace pma_rocksdb
