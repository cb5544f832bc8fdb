// SPDX-License-Identifier: Apache-2.0

#include "integrations/rocksdb/arena_memory.h"

#include <cstddef>
#include <cstdint>

#include "rocksdb/memtablerep.h"

namespace pma_rocksdb {
namespace {

using ::rocksdb::MemTableRep;

// What is public is how a table allocates a record.
class Allocating final : public MemTableRep {
 public:
  explicit Allocating(::rocksdb::Allocator& arena) : MemTableRep(&arena) {}

  Iterator* GetIterator(::rocksdb::Arena* /*arena*/) override {
    return nullptr;
  }
  void Insert(::rocksdb::KeyHandle /*handle*/) override {}
  bool Contains(const char* /*record*/) const override { return false; }
  size_t ApproximateMemoryUsage() override { return 0; }
};

}  // namespace

void* AllocateFrom(::rocksdb::Allocator& arena, size_t bytes) {
  constexpr uintptr_t kMask = alignof(void*) - 1;
  char* memory = nullptr;
  Allocating(arena).Allocate(bytes + kMask, &memory);
  const auto address = reinterpret_cast<uintptr_t>(memory);
  return memory + ((kMask + 1 - (address & kMask)) & kMask);
}

void* AllocateFrom(::rocksdb::Arena& arena, size_t bytes) {
  // An Arena is an Allocator, and nothing else before it.
  return AllocateFrom(reinterpret_cast<::rocksdb::Allocator&>(arena), bytes);
}

}  // namespace pma_rocksdb
