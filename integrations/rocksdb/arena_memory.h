// SPDX-License-Identifier: Apache-2.0

// Memory of RocksDB's arenas, whose types it keeps to itself.

#ifndef INTEGRATIONS_ROCKSDB_ARENA_MEMORY_H_
#define INTEGRATIONS_ROCKSDB_ARENA_MEMORY_H_

#include <cstddef>
#include <new>
#include <utility>

#include "rocksdb/memtablerep.h"

namespace pma_rocksdb {

// So many bytes of an arena, aligned as a pointer is. They are freed with it.
void* AllocateFrom(::rocksdb::Arena& arena, size_t bytes);
void* AllocateFrom(::rocksdb::Allocator& arena, size_t bytes);

// Makes an object in the arena; without one, on the heap.
template <class Object, class... Arguments>
Object* NewIn(::rocksdb::Arena* arena, Arguments&&... arguments) {
  static_assert(alignof(Object) <= alignof(void*));
  void* memory = arena == nullptr
                     ? ::operator new(sizeof(Object))
                     : pma_rocksdb::AllocateFrom(*arena, sizeof(Object));
  return new (memory) Object(std::forward<Arguments>(arguments)...);
}

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_ARENA_MEMORY_H_
