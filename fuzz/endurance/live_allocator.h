// SPDX-License-Identifier: Apache-2.0

// An allocator that counts the bytes that are out, for runs of hours.
//
// pma/testing/counting_allocator.h knows every block, under a mutex: that would
// order threads wherever they allocate, hide races from ThreadSanitizer and
// take most of the time. This one only adds, without order; deletes of another
// size than was allocated are AddressSanitizer's to find.

#ifndef FUZZ_ENDURANCE_LIVE_ALLOCATOR_H_
#define FUZZ_ENDURANCE_LIVE_ALLOCATOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

namespace pma::endurance {

// Of all maps of the process. Below zero only by a mistake of theirs.
inline std::atomic<std::int64_t> live_bytes{0};

template <class T>
struct LiveAllocator {
  using value_type = T;

  LiveAllocator() = default;
  template <class U>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert.
  LiveAllocator(const LiveAllocator<U>&) {}

  T* allocate(std::size_t count) {
    void* const block =
        ::operator new(count * sizeof(T), std::align_val_t(alignof(T)));
    live_bytes.fetch_add(Bytes(count), std::memory_order_relaxed);
    return static_cast<T*>(block);
  }
  void deallocate(T* block, std::size_t count) {
    live_bytes.fetch_sub(Bytes(count), std::memory_order_relaxed);
    ::operator delete(block, count * sizeof(T), std::align_val_t(alignof(T)));
  }

  template <class U>
  friend bool operator==(const LiveAllocator&, const LiveAllocator<U>&) {
    return true;
  }

 private:
  static std::int64_t Bytes(std::size_t count) {
    return static_cast<std::int64_t>(count * sizeof(T));
  }
};

}  // namespace pma::endurance

#endif  // FUZZ_ENDURANCE_LIVE_ALLOCATOR_H_
