// SPDX-License-Identifier: Apache-2.0

// What RocksDB makes memtables with, by their names.

#ifndef INTEGRATIONS_ROCKSDB_FACTORY_H_
#define INTEGRATIONS_ROCKSDB_FACTORY_H_

#include "integrations/rocksdb/bytewise.h"
#include "integrations/rocksdb/memtable.h"
#include "integrations/rocksdb/record.h"
#include "integrations/rocksdb/skip_list_memtable.h"
#include "rocksdb/memtablerep.h"

namespace pma_rocksdb {

// Options::memtable_factory of a database: one of the two below.
template <class Table>
class Factory : public ::rocksdb::MemTableRepFactory {
 public:
  using MemTableRepFactory::CreateMemTableRep;
  ::rocksdb::MemTableRep* CreateMemTableRep(
      const KeyComparator& compare, ::rocksdb::Allocator* allocator,
      const ::rocksdb::SliceTransform* /*prefix*/,
      ::rocksdb::Logger* /*logger*/) override {
    return new Table(compare, allocator, pma_rocksdb::OrdersBytewise(compare));
  }

  bool IsInsertConcurrentlySupported() const override { return true; }
  bool CanHandleDuplicatedKey() const override { return true; }
};

// The map.
class MemTableFactory final : public Factory<MemTable> {
 public:
  static const char* kClassName() { return "pma"; }
  const char* Name() const override { return kClassName(); }
};

// RocksDB's algorithm without its assertions.
class SkipListMemTableFactory final : public Factory<SkipListMemTable> {
 public:
  static const char* kClassName() { return "skip_list_unchecked"; }
  const char* Name() const override { return kClassName(); }
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_FACTORY_H_
