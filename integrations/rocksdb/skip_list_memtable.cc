// SPDX-License-Identifier: Apache-2.0

#include "integrations/rocksdb/skip_list_memtable.h"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>
#include <unordered_set>

#include "integrations/rocksdb/arena_memory.h"
#include "integrations/rocksdb/looked_up_key.h"
#include "integrations/rocksdb/random_sample.h"
#include "integrations/rocksdb/record.h"
#include "integrations/rocksdb/skip_list.h"
#include "rocksdb/memtablerep.h"
#include "rocksdb/slice.h"

namespace pma_rocksdb {

class SkipListMemTable::ListIterator final : public MemTableRep::Iterator {
 public:
  explicit ListIterator(const SkipList& list) : list_(list) {}

  bool Valid() const override { return node_ != nullptr; }
  const char* key() const override { return node_->record(); }
  void Next() override { node_ = node_->Next(0); }
  // There are no links back.
  void Prev() override { StandBefore(InternalKeyOf(node_->record())); }
  void Seek(const Slice& internal_key, const char* /*record*/) override {
    node_ = list_.FirstFrom(internal_key);
  }
  void SeekForPrev(const Slice& internal_key, const char* record) override {
    Seek(internal_key, record);
    if (node_ == nullptr) {
      SeekToLast();
    } else if (list_.order()(node_->record(), internal_key) > 0) {
      Prev();
    }
  }
  void SeekToFirst() override { node_ = list_.First(); }
  void SeekToLast() override { StandAt(list_.Last()); }

 private:
  void StandBefore(const Slice& internal_key) {
    StandAt(list_.LastBefore(internal_key));
  }
  void StandAt(const SkipList::Node* node) {
    node_ = list_.IsHead(node) ? nullptr : node;
  }

  const SkipList& list_;
  const SkipList::Node* node_ = nullptr;
};

::rocksdb::KeyHandle SkipListMemTable::Allocate(size_t size, char** record) {
  const int height = SkipList::RandomHeight();
  void* memory = pma_rocksdb::AllocateFrom(*allocator_,
                                           SkipList::LinkBytes(height) + size);
  *record = SkipList::MakeNode(memory, height);
  return *record;
}

bool SkipListMemTable::InsertKeyWithHint(KeyHandle handle, void** hint) {
  if (*hint == nullptr) {
    *hint =
        new (pma_rocksdb::AllocateFrom(*allocator_, sizeof(SkipList::Splice)))
            SkipList::Splice;
  }
  return list_.Insert<false>(RecordOf(handle),
                             *static_cast<SkipList::Splice*>(*hint), true);
}

bool SkipListMemTable::InsertKeyWithHintConcurrently(KeyHandle handle,
                                                     void** hint) {
  if (*hint == nullptr) {
    *hint = new (new char[sizeof(SkipList::Splice)]) SkipList::Splice;
  }
  return list_.Insert<true>(RecordOf(handle),
                            *static_cast<SkipList::Splice*>(*hint), true);
}

bool SkipListMemTable::Contains(const char* record) const {
  const SkipList::Node* node = list_.FirstFrom(InternalKeyOf(record));
  return node != nullptr && list_.order()(node->record(), record) == 0;
}

void SkipListMemTable::Get(const ::rocksdb::LookupKey& key, void* callback_args,
                           bool (*callback)(void* arg, const char* record)) {
  const SkipList::Node* node = list_.FirstFrom(InternalKeyOf(key));
  while (node != nullptr && callback(callback_args, node->record())) {
    node = node->Next(0);
  }
}

uint64_t SkipListMemTable::ApproximateNumEntries(
    const Slice& start_internal_key, const Slice& end_internal_key) {
  const uint64_t start = list_.EstimateCount(start_internal_key);
  const uint64_t end = list_.EstimateCount(end_internal_key);
  return end > start ? end - start : 0;
}

void SkipListMemTable::UniqueRandomSample(
    uint64_t num_entries, uint64_t sample_size,
    std::unordered_set<const char*>* records) {
  RandomSample sample(num_entries, sample_size, *records);
  for (const SkipList::Node* node = list_.First(); node != nullptr;
       node = node->Next(0)) {
    if (!sample.Look(node->record())) break;
  }
}

::rocksdb::MemTableRep::Iterator* SkipListMemTable::GetIterator(
    ::rocksdb::Arena* arena) {
  return pma_rocksdb::NewIn<ListIterator>(arena, list_);
}

}  // namespace pma_rocksdb
