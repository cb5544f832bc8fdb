// SPDX-License-Identifier: Apache-2.0

// The key that MemTableRep::Get() is to look up.

#ifndef INTEGRATIONS_ROCKSDB_LOOKED_UP_KEY_H_
#define INTEGRATIONS_ROCKSDB_LOOKED_UP_KEY_H_

#include "rocksdb/memtablerep.h"
#include "rocksdb/slice.h"

namespace pma_rocksdb {

// The internal key in `key`, valid as long as that is.
//
// LookupKey is no public type of RocksDB's: it only hands it to its own
// MemTableRep::Get(), which makes an iterator and seeks what is in it. Here
// that iterator lies on the stack, keeps what it is told to seek, and has no
// entries.
::rocksdb::Slice InternalKeyOf(const ::rocksdb::LookupKey& key);

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_LOOKED_UP_KEY_H_
