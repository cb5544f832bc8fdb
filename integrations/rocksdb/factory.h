// SPDX-License-Identifier: Apache-2.0

// What RocksDB makes memtables with, by the name `pma`.

#ifndef INTEGRATIONS_ROCKSDB_FACTORY_H_
#define INTEGRATIONS_ROCKSDB_FACTORY_H_

#include "integrations/rocksdb/bytewise.h"
#include "integrations/rocksdb/memtable.h"
#include "rocksdb/memtablerep.h"

namespace pma_rocksdb {

// Options::memtable_factory of a database that keeps its memtables in maps.
class MemTableFactory final : public ::rocksdb::MemTableRepFactory {
 public:
  static const char* kClassName() { return "pma"; }
  const char* Name() const override { return kClassName(); }

  using MemTableRepFactory::CreateMemTableRep;
  ::rocksdb::MemTableRep* CreateMemTableRep(
      const ::rocksdb::MemTableRep::KeyComparator& compare,
      ::rocksdb::Allocator* allocator,
      const ::rocksdb::SliceTransform* /*prefix*/,
      ::rocksdb::Logger* /*logger*/) override {
    return new MemTable(compare, allocator,
                        pma_rocksdb::OrdersBytewise(compare));
  }

  bool IsInsertConcurrentlySupported() const override { return true; }
  bool CanHandleDuplicatedKey() const override { return true; }
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_FACTORY_H_
