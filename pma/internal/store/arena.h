// SPDX-License-Identifier: Apache-2.0

// Memory in chunks of 2 MiB, so that the system can back them by huge pages,
// parcelled out in slabs of one size.
//
//   chunk  | header | line, slab | line, slab | .. | never used yet ........ |
//
// The cache line before a slab holds the address of its chunk, so chunks may
// lie anywhere. Those of std::allocator are aligned to their size: then each is
// one huge page. Of other allocators' chunks, which need not know how to align,
// some lie across two.
//
// With small pages a random look-up in a map of millions of entries misses the
// TLB at every step, and memory that is touched for the first time costs a page
// fault each 4 KiB. Slabs of one size leave no holes that the next request
// does not fit: extents that fill in step also grow in step, so pieces of an
// extent's size would all be freed when nobody wants that size any more.
//
// A request is served from the oldest chunk that has room, so that the others
// run empty and go back: when all extents of a map are replaced by smaller
// ones, these end up in the oldest chunks, and close together. Slabs are wanted
// once in thousands of insertions; a spin lock is enough.

#ifndef PMA_INTERNAL_STORE_ARENA_H_
#define PMA_INTERNAL_STORE_ARENA_H_

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/line_allocator.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/machine/spin_lock.h"
#include "pma/internal/machine/variant.h"

#if defined(__SANITIZE_ADDRESS__) || PMA_HAS_FEATURE(address_sanitizer)
#define PMA_ADDRESS_SANITIZER 1
#endif
#if defined(PMA_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#endif

namespace pma::inline PMA_VARIANT::internal {

// Tells AddressSanitizer, where there is one, whether memory may be used.
inline void AllowUse([[maybe_unused]] void* memory,
                     [[maybe_unused]] size_t bytes) {
#if defined(PMA_ADDRESS_SANITIZER)
  __asan_unpoison_memory_region(memory, bytes);
#endif
}
inline void ForbidUse([[maybe_unused]] void* memory,
                      [[maybe_unused]] size_t bytes) {
#if defined(PMA_ADDRESS_SANITIZER)
  __asan_poison_memory_region(memory, bytes);
#endif
}

// Tells the system what is to be done with the pages that lie in this memory.
// If it does not listen, the map is slower or larger, not wrong. Pages that are
// given back are small until they are asked for as huge ones again: whoever
// writes to one, as free() may do, gets no more than that one.
enum class PageAdvice { kHuge, kGiveBack };
[[gnu::cold, gnu::noinline]] inline void Advise(
    [[maybe_unused]] void* memory, [[maybe_unused]] size_t bytes,
    [[maybe_unused]] PageAdvice advice) {
#if defined(__linux__)
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  const uintptr_t first = (begin + page - 1) / page * page;
  const uintptr_t end = (begin + bytes) / page * page;
  if (first < end) {
    void* const pages = reinterpret_cast<void*>(first);
    if (advice == PageAdvice::kHuge) {
      madvise(pages, end - first, MADV_HUGEPAGE);
    } else {
      madvise(pages, end - first, MADV_NOHUGEPAGE);
      madvise(pages, end - first, MADV_DONTNEED);
    }
  }
#endif
}

template <class Platform, class Allocator, size_t kSlabBytes,
          size_t kChunkBytesWanted, size_t kSpareFrom>
class Arena {
  static constexpr size_t kLine = 64;
  static_assert(kSlabBytes % kLine == 0);

 public:
  // What a chunk takes of the allocator, ...
  static constexpr size_t kChunkBytes = kChunkBytesWanted;
  // ... and what of that is used, wherever it lies.
  static constexpr size_t kUsedBytes = kChunkBytes - kLine;
  static constexpr size_t kSlabsPerChunk =
      (kUsedBytes - kLine) / (kLine + kSlabBytes);

