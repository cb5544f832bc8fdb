// SPDX-License-Identifier: Apache-2.0

// Memory that optimistic readers may still look at after it was given back.
//
// A block is only ever used again as one of the same class, so that whoever
// holds an old pointer still finds words of the sort that it expects; that the
// block is another one by now it learns from a version. So nothing has to wait
// until no reader is left, and readers announce nothing.

#ifndef BENCH_MAPS_PEERS_BLOCK_POOL_H_
#define BENCH_MAPS_PEERS_BLOCK_POOL_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/maps/peers/node_arena.h"

namespace pma::bench {

// Thread-safe. Memory is freed with the pool.
class BlockPool {
 public:
  struct Block {
    void* memory = nullptr;
    bool is_used = false;  // holds what it held when it was given back
  };

  // All blocks of a class have the same size, a multiple of 16.
  explicit BlockPool(size_t class_count) {
    for (Stripe& stripe : stripes_) stripe.free.resize(class_count);
  }

  // Throws std::bad_alloc.
  Block Take(size_t block_class, size_t bytes) {
    Stripe& stripe = OfThisThread();
    {
      const std::lock_guard lock(stripe.mutex);
      std::vector<void*>& free = stripe.free[block_class];
      if (!free.empty()) {
        const Block block{free.back(), true};
        free.pop_back();
        // Whoever sees what is stored into the block from here on sees also
        // that a version has changed since it was given back.
        std::atomic_thread_fence(std::memory_order_release);
        return block;
      }
    }
    return {stripe.arena.Allocate(bytes), false};
  }

  void GiveBack(size_t block_class, void* memory) {
    Stripe& stripe = OfThisThread();
    const std::lock_guard lock(stripe.mutex);
    stripe.free[block_class].push_back(memory);
  }

  // What has been taken from the system, in use or not.
  size_t AllocatedBytes() const {
    size_t bytes = 0;
    for (const Stripe& stripe : stripes_) {
      const std::lock_guard lock(stripe.mutex);
      bytes += stripe.arena.AllocatedBytes();
      for (const std::vector<void*>& free : stripe.free) {
        bytes += free.capacity() * sizeof(void*);
      }
    }
    return bytes;
  }

 private:
  struct alignas(64) Stripe {
    mutable std::mutex mutex;
    std::vector<std::vector<void*>> free;  // by class
    NodeArena arena;
  };

  // Few threads share a stripe.
  Stripe& OfThisThread() {
    thread_local const size_t stripe =
        std::hash<std::thread::id>()(std::this_thread::get_id());
    return stripes_[stripe % stripes_.size()];
  }

  std::array<Stripe, 8> stripes_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_PEERS_BLOCK_POOL_H_
