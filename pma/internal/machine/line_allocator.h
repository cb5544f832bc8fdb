// SPDX-License-Identifier: Apache-2.0

// Raw memory from the user's allocator, aligned by ourselves.
//
// An allocator must align to what `std::max_align_t` needs. Whether it knows of
// more is its own affair, and many do not: they call malloc(), or count up in a
// buffer. So none is asked for more, except std::allocator where that pays.
// Pointers of allocators may be of any class: memory is kept by its address,
// and the pointer is made again when it goes back.

#ifndef PMA_INTERNAL_MACHINE_LINE_ALLOCATOR_H_
#define PMA_INTERNAL_MACHINE_LINE_ALLOCATOR_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

// What every allocator aligns to.
inline constexpr size_t kPlainAlign = alignof(std::max_align_t);

// Whether it is std::allocator, of whatever type.
template <class Allocator>
inline constexpr bool kIsStandard = std::is_same_v<
    typename std::allocator_traits<Allocator>::template rebind_alloc<std::byte>,
    std::allocator<std::byte>>;

// The allocator itself if it has no state, else where it is: a container may
// come to use another one, which is equal.
template <class Allocator>
class AllocatorSource {
 public:
  explicit AllocatorSource(const Allocator& allocator) : where_(&allocator) {}
  const Allocator& get() const { return *where_; }

 private:
  const Allocator* where_;
};
template <class Allocator>
  requires std::is_empty_v<Allocator>
class AllocatorSource<Allocator> {
 public:
  explicit AllocatorSource(const Allocator& allocator)
      : allocator_(allocator) {}
  const Allocator& get() const { return allocator_; }

 private:
  [[no_unique_address]] Allocator allocator_;
};

// `Block` must be what the caller's pieces are aligned to and counted in.
template <class Block, class Allocator>
class BlockAllocator {
  using Rebound =
      typename std::allocator_traits<Allocator>::template rebind_alloc<Block>;
  using Traits = std::allocator_traits<Rebound>;
  static_assert(alignof(Block) <= kPlainAlign || kIsStandard<Allocator>);

 public:
  // Which must stay where it is.
  explicit BlockAllocator(const Allocator& allocator) : source_(allocator) {}

  // What Allocate(bytes) takes from the allocator.
  static constexpr size_t Taken(size_t bytes) {
    return BlocksFor(bytes) * sizeof(Block);
  }

  // Throws what the allocator throws, and std::bad_alloc if it gives null.
  void* Allocate(size_t bytes) {
#if !defined(__cpp_exceptions)
    // std::allocator would throw.
    if constexpr (kIsStandard<Allocator>) return NewOrNone(Taken(bytes));
#endif
    Rebound allocator(source_.get());
    const auto blocks = Traits::allocate(allocator, BlocksFor(bytes));
    if (blocks == nullptr) [[unlikely]] {
      ThrowOutOfMemory();
    }
    return std::to_address(blocks);
  }
  // `bytes` as they were asked for.
  void Free(void* memory, size_t bytes) {
    Rebound allocator(source_.get());
    using Pointer = typename Traits::pointer;
    Traits::deallocate(
        allocator,
        std::pointer_traits<Pointer>::pointer_to(*static_cast<Block*>(memory)),
        BlocksFor(bytes));
  }

 private:
  static constexpr size_t BlocksFor(size_t bytes) {
    return (bytes + sizeof(Block) - 1) / sizeof(Block);
  }

  // For std::allocator to free.
  static void* NewOrNone(size_t bytes) {
    void* memory = nullptr;
    if constexpr (alignof(Block) > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      memory =
          ::operator new(bytes, std::align_val_t(alignof(Block)), std::nothrow);
    } else {
      memory = ::operator new(bytes, std::nothrow);
    }
    if (memory == nullptr) ThrowOutOfMemory();
    return memory;
  }

  [[no_unique_address]] AllocatorSource<Allocator> source_;
};

// Memory aligned to kAlign, from an allocator that does not know how.
//
// Nor is std::allocator asked for it: the C library looks for aligned memory by
// asking itself for more than that and giving the ends back. What is freed
// later is smaller than what it looks for next time, although it would do: a
// map that frees and takes pieces of one size all the time would leave holes
// all over the heap. So the piece is aligned here, in a block whose size never
// changes.
//
//   | .. offset | memory, aligned ......... | rest |
template <size_t kAlign, class Allocator>
class AlignedAllocator {
  struct alignas(kPlainAlign) Unit {
    std::byte bytes[kPlainAlign];
  };
  using Units = BlockAllocator<Unit, Allocator>;
  static_assert(kAlign > kPlainAlign && kPlainAlign >= sizeof(size_t));

 public:
  explicit AlignedAllocator(const Allocator& allocator) : units_(allocator) {}

  // What Allocate(bytes) takes from the allocator.
  static constexpr size_t Taken(size_t bytes) {
    return Units::Taken(bytes) + kAlign;
  }

  // Throws what the allocator throws, and std::bad_alloc if it gives null.
  void* Allocate(size_t bytes) {
    auto* block = static_cast<std::byte*>(units_.Allocate(Taken(bytes)));
    // kPlainAlign ... kAlign
    const size_t offset = kAlign - reinterpret_cast<uintptr_t>(block) % kAlign;
    assert(offset >= kPlainAlign && offset <= kAlign);
    ::new (block + offset - sizeof(size_t)) size_t(offset);
    return block + offset;
  }
  // `bytes` as they were asked for.
  void Free(void* memory, size_t bytes) {
    auto* aligned = static_cast<std::byte*>(memory);
    const size_t offset = *reinterpret_cast<size_t*>(aligned - sizeof(size_t));
    // Else somebody has written before the piece, or it is none of ours.
    assert(offset >= kPlainAlign && offset <= kAlign);
    units_.Free(aligned - offset, Taken(bytes));
  }

 private:
  [[no_unique_address]] Units units_;
};

// To a cache line.
template <class Allocator>
using LineAllocator = AlignedAllocator<64, Allocator>;

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_LINE_ALLOCATOR_H_
