// SPDX-License-Identifier: Apache-2.0

#include "integrations/rocksdb/memtable.h"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "integrations/rocksdb/arena_memory.h"
#include "integrations/rocksdb/entry.h"
#include "integrations/rocksdb/looked_up_key.h"
#include "integrations/rocksdb/random_sample.h"
#include "integrations/rocksdb/record.h"
#include "pma/stats.h"
#include "rocksdb/memtablerep.h"
#include "rocksdb/slice.h"

namespace pma_rocksdb {

// A cursor of the set. What has been inserted since it copied the entries
// around, a reader of RocksDB's would not look at: it is newer than its
// snapshot.
class MemTable::TableIterator final : public MemTableRep::Iterator {
 public:
  explicit TableIterator(const MemTable& table) : table_(table) {}

  bool Valid() const override { return cursor_.valid(); }
  const char* key() const override { return cursor_.key().record; }
  void Next() override {
    cursor_.next();
    FetchAhead(1);
  }
  void Prev() override {
    cursor_.prev();
    FetchAhead(-1);
  }
  // To the first entry >= the key, or the last <= it. RocksDB has the key by
  // itself always, and sometimes also as the beginning of a record.
  void Seek(const Slice& internal_key, const char* record) override {
    const Sought sought = Either(internal_key, record);
    if (has_cursor_) {
      cursor_.seek(sought);
    } else {
      Take(table_.entries_.cursor(sought));
    }
    FetchFirst(1);
  }
  void SeekForPrev(const Slice& internal_key, const char* record) override {
    if (!has_cursor_) SeekToFirst();
    cursor_.seek_for_prev(Either(internal_key, record));
    FetchFirst(-1);
  }
  void SeekToFirst() override {
    if (has_cursor_) {
      cursor_.seek_to_first();
    } else {
      Take(table_.entries_.cursor());
    }
    FetchFirst(1);
  }
  void SeekToLast() override {
    if (!has_cursor_) SeekToFirst();
    cursor_.seek_to_last();
    FetchFirst(-1);
  }

 private:
  Sought Either(const Slice& internal_key, const char* record) const {
    return table_.order_.Seek(record == nullptr ? internal_key
                                                : InternalKeyOf(record));
  }

  // Whoever steps through entries reads their records, which lie anywhere in
  // the arena: they are fetched some steps before, in the direction of the
  // steps.
  static constexpr std::ptrdiff_t kAhead = 12;
  static constexpr size_t kLine = 64;
  static constexpr size_t kLines = 3;  // a hundred bytes, wherever they begin

  void Fetch(std::ptrdiff_t steps) const {
    const Entry* entry = cursor_.peek(steps);
    if (entry == nullptr) return;
    for (size_t line = 0; line < kLines; ++line) {
      __builtin_prefetch(entry->record + line * kLine);
    }
  }
  void FetchAhead(std::ptrdiff_t direction) const {
    if (cursor_.peek(-direction) == nullptr) [[unlikely]] {
      FetchFirst(direction);
    } else {
      Fetch(direction * kAhead);
    }
  }
  // Where a run of entries has just been copied.
  void FetchFirst(std::ptrdiff_t direction) const {
    for (std::ptrdiff_t i = 0; i <= kAhead; ++i) Fetch(direction * i);
  }

  void Take(Entries::Cursor cursor) {
    cursor_ = std::move(cursor);
    has_cursor_ = true;
  }

  const MemTable& table_;
  // Of no set until the first time it seeks: many iterators never do.
  Entries::Cursor cursor_;
  bool has_cursor_ = false;
};

::rocksdb::MemTableRep::Iterator* MemTable::GetIterator(
    ::rocksdb::Arena* arena) {
  return pma_rocksdb::NewIn<TableIterator>(arena, *this);
}

void MemTable::Get(const ::rocksdb::LookupKey& key, void* callback_args,
                   bool (*callback)(void* arg, const char* record)) {
  GetFrom(InternalKeyOf(key), callback_args, callback);
}

void MemTable::GetFrom(const Slice& internal_key, void* callback_args,
                       bool (*callback)(void* arg, const char* record)) const {
  // Most want one record: those after it, only who asks for more. What has been
  // inserted meanwhile is newer than what is asked for.
  Entry first;
  const bool found =
      entries_.scan_n(order_.Seek(internal_key), 1,
                      [&](const Entry& entry) { first = entry; }) > 0;
  if (!found || !callback(callback_args, first.record)) return;
  entries_.scan_after(first, [&](const Entry& entry) {
    return callback(callback_args, entry.record);
  });
}

uint64_t MemTable::ApproximateNumEntries(const Slice& start_internal_key,
                                         const Slice& end_internal_key) {
  return entries_.approximate_count(order_.Seek(start_internal_key),
                                    order_.Seek(end_internal_key));
}

void MemTable::UniqueRandomSample(uint64_t num_entries, uint64_t sample_size,
                                  std::unordered_set<const char*>* records) {
  RandomSample sample(num_entries, sample_size, *records);
  entries_.scan([&](const Entry& entry) { return sample.Look(entry.record); });
}

size_t MemTable::ApproximateMemoryUsage() {
  const pma::MemoryUsage usage = entries_.memory_usage();
  return usage.allocated_bytes;
}

}  // namespace pma_rocksdb
