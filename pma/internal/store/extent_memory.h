// SPDX-License-Identifier: Apache-2.0

// Where extents lie: in the chunks of an arena, and what does not fill a chunk
// in pieces from the allocator.
//
//   | chunk | chunk | chunk |  pieces
//
// Chunks are cheap to fill and to look things up in (arena.h), but coarse: one
// that is half empty is too much beside a map of a few of them. So a slab that
// finds no room in a chunk is asked for by itself. When these come to two
// chunks' worth, a chunk is added, and extents move there until it is full
// (rebuild.h). A large map has no need of that: another chunk is little beside
// what it takes anyway.
//
// A map that shrinks leaves room in all its chunks. New extents go to the
// oldest, so that the others run empty; if much lies free all the same, extents
// are moved there, too.

#ifndef PMA_INTERNAL_STORE_EXTENT_MEMORY_H_
#define PMA_INTERNAL_STORE_EXTENT_MEMORY_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/line_allocator.h"
#include "pma/internal/machine/list.h"
#include "pma/internal/store/arena.h"
#include "pma/internal/store/extent.h"

namespace pma::inline PMA_VARIANT::internal {

// Which way a map goes: one that becomes smaller leaves its chunks.
enum class Trend { kGrows, kShrinks };

template <class Types>
class ExtentMemory {
  using Platform = typename Types::Platform;
  using Allocator = typename Types::Allocator;
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;

 public:
  explicit ExtentMemory(const Allocator& allocator)
      : allocator_(allocator), slabs_(allocator), headers_(allocator) {}

  // Whole slabs of empty segments for extents to come: to make them is most of
  // the work of making an extent. Those that are not taken are freed.
  class Stock {
   public:
    // Throws what the allocator throws.
    Stock(ExtentMemory& memory, size_t slabs, Trend trend)
        : memory_(memory),
          trend_(trend),
          slabs_(slabs),
          in_chunks_(memory.NewSlabs(slabs_, trend)) {}
    ~Stock() { memory_.FreeSlabs(slabs_, in_chunks_); }
    Stock(const Stock&) = delete;
    Stock& operator=(const Stock&) = delete;

    // One that was made beforehand, or a new one; sets whether it lies in a
    // chunk. Throws what the allocator throws.
    void* Take(bool& in_chunk) {
      void* slab = nullptr;
      if (slabs_.empty()) {
        in_chunk = memory_.NewSlabs({&slab, 1}, trend_);
      } else {
        slab = slabs_.back();
        slabs_.pop_back();
        in_chunk = in_chunks_;
      }
      return slab;
    }

   private:
    ExtentMemory& memory_;
    const Trend trend_;
    List<void*> slabs_;
    const bool in_chunks_;
  };

  // An extent of empty segments, which takes over the fences. Throws what the
  // allocator throws; the fences are then the caller's.
  Extent<Types>* Create(size_t capacity, const Fence<Types>& lower,
                        const Fence<Types>& upper, Stock& stock) {
    void* memory = nullptr;
    const bool in_arena = AllocateHeader(capacity, memory);
    Extent<Types>* extent =
        Extent<Types>::Construct(memory, capacity, lower, upper);
    extent->header_in_arena = in_arena;
    size_t made = 0;
    Rollback give_back([&] {
      FreeSlabs(*extent, made);
      FreeHeader(extent);
    });
    for (; made < extent->slab_count(); ++made) {
      bool in_chunk = false;
      extent->SetSlab(made, extent->is_cut(made)
                                ? NewPiece(extent->SlabBytes(made))
                                : stock.Take(in_chunk));
      extent->slabs_in_chunks[made] = in_chunk;
    }
    give_back.Dismiss();
    return extent;
  }

  // Destroys and frees an extent nobody can see. Its fences and cells are the
  // caller's.
  void Destroy(Extent<Types>* extent) {
    FreeSlabs(*extent, extent->slab_count());
    FreeHeader(extent);
  }

  // True if extents should move from pieces to the chunk that has just been
  // added for them; one thread at a time is told so, and says when it has done.
  // If it stops for good before that, extents stay where they are from then on.
  // A courtesy: without memory for a chunk they stay.
  bool BeginGathering() {
    if (piece_bytes_.LoadRelaxed() < kMostPieces || IsLarge() ||
        HasRoomForExtent() || gathering_.ExchangeAcqRel(true)) {
      return false;
    }
    PMA_TRY { slabs_.AddChunk(); }
    PMA_CATCH_ALL {
      EndGathering();
      return false;
    }
    return true;
  }
  void EndGathering() { gathering_.StoreRelease(false); }
  // Whether chunks have room for a slab.
  bool HasRoomInChunks() const { return slabs_.room() > 0; }
  // Whether chunks have room for any extent.
  bool HasRoomForExtent() const {
    return slabs_.room() >= Extent<Types>::kMaxSlabs;
  }

