// Raw memory from the user's allocator, in units of one cache line.

#ifndef PMA_INTERNAL_BLOCKS_H_
#define PMA_INTERNAL_BLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "pma/internal/variant.h"

namespace pma::inline PMA_VARIANT::internal {

// `Block` must be what the caller's pieces are aligned to and counted in.
template <class Block, class Allocator>
class BlockAllocator {
  using Rebound =
      typename std::allocator_traits<Allocator>::template rebind_alloc<Block>;
  using Traits = std::allocator_traits<Rebound>;

 public:
  explicit BlockAllocator(const Allocator& allocator) : allocator_(allocator) {}

  // Throws what the allocator throws.
  void* Allocate(size_t bytes) {
    Rebound allocator(allocator_);
    return std::to_address(Traits::allocate(allocator, BlocksFor(bytes)));
  }
  // `bytes` as they were asked for.
  void Free(void* memory, size_t bytes) {
    Rebound allocator(allocator_);
    using Pointer = typename Traits::pointer;
    Traits::deallocate(
        allocator,
        std::pointer_traits<Pointer>::pointer_to(*static_cast<Block*>(memory)),
        BlocksFor(bytes));
  }

  const Allocator& allocator() const { return allocator_; }

 private:
  static constexpr size_t BlocksFor(size_t bytes) {
    return (bytes + sizeof(Block) - 1) / sizeof(Block);
  }

  [[no_unique_address]] Allocator allocator_;
};

// Memory aligned to a cache line, from an allocator that is asked for no more
// alignment than any `new` gives.
//
// The C library looks for aligned memory by asking itself for more than that
// and giving the ends back. What is freed later is smaller than what it looks
// for next time, although it would do: a map that frees and takes pieces of one
// size all the time would leave holes all over the heap. So the piece is
// aligned here, in a block of ever the same size.
//
//   | .. offset | memory, aligned ......... | rest |
template <class Allocator>
class LineAllocator {
  struct alignas(16) Unit {
    std::byte bytes[16];
  };
  static constexpr size_t kAlign = 64;

 public:
  explicit LineAllocator(const Allocator& allocator) : units_(allocator) {}

  // What Allocate(bytes) takes from the allocator.
  static constexpr size_t Taken(size_t bytes) {
    return (bytes + sizeof(Unit) - 1) / sizeof(Unit) * sizeof(Unit) + kAlign;
  }

  // Throws what the allocator throws.
  void* Allocate(size_t bytes) {
    auto* block = static_cast<std::byte*>(units_.Allocate(Taken(bytes)));
    const size_t offset =
        kAlign - reinterpret_cast<uintptr_t>(block) % kAlign;  // 16 ... 64
    ::new (block + offset - sizeof(size_t)) size_t(offset);
    return block + offset;
  }
  // `bytes` as they were asked for.
  void Free(void* memory, size_t bytes) {
    auto* aligned = static_cast<std::byte*>(memory);
    const size_t offset = *reinterpret_cast<size_t*>(aligned - sizeof(size_t));
    units_.Free(aligned - offset, Taken(bytes));
  }

 private:
  [[no_unique_address]] BlockAllocator<Unit, Allocator> units_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_BLOCKS_H_
