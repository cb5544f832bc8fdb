// SPDX-License-Identifier: Apache-2.0

// Memory for tree nodes that live as long as the tree: bump allocation out of
// large chunks, in huge pages where the system grants them. With 4 KiB pages a
// look-up in a tree larger than the caches pays for a miss of the address
// translation at every level.

#ifndef BENCH_MAPS_PEERS_NODE_ARENA_H_
#define BENCH_MAPS_PEERS_NODE_ARENA_H_

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace pma::bench {

class NodeArena {
 public:
  // Uninitialised memory for a node of `bytes`: aligned to 64 if they are a
  // multiple of it, as are all others of this arena; to 16 likewise.
  // Thread-safe. Throws std::bad_alloc.
  void* Allocate(size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (left_ < bytes) AddChunk(bytes);
    std::byte* const node = next_;
    next_ += bytes;
    left_ -= bytes;
    return node;
  }

  // What the chunks take, used or not.
  size_t AllocatedBytes() const {
    const std::lock_guard lock(mutex_);
    return allocated_bytes_;
  }

 private:
  static constexpr size_t kHugePageBytes = size_t{1} << 21;
  static constexpr size_t kFirstChunkBytes = size_t{1} << 15;

  struct Free {
    void operator()(void* chunk) const { std::free(chunk); }
  };

  // Chunks double up to a huge page, so that a small tree stays small; one that
  // is to hold more than that is a chunk of its own.
  void AddChunk(size_t needed) {
    const size_t bytes =
        std::max(std::clamp(allocated_bytes_, kFirstChunkBytes, kHugePageBytes),
                 (needed + 4095) / 4096 * 4096);
    const size_t alignment = bytes == kHugePageBytes ? kHugePageBytes : 4096;
    std::unique_ptr<void, Free> chunk(std::aligned_alloc(alignment, bytes));
    if (chunk == nullptr) throw std::bad_alloc();
    // A request: where it is refused, ordinary pages serve.
    if (bytes == kHugePageBytes) madvise(chunk.get(), bytes, MADV_HUGEPAGE);
    next_ = static_cast<std::byte*>(chunk.get());
    left_ = bytes;
    chunks_.push_back(std::move(chunk));
    allocated_bytes_ += bytes;
  }

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<void, Free>> chunks_;
  std::byte* next_ = nullptr;
  size_t left_ = 0;
  size_t allocated_bytes_ = 0;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_PEERS_NODE_ARENA_H_
