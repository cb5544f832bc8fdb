// Memory for the extents of large maps: chunks of 2 MiB, so that the system can
// back them by huge pages, parcelled out by the page.
//
// A random look-up in a map of millions of entries misses the TLB with small
// pages at every step. Extents vary in size and come and go, so a chunk keeps a
// bitmap of its pages: freeing merges by itself. Extents are made and freed
// once in thousands of insertions; a spin lock is enough.
//
//   chunk  | header page | extent ........ | free | extent ..... |    free    |

#ifndef PMA_INTERNAL_ARENA_H_
#define PMA_INTERNAL_ARENA_H_

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "pma/internal/platform.h"

namespace pma::internal {

template <class Platform, class Allocator>
class Arena {
 public:
  static constexpr size_t kChunkBytes = size_t{2} << 20;
  static constexpr size_t kPageBytes = size_t{4} << 10;
  // Larger requests do not fit.
  static constexpr size_t kMaxBytes = kChunkBytes - kPageBytes;

  explicit Arena(const Allocator& allocator) : allocator_(allocator) {}
  // Everything has been freed by then.
  ~Arena() {
    if (spare_ != nullptr) DestroyChunk(spare_);
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // At least `bytes`, aligned to a page. Throws std::bad_alloc.
  void* Allocate(size_t bytes) {
    const size_t pages = PagesFor(bytes);
    if (void* memory = AllocateFrom(nullptr, pages)) return memory;
    // The lock is not held while the allocator, which is the user's, works.
    return AllocateFrom(NewChunk(), pages);
  }

  void Free(void* memory, size_t bytes) {
    const auto address = reinterpret_cast<uintptr_t>(memory);
    auto* chunk = reinterpret_cast<Chunk*>(address & ~(kChunkBytes - 1));
    const size_t page = (address & (kChunkBytes - 1)) / kPageBytes;
    Chunk* unused = nullptr;
    {
      Lock lock(locked_);
      chunk->GiveBack(page, PagesFor(bytes));
      if (chunk->pages_in_use > 0) return;
      if (chunk->previous != nullptr) {
        chunk->previous->next = chunk->next;
      } else {
        chunks_ = chunk->next;
      }
      if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
      // One chunk is kept: an extent that is replaced frees as much as the next
      // one will want.
      unused = spare_ == nullptr ? nullptr : chunk;
      if (spare_ == nullptr) {
        spare_ = chunk;
        chunk->next = chunk->previous = nullptr;
      }
    }
    if (unused != nullptr) DestroyChunk(unused);
  }

  // Gives the kept chunk back.
  void ReleaseSpare() {
    Chunk* spare = nullptr;
    {
      Lock lock(locked_);
      std::swap(spare, spare_);
    }
    if (spare != nullptr) DestroyChunk(spare);
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
  static constexpr size_t kPages = kChunkBytes / kPageBytes;

  struct Chunk {
    // The header lies in page 0, which is thus never free.
    Chunk() { used.set(0); }

    // The first of `pages` free pages in a row, or 0.
    size_t FindFree(size_t pages) const {
      if (kPages - 1 - pages_in_use < pages) return 0;
      size_t run = 0;
      for (size_t page = 1; page < kPages; ++page) {
        run = used[page] ? 0 : run + 1;
        if (run == pages) return page + 1 - pages;
      }
      return 0;
    }
    void Take(size_t page, size_t pages) {
      for (size_t i = 0; i < pages; ++i) used.set(page + i);
      pages_in_use += pages;
    }
    void GiveBack(size_t page, size_t pages) {
      for (size_t i = 0; i < pages; ++i) used.reset(page + i);
      pages_in_use -= pages;
    }

    std::bitset<kPages> used;
    size_t pages_in_use = 0;
    Chunk* next = nullptr;
    Chunk* previous = nullptr;
  };

  // Chunk-sized and chunk-aligned, for the allocator.
  struct alignas(kChunkBytes) ChunkMemory {
    std::byte bytes[kChunkBytes];
  };
  using ChunkAllocator = typename std::allocator_traits<
      Allocator>::template rebind_alloc<ChunkMemory>;
  using ChunkTraits = std::allocator_traits<ChunkAllocator>;

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

  static size_t PagesFor(size_t bytes) {
    return (bytes + kPageBytes - 1) / kPageBytes;
  }

  // Parcels out of the first chunk with room; of `fresh`, the spare or none if
  // there is no such chunk.
  void* AllocateFrom(Chunk* fresh, size_t pages) {
    Lock lock(locked_);
    if (fresh != nullptr) Add(fresh);
    size_t page = 0;
    Chunk* chunk = chunks_;
    while (chunk != nullptr && (page = chunk->FindFree(pages)) == 0) {
      chunk = chunk->next;
    }
    if (chunk == nullptr) {
      if (spare_ == nullptr) return nullptr;
      chunk = std::exchange(spare_, nullptr);
      Add(chunk);
      page = chunk->FindFree(pages);
    }
    chunk->Take(page, pages);
    return reinterpret_cast<std::byte*>(chunk) + page * kPageBytes;
  }

  void Add(Chunk* chunk) {
    chunk->next = chunks_;
    if (chunks_ != nullptr) chunks_->previous = chunk;
    chunks_ = chunk;
  }

  Chunk* NewChunk() {
    ChunkAllocator allocator(allocator_);
    void* memory = std::to_address(ChunkTraits::allocate(allocator, 1));
#if defined(__linux__)
    // Advice: without huge pages the map is slower, not wrong.
    madvise(memory, kChunkBytes, MADV_HUGEPAGE);
#endif
    chunk_count_.FetchAddRelaxed(1);
    return ::new (memory) Chunk();
  }

  void DestroyChunk(Chunk* chunk) {
    chunk->~Chunk();
    ChunkAllocator allocator(allocator_);
    auto& memory = *reinterpret_cast<ChunkMemory*>(chunk);
    ChunkTraits::deallocate(
        allocator,
        std::pointer_traits<typename ChunkTraits::pointer>::pointer_to(memory),
        1);
    chunk_count_.FetchAddRelaxed(static_cast<size_t>(-1));
  }

  [[no_unique_address]] Allocator allocator_;
  Atomic<bool> locked_;
  Chunk* chunks_ = nullptr;
  Chunk* spare_ = nullptr;
  Atomic<size_t> chunk_count_;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_ARENA_H_
