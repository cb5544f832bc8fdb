// SPDX-License-Identifier: Apache-2.0

// An allocator that knows what it has given out.
//
// The ledger outlives the map and is shared by all rebound copies. It reports
// bytes not given back, blocks given back twice or with another size, and can
// fail a chosen allocation.

#ifndef PMA_TESTING_COUNTING_ALLOCATOR_H_
#define PMA_TESTING_COUNTING_ALLOCATOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <new>
#include <unordered_map>

namespace pma::testing {

class AllocationLedger {
 public:
  void* Allocate(std::size_t bytes, std::size_t alignment) {
    if (allocations_until_failure_.fetch_sub(1) == 1 ||
        bytes >= refused_from_.load()) {
      throw std::bad_alloc();
    }
    void* block = ::operator new(bytes, std::align_val_t(alignment));
    const std::scoped_lock lock(mutex_);
    blocks_.emplace(block, bytes);
    live_bytes_ += bytes;
    ++allocation_count_;
    return block;
  }

  void Deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    {
      const std::scoped_lock lock(mutex_);
      const auto it = blocks_.find(block);
      if (it == blocks_.end() || it->second != bytes) {
        ++wrong_deallocations_;
        return;  // freeing it would end the test before it can report
      }
      blocks_.erase(it);
      live_bytes_ -= bytes;
    }
    ::operator delete(block, std::align_val_t(alignment));
  }

  // The nth allocation from now throws std::bad_alloc (1 = the next), those
  // after it succeed.
  void FailNth(std::int64_t n) { allocations_until_failure_.store(n); }
  void NeverFail() { allocations_until_failure_.store(kNever); }
  bool HasFailed() const { return allocations_until_failure_.load() <= 0; }

  // Blocks of at least so many bytes cannot be had.
  void RefuseBlocksFrom(std::size_t bytes) { refused_from_.store(bytes); }

  std::size_t live_bytes() const { return Read(live_bytes_); }
  std::size_t live_blocks() const {
    const std::scoped_lock lock(mutex_);
    return blocks_.size();
  }
  // Of blocks of at least so many bytes each.
  std::size_t LiveBytesInBlocksFrom(std::size_t least) const {
    const std::scoped_lock lock(mutex_);
    std::size_t sum = 0;
    for (const auto& [block, bytes] : blocks_) {
      if (bytes >= least) sum += bytes;
    }
    return sum;
  }
  std::size_t allocation_count() const { return Read(allocation_count_); }
  std::size_t wrong_deallocations() const { return Read(wrong_deallocations_); }

 private:
  static constexpr std::int64_t kNever =
      std::numeric_limits<std::int64_t>::max();

  std::size_t Read(const std::size_t& counter) const {
    const std::scoped_lock lock(mutex_);
    return counter;
  }

  std::atomic<std::int64_t> allocations_until_failure_{kNever};
  std::atomic<std::size_t> refused_from_{
      std::numeric_limits<std::size_t>::max()};
  mutable std::mutex mutex_;
  std::unordered_map<void*, std::size_t> blocks_;
  std::size_t live_bytes_ = 0;
  std::size_t allocation_count_ = 0;
  std::size_t wrong_deallocations_ = 0;
};

template <class T>
class CountingAllocator {
 public:
  using value_type = T;

  explicit CountingAllocator(AllocationLedger* ledger) : ledger_(ledger) {}
  template <class U>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert.
  CountingAllocator(const CountingAllocator<U>& other)
      : ledger_(other.ledger()) {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(ledger_->Allocate(count * sizeof(T), alignof(T)));
  }
  void deallocate(T* block, std::size_t count) {
    ledger_->Deallocate(block, count * sizeof(T), alignof(T));
  }

  AllocationLedger* ledger() const { return ledger_; }

  template <class U>
  friend bool operator==(const CountingAllocator& a,
                         const CountingAllocator<U>& b) {
    return a.ledger() == b.ledger();
  }

 private:
  AllocationLedger* ledger_;
};

}  // namespace pma::testing

#endif  // PMA_TESTING_COUNTING_ALLOCATOR_H_
