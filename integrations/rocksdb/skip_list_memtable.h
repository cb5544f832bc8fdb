// SPDX-License-Identifier: Apache-2.0

// The opponent: a memtable by RocksDB's own skip list, compiled as the map is.

#ifndef INTEGRATIONS_ROCKSDB_SKIP_LIST_MEMTABLE_H_
#define INTEGRATIONS_ROCKSDB_SKIP_LIST_MEMTABLE_H_

#include <cstddef>
#include <cstdint>
#include <unordered_set>

#include "integrations/rocksdb/record.h"
#include "integrations/rocksdb/skip_list.h"
#include "rocksdb/memtablerep.h"

namespace pma_rocksdb {

// As RocksDB's SkipListRep. Its records have links before them, for which it
// takes up to seven bytes more than RocksDB's own, to align them.
class SkipListMemTable : public ::rocksdb::MemTableRep {
 public:
  using KeyHandle = ::rocksdb::KeyHandle;

  SkipListMemTable(const KeyComparator& compare,
                   ::rocksdb::Allocator* allocator, bool bytewise)
      : MemTableRep(allocator), list_(RecordOrder(compare, bytewise)) {}

  KeyHandle Allocate(size_t size, char** record) override;

  void Insert(KeyHandle handle) override { InsertKey(handle); }
  bool InsertKey(KeyHandle handle) override {
    return list_.Insert<false>(RecordOf(handle), splice_, false);
  }
  void InsertConcurrently(KeyHandle handle) override {
    InsertKeyConcurrently(handle);
  }
  bool InsertKeyConcurrently(KeyHandle handle) override {
    SkipList::Splice splice;
    return list_.Insert<true>(RecordOf(handle), splice, false);
  }
  // A hint is a splice: of the arena, or if threads insert concurrently of the
  // heap, from where RocksDB deletes it as an array of characters.
  bool InsertKeyWithHint(KeyHandle handle, void** hint) override;
  bool InsertKeyWithHintConcurrently(KeyHandle handle, void** hint) override;

  bool Contains(const char* record) const override;
  void Get(const ::rocksdb::LookupKey& key, void* callback_args,
           bool (*callback)(void* arg, const char* record)) override;
  uint64_t ApproximateNumEntries(const Slice& start_internal_key,
                                 const Slice& end_internal_key) override;
  void UniqueRandomSample(uint64_t num_entries, uint64_t sample_size,
                          std::unordered_set<const char*>* records) override;
  // All is in the arena.
  size_t ApproximateMemoryUsage() override { return 0; }

  Iterator* GetIterator(::rocksdb::Arena* arena) override;

 private:
  class ListIterator;

  static const char* RecordOf(KeyHandle handle) {
    return static_cast<const char*>(handle);
  }

  SkipList list_;
  SkipList::Splice splice_;  // of whoever is the only writer
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_SKIP_LIST_MEMTABLE_H_
