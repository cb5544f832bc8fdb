// SPDX-License-Identifier: Apache-2.0

// A memtable of RocksDB that keeps its records in order by a
// pma::ConcurrentSet.
//
// Records lie in RocksDB's arena; the set has two words for each (entry.h),
// which are never erased. Any number of threads may insert and read at once:
// what RocksDB asks of them, that no two insert one record and that readers
// know nothing of what is not yet published, the set does not need.

#ifndef INTEGRATIONS_ROCKSDB_MEMTABLE_H_
#define INTEGRATIONS_ROCKSDB_MEMTABLE_H_

#include <cstddef>
#include <cstdint>
#include <unordered_set>

#include "integrations/rocksdb/entry.h"
#include "integrations/rocksdb/record.h"
#include "pma/concurrent_set.h"
#include "rocksdb/memtablerep.h"

namespace pma_rocksdb {

class MemTable final : public ::rocksdb::MemTableRep {
 public:
  using Entries = pma::ConcurrentSet<Entry, EntryOrder>;
  using KeyHandle = ::rocksdb::KeyHandle;

  // `compare` and `allocator`, the arena, must outlive it. `bytewise`: whether
  // the users' keys are ordered by their bytes.
  MemTable(const KeyComparator& compare, ::rocksdb::Allocator* allocator,
           bool bytewise)
      : MemTableRep(allocator),
        order_(RecordOrder(compare, bytewise)),
        entries_(order_) {}

  // A handle is the record: what Allocate(), which is RocksDB's own, returns.
  // False if a record of the same key and sequence number is there. Hints are
  // not needed: the set remembers where runs go on.
  bool InsertKey(KeyHandle handle) override {
    return entries_.insert(order_.EntryOf(static_cast<const char*>(handle)));
  }
  void Insert(KeyHandle handle) override { InsertKey(handle); }
  void InsertConcurrently(KeyHandle handle) override { InsertKey(handle); }
  bool InsertKeyConcurrently(KeyHandle handle) override {
    return InsertKey(handle);
  }
  bool InsertKeyWithHint(KeyHandle handle, void** /*hint*/) override {
    return InsertKey(handle);
  }
  bool InsertKeyWithHintConcurrently(KeyHandle handle,
                                     void** /*hint*/) override {
    return InsertKey(handle);
  }

  bool Contains(const char* record) const override {
    return entries_.contains(order_.EntryOf(record));
  }

  // Shows `callback` the records from `key` on, until it returns false. Neither
  // iterator nor lock is held while it runs.
  void Get(const ::rocksdb::LookupKey& key, void* callback_args,
           bool (*callback)(void* arg, const char* record)) override;
  // The same of an internal key.
  void GetFrom(const Slice& internal_key, void* callback_args,
               bool (*callback)(void* arg, const char* record)) const;

  // How many records there are in between, about.
  uint64_t ApproximateNumEntries(const Slice& start_internal_key,
                                 const Slice& end_internal_key) override;

  // Some `sample_size` of `num_entries` records, each as likely as any other.
  void UniqueRandomSample(uint64_t num_entries, uint64_t sample_size,
                          std::unordered_set<const char*>* records) override;

  // What the set takes, besides the arena. O(1).
  size_t ApproximateMemoryUsage() override;

  // Nothing is inserted any more: frees what insertions have left behind.
  void MarkReadOnly() override { entries_.reclaim(); }

  Iterator* GetIterator(::rocksdb::Arena* arena) override;

 private:
  class TableIterator;

  const EntryOrder order_;
  Entries entries_;
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_MEMTABLE_H_