  // Whether much of all memory lies free in chunks, or still more than must be
  // once extents have begun to move closer together.
  bool ChunksAreSparse(bool begun) const {
    if (gathering_.LoadRelaxed() || !HasRoomForExtent()) return false;
    const size_t free = slabs_.room() * Extent<Types>::kSlabBytes +
                        headers_.room() * kHeaderBytes;
    return free * 100 > bytes() * (begun ? 5 : 30);
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

  // Makes chunks ahead for extents of so many segments in all, which must not
  // be so few that they will lie in pieces. Throws what the allocator throws.
  static constexpr bool AreFew(size_t segments) {
    return segments * sizeof(Segment<Types>) < kChunkBytes / 2;
  }
  void Reserve(size_t segments) {
    slabs_.Reserve(segments / Extent<Types>::kSlabSegments + 1);
  }
  // Gives back what was made ahead, too.
  void Release() {
    slabs_.Release();
    headers_.Release();
  }

 private:
  static constexpr size_t kHeaderBytes =
      Extent<Types>::HeaderBytesFor(Extent<Types>::kMaxSegments);
  static constexpr size_t kChunkBytes = Types::Tuning::kChunkBytes;
  using Slabs = Arena<Platform, Allocator, Extent<Types>::kSlabBytes,
                      kChunkBytes, Types::Tuning::kSpareFromChunks>;
  static_assert(Slabs::kSlabsPerChunk >= Extent<Types>::kMaxSlabs);
  using Headers = Arena<Platform, Allocator, kHeaderBytes, kChunkBytes,
                        Types::Tuning::kSpareFromChunks>;
  using Pieces = LineAllocator<Allocator>;

  // What has no room in chunks lies in pieces up to here; what they leave in
  // the allocator's heap is taken by others.
  static constexpr size_t kMostPieces =
      Types::Tuning::kMostPiecesInChunks * kChunkBytes;
  // From here on another chunk of slabs may be partly empty, and later one of
  // headers.
  static constexpr size_t kLargeFrom =
      Types::Tuning::kLargeInChunks * kChunkBytes;
  static constexpr size_t kHeadersFrom =
      Types::Tuning::kHeadersInChunks * kChunkBytes;

  bool IsLarge() const { return bytes() >= kLargeFrom; }
  // A map that becomes small leaves its chunks in time: its extents shrink
  // together, so that what they take now is about to be halved.
  bool UsesChunks(Trend trend) const {
    return trend == Trend::kGrows ||
           piece_bytes_.LoadRelaxed() + slabs_.used_bytes() >= 2 * kMostPieces;
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
  [[gnu::cold]] bool AllocateHeader(size_t capacity, void*& memory) {
    if (capacity * 2 > Extent<Types>::kMaxSegments && bytes() >= kHeadersFrom) {
      headers_.Allocate({&memory, 1});
      return true;
    }
    memory = AllocatePiece(Extent<Types>::HeaderBytesFor(capacity));
    return false;
  }
  [[gnu::cold]] void FreeHeader(Extent<Types>* extent) {
    const size_t header_bytes = extent->header_bytes();
    const bool in_arena = extent->header_in_arena;
    extent->~Extent();
    void* memory = extent;
    if (in_arena) {
      headers_.Free({&memory, 1});
    } else {
      FreePiece(memory, header_bytes);
    }
  }

  [[gnu::cold]] void* NewPiece(size_t bytes) {
    void* memory = AllocatePiece(bytes);
    Extent<Types>::ConstructSegments(memory, bytes);
    return memory;
  }
  // Fills `slabs`. Whether they lie in chunks, all or none. Throws what the
  // allocator throws.
  [[gnu::cold]] bool NewSlabs(std::span<void*> slabs, Trend trend) {
    bool in_chunks = UsesChunks(trend) && slabs_.TryAllocate(slabs);
    if (!in_chunks && IsLarge() && piece_bytes_.LoadRelaxed() >= kMostPieces) {
      slabs_.Allocate(slabs);
      in_chunks = true;
    }
    if (in_chunks) {
      for (void* slab : slabs) {
        Extent<Types>::ConstructSegments(slab, Extent<Types>::kSlabBytes);
      }
      return true;
    }
    size_t made = 0;
    Rollback give_back([&] { FreeSlabs(slabs.first(made), false); });
    for (; made < slabs.size(); ++made) {
      slabs[made] = NewPiece(Extent<Types>::kSlabBytes);
    }
    give_back.Dismiss();
    return false;
  }
  void FreeSlabs(std::span<void* const> slabs, bool in_chunks) {
    if (in_chunks) {
      slabs_.Free(slabs);
    } else {
      for (void* slab : slabs) FreePiece(slab, Extent<Types>::kSlabBytes);
    }
  }
  // The first `count` of an extent.
  void FreeSlabs(const Extent<Types>& extent, size_t count) {
    std::array<void*, Extent<Types>::kMaxSlabs> in_chunks;
    size_t size = 0;
    for (size_t i = 0; i < count; ++i) {
      if (extent.slabs_in_chunks[i]) {
        in_chunks[size++] = extent.slab(i);
      } else {
        FreePiece(extent.slab(i), extent.SlabBytes(i));
      }
    }
    slabs_.Free(std::span<void* const>(in_chunks).first(size));
  }

  [[no_unique_address]] Pieces allocator_;
  Slabs slabs_;
  Headers headers_;
  Atomic<size_t> piece_bytes_;  // from the allocator, one by one
  Atomic<bool> gathering_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_EXTENT_MEMORY_H_
