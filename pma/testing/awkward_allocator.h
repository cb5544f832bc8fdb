// SPDX-License-Identifier: Apache-2.0

// Allocators that do no more than the standard asks of them.

#ifndef PMA_TESTING_AWKWARD_ALLOCATOR_H_
#define PMA_TESTING_AWKWARD_ALLOCATOR_H_

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

#include "pma/testing/counting_allocator.h"

namespace pma::testing {

// What it must be able to be asked for; more is ignored.
inline constexpr std::size_t kFundamentalAlign = alignof(std::max_align_t);

// A pointer of a class, without conversions to or from T*.
template <class T>
class FancyPointer {
 public:
  using element_type = T;

  FancyPointer() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): null is a pointer.
  FancyPointer(std::nullptr_t) {}
  static FancyPointer pointer_to(T& object) {
    FancyPointer pointer;
    pointer.address_ = std::addressof(object);
    return pointer;
  }

  T& operator*() const { return *address_; }
  T* operator->() const { return address_; }
  explicit operator bool() const { return address_ != nullptr; }
  friend bool operator==(const FancyPointer&, const FancyPointer&) = default;

 private:
  T* address_ = nullptr;
};

// Gives out memory that is never aligned to more than it must be, and null
// where others throw. Stateful, and not default-constructible. The ledger is
// told of kExtraBytes more for each block.
template <class T, bool kPropagates>
class AwkwardAllocator {
 public:
  using value_type = T;
  using pointer = FancyPointer<T>;
  using propagate_on_container_move_assignment =
      std::bool_constant<kPropagates>;
  using propagate_on_container_swap = std::bool_constant<kPropagates>;
  template <class U>
  struct rebind {
    using other = AwkwardAllocator<U, kPropagates>;
  };

  static constexpr std::size_t kExtraBytes = 128;

  explicit AwkwardAllocator(AllocationLedger* ledger) : ledger_(ledger) {}
  template <class U>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert.
  AwkwardAllocator(const AwkwardAllocator<U, kPropagates>& other)
      : ledger_(other.ledger()) {}

  pointer allocate(std::size_t count) {
    static_assert(alignof(T) <= kFundamentalAlign);
    std::byte* block = nullptr;
    try {
      block = static_cast<std::byte*>(
          ledger_->Allocate(count * sizeof(T) + kExtraBytes, kExtraBytes));
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    return pointer::pointer_to(
        *reinterpret_cast<T*>(block + kFundamentalAlign));
  }
  void deallocate(pointer block, std::size_t count) {
    ledger_->Deallocate(reinterpret_cast<std::byte*>(std::to_address(block)) -
                            kFundamentalAlign,
                        count * sizeof(T) + kExtraBytes, kExtraBytes);
  }

  AllocationLedger* ledger() const { return ledger_; }

  friend bool operator==(const AwkwardAllocator& a, const AwkwardAllocator& b) {
    return a.ledger() == b.ledger();
  }

 private:
  AllocationLedger* ledger_;
};

// Counts up in a buffer; what is freed stays where it is.
class BumpArena {
 public:
  explicit BumpArena(std::size_t bytes)
      : bytes_(bytes), buffer_(std::make_unique<std::byte[]>(bytes)) {}

  void* Allocate(std::size_t bytes) {
    bytes =
        (bytes + kFundamentalAlign - 1) / kFundamentalAlign * kFundamentalAlign;
    if (bytes > bytes_ - used_) throw std::bad_alloc();
    used_ += bytes;
    return buffer_.get() + used_ - bytes;
  }

 private:
  std::size_t bytes_;
  std::size_t used_ = 0;
  std::unique_ptr<std::byte[]> buffer_;
};

// The allocator of many a tutorial: malloc(), or an arena.
template <class T>
class TutorialAllocator {
 public:
  using value_type = T;

  TutorialAllocator() = default;
  explicit TutorialAllocator(BumpArena* arena) : arena_(arena) {}
  template <class U>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert.
  TutorialAllocator(const TutorialAllocator<U>& other)
      : arena_(other.arena()) {}

  T* allocate(std::size_t count) {
    void* memory = arena_ != nullptr ? arena_->Allocate(count * sizeof(T))
                                     : std::malloc(count * sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t) {
    if (arena_ == nullptr) std::free(memory);
  }

  BumpArena* arena() const { return arena_; }

  template <class U>
  friend bool operator==(const TutorialAllocator& a,
                         const TutorialAllocator<U>& b) {
    return a.arena() == b.arena();
  }

 private:
  BumpArena* arena_ = nullptr;
};

}  // namespace pma::testing

#endif  // PMA_TESTING_AWKWARD_ALLOCATOR_H_
