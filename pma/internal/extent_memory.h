// Where extents lie: in pieces from the allocator, and what a large map needs
// beyond them in an arena.
//
// Chunks of an arena are coarse. They come in only when one of them is little
// beside what the map takes anyway; until then each slab is asked for by
// itself.

#ifndef PMA_INTERNAL_EXTENT_MEMORY_H_
#define PMA_INTERNAL_EXTENT_MEMORY_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "pma/internal/arena.h"
#include "pma/internal/blocks.h"
#include "pma/internal/extent.h"

namespace pma::internal {

template <class Types>
class ExtentMemory {
  using Platform = typename Types::Platform;
  using Allocator = typename Types::Allocator;
  using ExtentOf = Extent<Types>;
  using FenceOf = Fence<Types>;
  template <class T>
  using Atomic = typename Platform::template Atomic<T>;

 public:
  explicit ExtentMemory(const Allocator& allocator)
      : allocator_(allocator), slabs_(allocator), headers_(allocator) {}

  // An extent of empty segments, which takes over the fences. Throws what the
  // allocator throws; the fences are then the caller's.
  ExtentOf* Create(size_t capacity, const FenceOf& lower,
                   const FenceOf& upper) {
    void* memory = nullptr;
    const bool in_arena = AllocateHeader(capacity, memory);
    ExtentOf* extent = ExtentOf::Construct(memory, capacity, lower, upper);
    extent->header_in_arena = in_arena;
    try {
      AllocateSlabs(*extent);
    } catch (...) {
      FreeHeader(extent);
      throw;
    }
    return extent;
  }

  // Destroys and frees an extent nobody can see. Its fences and cells are the
  // caller's.
  void Destroy(ExtentOf* extent) {
    FreeSlabs(*extent, extent->slab_count());
    FreeHeader(extent);
  }

  // Allocated for extents: what lies in chunks counts as whole chunks.
  size_t bytes() const {
    return piece_bytes_.LoadRelaxed() + slabs_.bytes() + headers_.bytes();
  }

  // The map has become smaller: gives back what was kept for the next extent.
  void Trim() {
    slabs_.Trim();
    headers_.Trim();
  }

  // As Arena::TakeFrom.
  void TakeFrom(ExtentMemory& other) {
    slabs_.TakeFrom(other.slabs_);
    headers_.TakeFrom(other.headers_);
    piece_bytes_.StoreRelaxed(other.piece_bytes_.ExchangeAcqRel(0));
  }

 private:
  static constexpr size_t kHeaderBytes =
      ExtentOf::HeaderBytesFor(ExtentOf::kMaxSegments);
  using Slabs = Arena<Platform, Allocator, ExtentOf::kSlabBytes>;
  using Headers = Arena<Platform, Allocator, kHeaderBytes>;
  using Pieces = LineAllocator<Allocator>;

  // Slabs from the allocator up to here, from chunks beyond it. A slab in a
  // piece stays one, as others of its size will take its place: none is moved
  // to a chunk, which would leave a hole in the allocator's heap. Up to one
  // chunk of slabs and one of headers are partly empty, no more than a twelfth
  // and a thirtieth of the map.
  static constexpr size_t kPieceBytes = 12 * Slabs::kChunkBytes;
  static constexpr size_t kHeadersFrom = 32 * Slabs::kChunkBytes;

  void* AllocatePiece(size_t bytes) {
    void* memory = allocator_.Allocate(bytes);
    piece_bytes_.FetchAddRelaxed(Pieces::Taken(bytes));
    return memory;
  }
  void FreePiece(void* memory, size_t bytes) {
    allocator_.Free(memory, bytes);
    piece_bytes_.FetchAddRelaxed(-Pieces::Taken(bytes));
  }

  // True if it lies in the arena.
  bool AllocateHeader(size_t capacity, void*& memory) {
    if (capacity * 2 > ExtentOf::kMaxSegments && bytes() >= kHeadersFrom) {
      headers_.Allocate({&memory, 1});
      return true;
    }
    memory = AllocatePiece(ExtentOf::HeaderBytesFor(capacity));
    return false;
  }
  void FreeHeader(ExtentOf* extent) {
    const size_t header_bytes = extent->header_bytes();
    const bool in_arena = extent->header_in_arena;
    extent->~ExtentOf();
    void* memory = extent;
    if (in_arena) {
      headers_.Free({&memory, 1});
    } else {
      FreePiece(memory, header_bytes);
    }
  }

  void AllocateSlabs(ExtentOf& extent) {
    std::array<void*, ExtentOf::kMaxSlabs> memory;
    const size_t from_arena = piece_bytes_.LoadRelaxed() >= kPieceBytes
                                  ? extent.capacity() / ExtentOf::kSlabSegments
                                  : 0;
    slabs_.Allocate(std::span(memory).first(from_arena));
    extent.arena_slabs = static_cast<uint32_t>(from_arena);
    for (size_t i = 0; i < from_arena; ++i) extent.SetSlab(i, memory[i]);
    for (size_t i = from_arena; i < extent.slab_count(); ++i) {
      try {
        extent.SetSlab(i, AllocatePiece(extent.SlabBytes(i)));
      } catch (...) {
        FreeSlabs(extent, i);
        throw;
      }
    }
  }
  // The first `count`.
  void FreeSlabs(ExtentOf& extent, size_t count) {
    std::array<void*, ExtentOf::kMaxSlabs> memory;
    const size_t from_arena = std::min<size_t>(count, extent.arena_slabs);
    for (size_t i = 0; i < from_arena; ++i) memory[i] = extent.slab(i);
    slabs_.Free(std::span<void* const>(memory).first(from_arena));
    for (size_t i = from_arena; i < count; ++i) {
      FreePiece(extent.slab(i), extent.SlabBytes(i));
    }
  }

  [[no_unique_address]] Pieces allocator_;
  Slabs slabs_;
  Headers headers_;
  Atomic<size_t> piece_bytes_;  // from the allocator, one by one
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_EXTENT_MEMORY_H_
