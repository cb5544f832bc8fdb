// SPDX-License-Identifier: Apache-2.0

#include "integrations/rocksdb/looked_up_key.h"

#include <cstddef>
#include <new>

#include "rocksdb/memtablerep.h"
#include "rocksdb/slice.h"

namespace pma_rocksdb {
namespace {

using ::rocksdb::MemTableRep;
using ::rocksdb::Slice;

// Keeps what it is told to seek, and finds nothing.
class Told final : public MemTableRep::Iterator {
 public:
  explicit Told(Slice& key) : key_(key) {}
  // It is on the stack, whatever its caller believes: Get() of 7.8 forgets to
  // delete it, and others may not.
  // NOLINTNEXTLINE(misc-new-delete-overloads): it is made in place.
  static void operator delete(void* /*memory*/) {}

  void Seek(const Slice& internal_key, const char* /*record*/) override {
    key_ = internal_key;
  }
  bool Valid() const override { return false; }

  const char* key() const override { return nullptr; }
  void Next() override {}
  void Prev() override {}
  void SeekForPrev(const Slice& /*key*/, const char* /*record*/) override {}
  void SeekToFirst() override {}
  void SeekToLast() override {}

 private:
  Slice& key_;
};

// A table that has but this iterator.
class Listener final : public MemTableRep {
 public:
  Listener() : MemTableRep(nullptr) {}

  Slice Hear(const ::rocksdb::LookupKey& key) {
    MemTableRep::Get(key, nullptr, nullptr);
    return key_;
  }

  Iterator* GetIterator(::rocksdb::Arena* /*arena*/) override {
    return new (memory_) Told(key_);
  }

  void Insert(::rocksdb::KeyHandle /*handle*/) override {}
  bool Contains(const char* /*record*/) const override { return false; }
  size_t ApproximateMemoryUsage() override { return 0; }

 private:
  Slice key_;
  alignas(Told) std::byte memory_[sizeof(Told)];
};

}  // namespace

Slice InternalKeyOf(const ::rocksdb::LookupKey& key) {
  return Listener().Hear(key);
}

}  // namespace pma_rocksdb
