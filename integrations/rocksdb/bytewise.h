// SPDX-License-Identifier: Apache-2.0

// Whether a memtable's comparator orders users' keys by their bytes.

#ifndef INTEGRATIONS_ROCKSDB_BYTEWISE_H_
#define INTEGRATIONS_ROCKSDB_BYTEWISE_H_

#include "rocksdb/memtablerep.h"

namespace pma_rocksdb {

// True if `compare` is what a memtable of RocksDB compares with and the user's
// comparator in it is BytewiseComparator(), which knows no timestamps. False if
// it is another, or if this is a RocksDB of which that is not known: a memtable
// then does all by the comparator.
bool OrdersBytewise(const ::rocksdb::MemTableRep::KeyComparator& compare);

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_BYTEWISE_H_
