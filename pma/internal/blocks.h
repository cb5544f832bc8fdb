// Raw memory from the user's allocator, in units of one cache line.

#ifndef PMA_INTERNAL_BLOCKS_H_
#define PMA_INTERNAL_BLOCKS_H_

#include <cstddef>
#include <memory>

namespace pma::internal {

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

struct alignas(64) CacheLine {
  std::byte bytes[64];
};
template <class Allocator>
using LineAllocator = BlockAllocator<CacheLine, Allocator>;

}  // namespace pma::internal

#endif  // PMA_INTERNAL_BLOCKS_H_
