// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sim/heap.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fuzz/sim/sanitizers.h"

namespace pma::sim {
namespace {

constexpr size_t kShadowBytes =
    Heap::kBytes / Heap::kGranuleBytes * sizeof(uint32_t);
constexpr unsigned char kFreshFill = 0xa5;
constexpr unsigned char kFreedFill = 0xdd;

void* Map(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("the simulated heap");
    std::abort();
  }
  return memory;
}

}  // namespace

// Lies just before the block, in nobody's memory. Headers are chained from the
// last block to the first.
struct Heap::Header {
  uint64_t bytes;
  uint32_t previous;  // offset of the block before, or 0
  uint32_t owner : 8;
  uint32_t freed : 1;
  uint32_t magic : 23;

  static constexpr uint32_t kMagic = 0x3b10c5;
  static Header* Of(void* block) { return static_cast<Header*>(block) - 1; }
};

Heap::Heap()
    : region_(static_cast<std::byte*>(Map(kBytes))),
      shadow_(static_cast<uint32_t*>(Map(kShadowBytes))) {
  ASAN_POISON_MEMORY_REGION(region_, kBytes);
}

Heap::~Heap() {
  ASAN_UNPOISON_MEMORY_REGION(region_, kBytes);
  munmap(region_, kBytes);
  munmap(shadow_, kShadowBytes);
}

void Heap::Reset() {
  std::memset(shadow_, 0, used_ / kGranuleBytes * sizeof(uint32_t));
  ASAN_POISON_MEMORY_REGION(region_, used_);
  used_ = 0;
  last_ = 0;
  live_blocks_ = 0;
  live_bytes_ = 0;
}

void* Heap::Allocate(size_t bytes, size_t align, Owner owner) {
  align = std::max(align, alignof(Header));
  // At least one granule lies between two blocks: the header.
  const size_t begin = (used_ + sizeof(Header) + align - 1) / align * align;
  const size_t rounded = (std::max<size_t>(bytes, 1) + kGranuleBytes - 1) /
                         kGranuleBytes * kGranuleBytes;
  if (begin + rounded > kBytes || rounded < bytes) return nullptr;
  std::byte* block = region_ + begin;
  Header* header = Header::Of(block);
  ASAN_UNPOISON_MEMORY_REGION(header, sizeof(Header) + bytes);
  ::new (header)
      Header{bytes, last_, static_cast<uint32_t>(owner), 0, Header::kMagic};
  ASAN_POISON_MEMORY_REGION(header, sizeof(Header));
  std::memset(block, kFreshFill, bytes);
  std::fill_n(Shadow(block), rounded / kGranuleBytes, kAllocated);
  used_ = begin + rounded;
  last_ = static_cast<uint32_t>(begin);
  if (owner == Owner::kAllocator) {
    ++live_blocks_;
    live_bytes_ += bytes;
  }
  return block;
}

Heap::Block Heap::BlockAt(void* begin) const {
  const size_t offset = Offset(begin);
  if (offset < sizeof(Header) || offset >= used_ ||
      offset % alignof(Header) != 0) {
    return {};
  }
  Header* header = Header::Of(begin);
  ASAN_UNPOISON_MEMORY_REGION(header, sizeof(Header));
  const Header copy = *header;
  // A header may be poisoned again only if it is one.
  if (copy.magic != Header::kMagic) return {};
  ASAN_POISON_MEMORY_REGION(header, sizeof(Header));
  return {static_cast<std::byte*>(begin), copy.bytes, copy.freed != 0};
}

Heap::Block Heap::BlockAround(const void* address) const {
  const size_t offset = Offset(address);
  for (size_t begin = last_; begin != 0;) {
    std::byte* block = region_ + begin;
    if (begin <= offset) return BlockAt(block);
    Header* header = Header::Of(block);
    ASAN_UNPOISON_MEMORY_REGION(header, sizeof(Header));
    begin = header->previous;
    ASAN_POISON_MEMORY_REGION(header, sizeof(Header));
  }
  return {};
}

void Heap::Free(const Block& block) {
  Header* header = Header::Of(block.begin);
  ASAN_UNPOISON_MEMORY_REGION(header, sizeof(Header));
  header->freed = 1;
  const bool counted =
      header->owner == static_cast<uint32_t>(Owner::kAllocator);
  ASAN_POISON_MEMORY_REGION(header, sizeof(Header));
  std::memset(block.begin, kFreedFill, block.bytes);
  ASAN_POISON_MEMORY_REGION(block.begin, block.bytes);
  if (counted) {
    --live_blocks_;
    live_bytes_ -= block.bytes;
  }
}

}  // namespace pma::sim
