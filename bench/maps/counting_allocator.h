// SPDX-License-Identifier: Apache-2.0

// What a map really takes from malloc: an allocator that keeps count.
//
// Counted is what malloc hands out, that is the usable size of the block plus
// its 8-byte header, not what was asked for: a node of 33 bytes costs 48. The
// count is kept in striped relaxed counters (about 2 ns an allocation) and
// belongs to the process: only one map is alive at a time.

#ifndef BENCH_MAPS_COUNTING_ALLOCATOR_H_
#define BENCH_MAPS_COUNTING_ALLOCATOR_H_

#include <malloc.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace pma::bench {

// A line of its own, so that threads do not slow each other down by counting.
struct alignas(64) HeapCountStripe {
  std::atomic<int64_t> bytes{0};
};

class HeapCount {
 public:
  static void Add(int64_t bytes) {
    thread_local const size_t stripe =
        next_stripe_.fetch_add(1, std::memory_order_relaxed) % kStripeCount;
    stripes_[stripe].bytes.fetch_add(bytes, std::memory_order_relaxed);
  }

  // Exact while no thread allocates.
  static size_t Bytes() {
    int64_t sum = 0;
    for (const HeapCountStripe& stripe : stripes_) {
      sum += stripe.bytes.load(std::memory_order_relaxed);
    }
    return static_cast<size_t>(sum);
  }

 private:
  static constexpr size_t kStripeCount = 64;
  static inline std::array<HeapCountStripe, kStripeCount> stripes_;
  static inline std::atomic<size_t> next_stripe_{0};
};

template <class T>
struct CountingAllocator {
  using value_type = T;

  CountingAllocator() = default;
  template <class U>
  CountingAllocator(const CountingAllocator<U>&) {}  // NOLINT: rebinding

  T* allocate(size_t count) {
    T* const block = std::allocator<T>().allocate(count);
    HeapCount::Add(Cost(block));
    return block;
  }
  void deallocate(T* block, size_t count) {
    HeapCount::Add(-Cost(block));
    std::allocator<T>().deallocate(block, count);
  }

  friend bool operator==(CountingAllocator, CountingAllocator) { return true; }

 private:
  static int64_t Cost(T* block) {
    return static_cast<int64_t>(malloc_usable_size(block) + sizeof(size_t));
  }
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_COUNTING_ALLOCATOR_H_
