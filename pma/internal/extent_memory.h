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
#include <vector>

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

  // Whole slabs of empty segments for extents to come: to make them is most of
  // the work of making an extent. Those that are not taken are freed.
  class Stock {
   public:
    // Throws what the allocator throws.
    Stock(ExtentMemory& memory, size_t slabs)
        : memory_(memory),
          in_arena_(memory.piece_bytes_.LoadRelaxed() >= kPieceBytes),
          slabs_(slabs) {
      memory.NewSlabs(slabs_, in_arena_);
    }
    ~Stock() { memory_.FreeSlabs(slabs_, in_arena_); }
    Stock(const Stock&) = delete;
    Stock& operator=(const Stock&) = delete;

    bool in_arena() const { return in_arena_; }
    // One that was made beforehand, or a new one. Throws what the allocator
    // throws.
    void* Take() {
      void* slab = nullptr;
      if (slabs_.empty()) {
        memory_.NewSlabs({&slab, 1}, in_arena_);
      } else {
        slab = slabs_.back();
        slabs_.pop_back();
      }
      return slab;
    }

   private:
    ExtentMemory& memory_;
    const bool in_arena_;
    std::vector<void*> slabs_;
  };

  // An extent of empty segments, which takes over the fences. Throws what the
  // allocator throws; the fences are then the caller's.
  ExtentOf* Create(size_t capacity, const FenceOf& lower, const FenceOf& upper,
                   Stock& stock) {
    void* memory = nullptr;
    const bool in_arena = AllocateHeader(capacity, memory);
    ExtentOf* extent = ExtentOf::Construct(memory, capacity, lower, upper);
    extent->header_in_arena = in_arena;
    extent->slabs_in_arena = stock.in_arena();
    size_t made = 0;
    try {
      for (; made < extent->slab_count(); ++made) {
        extent->SetSlab(made, extent->is_cut(made)
                                  ? NewPiece(extent->SlabBytes(made))
                                  : stock.Take());
      }
    } catch (...) {
      FreeSlabs(*extent, made);
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

  void* NewPiece(size_t bytes) {
    void* memory = AllocatePiece(bytes);
    ExtentOf::ConstructSegments(memory, bytes);
    return memory;
  }
  void NewSlabs(std::span<void*> slabs, bool in_arena) {
    if (in_arena) {
      slabs_.Allocate(slabs);
      for (void* slab : slabs) {
        ExtentOf::ConstructSegments(slab, ExtentOf::kSlabBytes);
      }
      return;
    }
    size_t made = 0;
    try {
      for (; made < slabs.size(); ++made) {
        slabs[made] = NewPiece(ExtentOf::kSlabBytes);
      }
    } catch (...) {
      FreeSlabs(slabs.first(made), in_arena);
      throw;
    }
  }
  void FreeSlabs(std::span<void* const> slabs, bool in_arena) {
    if (in_arena) {
      slabs_.Free(slabs);
    } else {
      for (void* slab : slabs) FreePiece(slab, ExtentOf::kSlabBytes);
    }
  }
  // The first `count` of an extent.
  void FreeSlabs(const ExtentOf& extent, size_t count) {
    std::array<void*, ExtentOf::kMaxSlabs> whole;
    size_t wholes = 0;
    for (size_t i = 0; i < count; ++i) {
      if (extent.is_cut(i)) {
        FreePiece(extent.slab(i), extent.SlabBytes(i));
      } else {
        whole[wholes++] = extent.slab(i);
      }
    }
    FreeSlabs(std::span<void* const>(whole).first(wholes),
              extent.slabs_in_arena);
  }

  [[no_unique_address]] Pieces allocator_;
  Slabs slabs_;
  Headers headers_;
  Atomic<size_t> piece_bytes_;  // from the allocator, one by one
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_EXTENT_MEMORY_H_
