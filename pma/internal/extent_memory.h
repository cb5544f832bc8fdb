// Where extents lie: the slabs of large maps in an arena, everything else in
// pieces from the allocator.
//
// Chunks of an arena are coarse. They come in only when one of them is little
// beside what the map takes anyway; until then each slab is asked for by
// itself.

#ifndef PMA_INTERNAL_EXTENT_MEMORY_H_
#define PMA_INTERNAL_EXTENT_MEMORY_H_

#if defined(__linux__)
#include <sys/mman.h>
#endif

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

  // Of these, what is in use.
  size_t bytes_in_use() const {
    return piece_bytes_.LoadRelaxed() + slabs_.bytes_in_use() +
           headers_.bytes_in_use();
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

  // Up to one chunk of slabs and one of headers are partly empty. From these
  // sizes on that is no more than a tenth and a thirtieth of the map; between
  // the first two a chunk comes only for slabs that are there to fill it, of
  // extents that will be replaced.
  static constexpr size_t kMoveSlabsFrom = 8 * Slabs::kChunkBytes;
  static constexpr size_t kSlabsFrom = 12 * Slabs::kChunkBytes;
  static constexpr size_t kHeadersFrom = 32 * Slabs::kChunkBytes;

  // Below half of where a chunk would be asked for, those at hand are left to
  // run empty.
  bool UsesChunks(size_t from) const { return bytes_in_use() * 2 >= from; }
  bool WantsSlabChunk() const {
    return bytes() >= kSlabsFrom ||
           (bytes() >= kMoveSlabsFrom &&
            piece_bytes_.LoadRelaxed() >= Slabs::kChunkBytes);
  }

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
    if (capacity * 2 > ExtentOf::kMaxSegments && UsesChunks(kHeadersFrom) &&
        headers_.Allocate({&memory, 1}, bytes() >= kHeadersFrom) == 1) {
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
    const size_t whole = UsesChunks(kMoveSlabsFrom)
                             ? extent.capacity() / ExtentOf::kSlabSegments
                             : 0;
    const size_t from_arena =
        slabs_.Allocate(std::span(memory).first(whole), WantsSlabChunk());
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
    const bool outgrown = WantsSlabChunk();
    for (size_t i = from_arena; i < count; ++i) {
      if (outgrown) Forget(extent.slab(i), extent.SlabBytes(i));
      FreePiece(extent.slab(i), extent.SlabBytes(i));
    }
  }

  // Tells the system that the content of a piece does not matter any more. A
  // map that has come to use chunks leaves many pieces behind which the
  // allocator has no use for and, as they lie about, cannot give back.
  static void Forget([[maybe_unused]] void* memory,
                     [[maybe_unused]] size_t bytes) {
#if defined(__linux__)
    constexpr uintptr_t kPage = 4096;
    const auto begin = reinterpret_cast<uintptr_t>(memory);
    const uintptr_t first = (begin + kPage - 1) & ~(kPage - 1);
    const uintptr_t last = (begin + bytes) & ~(kPage - 1);
    if (first < last) {
      madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
    }
#endif
  }

  [[no_unique_address]] Pieces allocator_;
  Slabs slabs_;
  Headers headers_;
  Atomic<size_t> piece_bytes_;  // from the allocator, one by one
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_EXTENT_MEMORY_H_
