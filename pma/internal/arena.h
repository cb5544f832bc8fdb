// Memory for large maps: chunks of 2 MiB, so that the system can back them by
// huge pages, parcelled out in slabs of one size.
//
//   chunk  | header | slab | slab | .. free .. | slab | never used yet ..... |
//
// A random look-up in a map of millions of entries misses the TLB with small
// pages at every step. Slabs of one size leave no holes that the next request
// does not fit: extents that fill in step also grow in step, so pieces of an
// extent's size would all be freed when nobody wants that size any more.
//
// A request is served from the fullest chunk that has room, so that the
// emptiest ones run empty and go back. Slabs are wanted once in thousands of
// insertions; a spin lock is enough.

#ifndef PMA_INTERNAL_ARENA_H_
#define PMA_INTERNAL_ARENA_H_

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <utility>

#include "pma/internal/blocks.h"
#include "pma/internal/platform.h"

namespace pma::internal {

template <class Platform, class Allocator, size_t kSlabBytes>
class Arena {
  static_assert(kSlabBytes % 64 == 0);

 public:
  static constexpr size_t kChunkBytes = size_t{2} << 20;
  static constexpr size_t kSlabsPerChunk = (kChunkBytes - 64) / kSlabBytes;

  explicit Arena(const Allocator& allocator) : allocator_(allocator) {}
  // Everything has been freed by then.
  ~Arena() { ReleaseSpare(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Fills `slabs` with pieces of kSlabBytes, aligned to 64 bytes. Throws what
  // the allocator throws, and then has taken nothing.
  void Allocate(std::span<void*> slabs) {
    size_t taken = Take(nullptr, slabs);
    try {
      while (taken < slabs.size()) {
        // The lock is not held while the allocator, which is the user's, works.
        taken += Take(NewChunk(), slabs.subspan(taken));
      }
    } catch (...) {
      Free(slabs.first(taken));
      throw;
    }
  }

  void Free(std::span<void* const> slabs) {
    Chunk* unused = nullptr;  // linked by `next`
    {
      Lock lock(locked_);
      for (void* slab : slabs) GiveBack(slab, unused);
    }
    DestroyAll(unused);
  }

  // Gives the kept chunk back if it is much beside the others.
  void Trim() {
    if (chunk_count_.LoadRelaxed() < kSpareFrom) ReleaseSpare();
  }

  // Taken from the allocator and not returned.
  size_t bytes() const { return chunk_count_.LoadRelaxed() * kChunkBytes; }

  // Takes over what `other` holds; this arena must be new, and no other thread
  // may use either.
  void TakeFrom(Arena& other) {
    std::swap(chunks_, other.chunks_);
    std::swap(spare_, other.spare_);
    chunk_count_.StoreRelaxed(other.chunk_count_.ExchangeAcqRel(0));
  }

 private:
  // A freed slab, while it waits for its next use.
  struct FreeSlab {
    FreeSlab* next;
  };

  struct alignas(64) Chunk {
    size_t in_use = 0;
    size_t ever_used = 0;  // slabs at and after this one were never handed out
    FreeSlab* freed = nullptr;
    Chunk* next = nullptr;
    Chunk* previous = nullptr;
  };
  static_assert(sizeof(Chunk) == 64);

  // Chunk-sized and chunk-aligned, for the allocator.
  struct alignas(kChunkBytes) ChunkMemory {
    std::byte bytes[kChunkBytes];
  };

  template <class T>
  using Atomic = typename Platform::template Atomic<T>;

  class Lock {
   public:
    explicit Lock(Atomic<bool>& locked) : locked_(locked) {
      Backoff<Platform> backoff;
      while (locked_.ExchangeAcqRel(true)) backoff.Wait();
    }
    ~Lock() { locked_.StoreRelease(false); }
    Lock(const Lock&) = delete;

   private:
    Atomic<bool>& locked_;
  };

  // Chunks with room are listed by how full they are.
  static constexpr size_t kLists = 4;
  static constexpr size_t ListOf(size_t in_use) {
    return in_use * kLists / kSlabsPerChunk;  // kLists if there is no room
  }
  // An arena of fewer chunks keeps none in reserve: it would be too much of it.
  static constexpr size_t kSpareFrom = 24;

  // Takes slabs from listed chunks, and from `fresh` or the spare if these are
  // full. Returns how many.
  size_t Take(Chunk* fresh, std::span<void*> slabs) {
    Lock lock(locked_);
    if (fresh != nullptr) Link(fresh);
    size_t taken = 0;
    while (taken < slabs.size()) {
      Chunk* chunk = FullestWithRoom();
      if (chunk == nullptr) {
        if (spare_ == nullptr) break;
        chunk = std::exchange(spare_, nullptr);
        Link(chunk);
      }
      Unlink(chunk);
      while (taken < slabs.size() && chunk->in_use < kSlabsPerChunk) {
        slabs[taken++] = TakeOne(*chunk);
      }
      Link(chunk);
    }
    return taken;
  }

  static void* TakeOne(Chunk& chunk) {
    ++chunk.in_use;
    if (chunk.freed != nullptr) {
      return std::exchange(chunk.freed, chunk.freed->next);
    }
    return reinterpret_cast<std::byte*>(&chunk) + sizeof(Chunk) +
           chunk.ever_used++ * kSlabBytes;
  }

  void GiveBack(void* slab, Chunk*& unused) {
    auto* chunk = reinterpret_cast<Chunk*>(reinterpret_cast<uintptr_t>(slab) &
                                           ~(kChunkBytes - 1));
    assert(chunk->in_use > 0);
    Unlink(chunk);
    chunk->freed = ::new (slab) FreeSlab{chunk->freed};
    if (--chunk->in_use > 0) {
      Link(chunk);
    } else if (spare_ == nullptr && chunk_count_.LoadRelaxed() >= kSpareFrom) {
      // An extent that is replaced frees as much as the next one will want.
      spare_ = chunk;
    } else {
      chunk->next = std::exchange(unused, chunk);
    }
  }

  Chunk* FullestWithRoom() const {
    for (size_t list = kLists; list-- > 0;) {
      if (chunks_[list] != nullptr) return chunks_[list];
    }
    return nullptr;
  }

  void Link(Chunk* chunk) {
    chunk->next = chunk->previous = nullptr;
    const size_t list = ListOf(chunk->in_use);
    if (list == kLists) return;
    chunk->next = chunks_[list];
    if (chunk->next != nullptr) chunk->next->previous = chunk;
    chunks_[list] = chunk;
  }
  void Unlink(Chunk* chunk) {
    if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
    if (chunk->previous != nullptr) {
      chunk->previous->next = chunk->next;
    } else if (const size_t list = ListOf(chunk->in_use);
               list < kLists && chunks_[list] == chunk) {
      chunks_[list] = chunk->next;
    }
    chunk->next = chunk->previous = nullptr;
  }

  void ReleaseSpare() {
    Chunk* spare = nullptr;
    {
      Lock lock(locked_);
      std::swap(spare, spare_);
    }
    DestroyAll(spare);
  }

  Chunk* NewChunk() {
    void* memory = allocator_.Allocate(kChunkBytes);
#if defined(__linux__)
    // Advice: without huge pages the map is slower, not wrong.
    madvise(memory, kChunkBytes, MADV_HUGEPAGE);
#endif
    chunk_count_.FetchAddRelaxed(1);
    return ::new (memory) Chunk();
  }

  // The chunk and those that it links to.
  void DestroyAll(Chunk* chunk) {
    while (chunk != nullptr) {
      Chunk* next = chunk->next;
      chunk->~Chunk();
      allocator_.Free(chunk, kChunkBytes);
      chunk_count_.FetchAddRelaxed(static_cast<size_t>(-1));
      chunk = next;
    }
  }

  [[no_unique_address]] BlockAllocator<ChunkMemory, Allocator> allocator_;
  Atomic<bool> locked_;
  std::array<Chunk*, kLists> chunks_{};
  Chunk* spare_ = nullptr;
  Atomic<size_t> chunk_count_;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_ARENA_H_