  // The allocator must stay where it is.
  explicit Arena(const Allocator& allocator) : allocator_(allocator) {}
  // Everything has been freed by then.
  ~Arena() { Release(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Fills `slabs` with pieces of kSlabBytes, aligned to 64 bytes. Throws what
  // the allocator throws, and then has taken nothing.
  void Allocate(std::span<void*> slabs) {
    size_t taken = Take(nullptr, slabs);
    Rollback give_back([&] { Free(slabs.first(taken)); });
    while (taken < slabs.size()) {
      // The lock is not held while the allocator, which is the user's, works.
      taken += Take(NewChunk(), slabs.subspan(taken));
    }
    give_back.Dismiss();
  }

  // As Allocate, but only from the chunks there are. False, and nothing has
  // been taken, if these do not have enough.
  bool TryAllocate(std::span<void*> slabs) {
    bool enough = false;
    Chunk* unused = nullptr;
    {
      SpinLock<Platform> lock(locked_);
      const size_t taken = TakeFromOldest(slabs);
      enough = taken == slabs.size();
      if (!enough) GiveBack(slabs.first(taken), unused);
    }
    DestroyAll(unused);
    return enough;
  }

  void Free(std::span<void* const> slabs) {
    Chunk* unused = nullptr;  // linked by `next`
    {
      SpinLock<Platform> lock(locked_);
      GiveBack(slabs, unused);
    }
    DestroyAll(unused);
  }

  // Whether less than three quarters of the slab's chunk are in use.
  bool IsInSparseChunk(const void* slab) {
    SpinLock<Platform> lock(locked_);
    return ChunkOf(slab)->in_use * 4 < kSlabsPerChunk * 3;
  }

  // Gives the kept chunk back if it is much beside the others.
  void Trim() {
    if (chunk_count_.LoadRelaxed() < kSpareFrom) ReleaseSpare();
  }

  // Makes chunks for later until there are so many in all that are not used up
  // by what is in use, and touches their memory. Throws what the allocator
  // throws; what has been made by then stays.
  void Reserve(size_t slabs) {
    for (;;) {
      const size_t chunks = reserved_count_.LoadRelaxed();
      const size_t there =
          chunks * kSlabsPerChunk + room() + in_use_.LoadRelaxed();
      if (there >= slabs) return;
      Chunk* chunk = NewChunk();
      Touch(chunk);
      SpinLock<Platform> lock(locked_);
      chunk->age = chunk_count_.FetchAddRelaxed(kMinusOne) - 1;
      reserved_count_.FetchAddRelaxed(1);
      chunk->next = std::exchange(unused_, chunk);
    }
  }
  // Gives back all chunks that nothing is in.
  void Release() {
    Chunk* unused = nullptr;
    {
      SpinLock<Platform> lock(locked_);
      std::swap(unused, unused_);
      if (std::exchange(has_spare_, false)) {
        chunk_count_.FetchAddRelaxed(kMinusOne);
      }
      reserved_count_.StoreRelaxed(0);
    }
    DestroyAll(unused);
  }

  // Slabs that can be had without another chunk, or one of those in reserve: a
  // guess beside other threads.
  size_t room() const {
    const size_t slabs = chunk_count_.LoadRelaxed() * kSlabsPerChunk;
    const size_t used = in_use_.LoadRelaxed();
    return slabs - std::min(slabs, used);
  }
  // Asks for a chunk in advance. Throws what the allocator throws.
  void AddChunk() { Take(NewChunk(), {}); }

  // In use.
  size_t used_bytes() const { return in_use_.LoadRelaxed() * kSlabBytes; }

  // Taken from the allocator and not returned.
  size_t bytes() const {
    return (chunk_count_.LoadRelaxed() + reserved_count_.LoadRelaxed()) *
           kChunkBytes;
  }

 private:
  static constexpr size_t kMinusOne = ~size_t{0};

  // A freed slab, while it waits for its next use.
  struct FreeSlab {
    FreeSlab* next;
  };

  struct alignas(kLine) Chunk {
    size_t in_use = 0;
    size_t ever_used = 0;  // slabs at and after this one were never handed out
    FreeSlab* freed = nullptr;
    size_t age = 0;   // how many chunks there were before it
    size_t list = 0;  // where it is listed, if it has room
    Chunk* next = nullptr;
    Chunk* previous = nullptr;
  };
  static_assert(sizeof(Chunk) == kLine);

  // Chunk-sized and chunk-aligned.
  struct alignas(kChunkBytes) HugePage {
    std::byte bytes[kChunkBytes];
  };
  using ChunkAllocator = std::conditional_t<kIsStandard<Allocator>,
                                            BlockAllocator<HugePage, Allocator>,
                                            LineAllocator<Allocator>>;
  static_assert(ChunkAllocator::Taken(kUsedBytes) == kChunkBytes);

  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;

  // Takes slabs from listed chunks, and from those that are not used, which
  // `fresh` joins, if these are full. Returns how many.
  size_t Take(Chunk* fresh, std::span<void*> slabs) {
    size_t taken = 0;
    {
      SpinLock<Platform> lock(locked_);
      if (fresh != nullptr) {
        fresh->age = chunk_count_.LoadRelaxed() - 1;
        if (has_spare_) {
          chunk_count_.FetchAddRelaxed(kMinusOne);
        } else {
          KeepAsSpare(std::exchange(fresh, nullptr));
        }
      }
      taken = TakeFromOldest(slabs);
    }
    DestroyAll(fresh);
    return taken;
  }

  // Takes slabs from chunks with room, then from the spare, and at last from
  // those in reserve. Returns how many. Under the lock.
  size_t TakeFromOldest(std::span<void*> slabs) {
    size_t taken = 0;
    while (taken < slabs.size()) {
      Chunk* chunk = OldestWithRoom();
      if (chunk == nullptr) {
        if (unused_ == nullptr) break;
        chunk = TakeUnused();
        Link(chunk);
      }
      while (taken < slabs.size() && chunk->in_use < kSlabsPerChunk) {
        slabs[taken++] = TakeOne(*chunk);
      }
      if (chunk->in_use == kSlabsPerChunk) Unlink(chunk);
    }
    in_use_.StoreRelaxed(in_use_.LoadRelaxed() + taken);
    return taken;
  }

  // The spare, or one in reserve. Under the lock.
  Chunk* TakeUnused() {
    Chunk* chunk = unused_;
    unused_ = std::exchange(chunk->next, nullptr);
    if (!std::exchange(has_spare_, false)) {
      reserved_count_.FetchAddRelaxed(~uint32_t{0});
      chunk_count_.FetchAddRelaxed(1);
    }
    return chunk;
  }
  void KeepAsSpare(Chunk* chunk) {
    assert(!has_spare_);
    chunk->next = std::exchange(unused_, chunk);
    has_spare_ = true;
  }
  // Writes to every page of a new chunk, so that none is missing later.
  static void Touch(Chunk* chunk) {
    constexpr size_t kPage = 4096;
    auto* bytes = reinterpret_cast<volatile std::byte*>(chunk);
    for (size_t at = kPage; at < kUsedBytes; at += kPage) {
      bytes[at] = std::byte{0};
    }
  }

  static void* TakeOne(Chunk& chunk) {
    ++chunk.in_use;
    if (chunk.freed != nullptr) {
      FreeSlab* slab = std::exchange(chunk.freed, chunk.freed->next);
      AllowUse(slab, kSlabBytes);
      return slab;
    }
    std::byte* line = reinterpret_cast<std::byte*>(&chunk) + sizeof(Chunk) +
                      chunk.ever_used++ * (kLine + kSlabBytes);
    ::new (line) Chunk*(&chunk);
    return line + kLine;
  }

  static Chunk* ChunkOf(const void* slab) {
    return *reinterpret_cast<Chunk* const*>(
        static_cast<const std::byte*>(slab) - kLine);
  }

  // Appends chunks to be destroyed to `unused`. Under the lock.
  void GiveBack(std::span<void* const> slabs, Chunk*& unused) {
    for (void* slab : slabs) GiveBack(slab, unused);
    in_use_.StoreRelaxed(in_use_.LoadRelaxed() - slabs.size());
  }
  void GiveBack(void* slab, Chunk*& unused) {
    Chunk* const chunk = ChunkOf(slab);
    assert(chunk->in_use > 0);
    if (chunk->in_use == kSlabsPerChunk) Link(chunk);
    chunk->freed = ::new (slab) FreeSlab{chunk->freed};
    ForbidUse(chunk->freed + 1, kSlabBytes - sizeof(FreeSlab));
    if (--chunk->in_use > 0) return;
    Unlink(chunk);
    if (!has_spare_ && chunk_count_.LoadRelaxed() >= kSpareFrom) {
      // An extent that is replaced frees as much as the next one will want.
      KeepAsSpare(chunk);
    } else {
      chunk_count_.FetchAddRelaxed(kMinusOne);
      chunk->next = std::exchange(unused, chunk);
    }
  }

  // Chunks with room are listed by their age, roughly if there are many.
  static constexpr size_t kLists = 8;

  Chunk* OldestWithRoom() const {
    for (Chunk* first : chunks_) {
      if (first != nullptr) return first;
    }
    return nullptr;
  }
  void Link(Chunk* chunk) {
    chunk->list =
        std::min(kLists - 1, chunk->age * kLists / chunk_count_.LoadRelaxed());
    Chunk*& first = chunks_[chunk->list];
    chunk->next = first;
    if (first != nullptr) first->previous = chunk;
    first = chunk;
  }
  void Unlink(Chunk* chunk) {
    if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
    (chunk->previous == nullptr ? chunks_[chunk->list]
                                : chunk->previous->next) = chunk->next;
    chunk->next = chunk->previous = nullptr;
  }

  void ReleaseSpare() {
    Chunk* spare = nullptr;
    {
      SpinLock<Platform> lock(locked_);
      if (has_spare_) {
        spare = TakeUnused();
        chunk_count_.FetchAddRelaxed(kMinusOne);
      }
    }
    DestroyAll(spare);
  }

  Chunk* NewChunk() {
    void* memory = allocator_.Allocate(kUsedBytes);
    internal::Advise(memory, kIsStandard<Allocator> ? kChunkBytes : kUsedBytes,
                     PageAdvice::kHuge);
    chunk_count_.FetchAddRelaxed(1);
    return ::new (memory) Chunk();
  }

  // The chunk and those that it links to, which are not counted any more.
  [[gnu::cold, gnu::noinline]] void DestroyAll(Chunk* chunk) {
    while (chunk != nullptr) {
      Chunk* next = chunk->next;
      AllowUse(chunk, kUsedBytes);
      chunk->~Chunk();
      // The C library may keep what it is given for a long time.
      if constexpr (kIsStandard<Allocator>) {
        internal::Advise(chunk, kChunkBytes, PageAdvice::kGiveBack);
      }
      allocator_.Free(chunk, kUsedBytes);
      chunk = next;
    }
  }

  [[no_unique_address]] ChunkAllocator allocator_;
  Atomic<bool> locked_;
  bool has_spare_ = false;
  Atomic<uint32_t> reserved_count_;
  std::array<Chunk*, kLists> chunks_{};
  // Chunks none of whose slabs are in use, linked by `next`: those in reserve,
  // and the spare if there is one.
  Chunk* unused_ = nullptr;
  Atomic<size_t> chunk_count_;  // but those in reserve
  Atomic<size_t> in_use_;       // slabs; changed under the lock
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_ARENA_H_
