// SPDX-License-Identifier: Apache-2.0

// The simulated heap: memory in which every access can be judged.
//
// Blocks are cut from one region, one after the other, and freed memory is not
// used again before the next execution: an access to it is always seen, and
// addresses are the same in each run of one execution. The region has a shadow:
// for each eight bytes, what the memory model knows of them.
//
//   region   | header | block ........ | gap | header | block ...
//   shadow   |   0    | 1 1 5 6 1 .... |  0  |   0    | ...
//                          ^ the location there; 0 is nobody's memory

#ifndef FUZZ_SIM_HEAP_H_
#define FUZZ_SIM_HEAP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace pma::sim {

class Heap {
 public:
  static constexpr size_t kBytes = size_t{32} << 20;
  static constexpr size_t kGranuleBytes = 8;

  // Values of the shadow; all others name a location.
  static constexpr uint32_t kNobodys = 0;
  static constexpr uint32_t kAllocated = 1;
  static constexpr uint32_t kFreed = 2;  // without ever having been accessed
  static constexpr uint32_t kFirstLocation = 3;

  // Who asked for a block: a map's allocator, which has to give all of it back,
  // or code that calls operator new, which may keep some for good.
  enum class Owner : uint32_t { kAllocator, kNew };

  Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;
  ~Heap();

  // Forgets all blocks.
  void Reset();

  // Filled with 0xa5; null if there is not enough left.
  void* Allocate(size_t bytes, size_t align, Owner owner);

  bool Owns(const void* address) const { return Offset(address) < kBytes; }

  struct Block {
    std::byte* begin = nullptr;  // null: no block begins there
    size_t bytes = 0;
    bool freed = false;
  };
  Block BlockAt(void* begin) const;
  // The block that an address lies in or just behind, as far as that is known.
  Block BlockAround(const void* address) const;

  // Fills the block with 0xdd. Its shadow is the caller's.
  void Free(const Block& block);

  // What the allocators have not given back yet.
  size_t live_blocks() const { return live_blocks_; }
  size_t live_bytes() const { return live_bytes_; }

  uint32_t* Shadow(const void* address) {
    return &shadow_[Offset(address) / kGranuleBytes];
  }

 private:
  struct Header;

  size_t Offset(const void* address) const {
    return reinterpret_cast<uintptr_t>(address) -
           reinterpret_cast<uintptr_t>(region_);
  }

  std::byte* region_ = nullptr;
  uint32_t* shadow_ = nullptr;
  size_t used_ = 0;
  uint32_t last_ = 0;  // offset of the last block, or 0
  size_t live_blocks_ = 0;
  size_t live_bytes_ = 0;
};

}  // namespace pma::sim

#endif  // FUZZ_SIM_HEAP_H_
