// SPDX-License-Identifier: Apache-2.0

#include "pma/internal/store/arena.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/internal/machine/platform.h"
#include "pma/testing/counting_allocator.h"

namespace pma::internal {
namespace {

using testing::AllocationLedger;
using testing::CountingAllocator;

constexpr size_t kSlabBytes = size_t{64} << 10;
using ArenaOf = Arena<RealPlatform, CountingAllocator<std::byte>, kSlabBytes,
                      size_t{2} << 20, /*kSpareFrom=*/24>;
constexpr size_t kPerChunk = ArenaOf::kSlabsPerChunk;

class ArenaTest : public ::testing::Test {
 protected:
  std::vector<void*> Take(size_t count) {
    std::vector<void*> slabs(count);
    arena_.Allocate(slabs);
    return slabs;
  }
  size_t chunks() const { return arena_.bytes() / ArenaOf::kChunkBytes; }

  AllocationLedger ledger_;
  CountingAllocator<std::byte> allocator_{&ledger_};
  ArenaOf arena_{allocator_};
};

struct Filled {
  void* slab;
  unsigned char fill;

  void Write() const { std::memset(slab, fill, kSlabBytes); }
  bool IsIntact() const {
    for (size_t i = 0; i < kSlabBytes; i += 61) {
      if (static_cast<unsigned char*>(slab)[i] != fill) return false;
    }
    return true;
  }
};

TEST_F(ArenaTest, SlabsNeverOverlapAndAllComeBack) {
  std::mt19937_64 random(9);
  std::vector<Filled> slabs;
  for (int i = 0; i < 300; ++i) {
    if (slabs.size() < 20 || random() % 2 == 0) {
      for (void* slab : Take(1 + random() % 16)) {
        ASSERT_EQ(reinterpret_cast<uintptr_t>(slab) % 64, 0u);
        slabs.push_back({slab, static_cast<unsigned char>(random())});
        slabs.back().Write();
      }
    } else {
      std::array<void*, 10> freed;
      for (void*& slab : freed) {
        std::swap(slabs[random() % slabs.size()], slabs.back());
        ASSERT_TRUE(slabs.back().IsIntact());
        slab = slabs.back().slab;
        slabs.pop_back();
      }
      arena_.Free(freed);
    }
  }
  for (const Filled& filled : slabs) {
    ASSERT_TRUE(filled.IsIntact());
    arena_.Free({&filled.slab, 1});
  }
  arena_.Trim();
  EXPECT_EQ(arena_.bytes(), 0u);
  EXPECT_EQ(ledger_.live_bytes(), 0u);
}

TEST_F(ArenaTest, AChunkIsAskedForOnlyWhenAllAreFull) {
  std::vector<void*> slabs = Take(kPerChunk);
  EXPECT_EQ(chunks(), 1u);
  arena_.Free(std::span<void* const>(slabs).first(2));
  std::vector<void*> holes = Take(2);
  EXPECT_EQ(chunks(), 1u);
  std::vector<void*> next = Take(1);
  EXPECT_EQ(chunks(), 2u);
  arena_.Free(std::span<void* const>(slabs).subspan(2));
  arena_.Free(holes);
  arena_.Free(next);
}

TEST_F(ArenaTest, TheOldestChunkIsUsedSoThatTheOthersRunEmpty) {
  std::vector<void*> first = Take(kPerChunk);
  std::vector<void*> second = Take(kPerChunk);
  std::vector<void*> third = Take(kPerChunk);
  // Room comes to be in the youngest first.
  for (const auto& slabs : {third, first, second}) {
    arena_.Free(std::span<void* const>(slabs).first(2));
  }
  const std::vector<void*> holes = Take(6);
  const auto are_of = [&](size_t hole, const std::vector<void*>& slabs) {
    return std::is_permutation(holes.begin() + hole, holes.begin() + hole + 2,
                               slabs.begin(), slabs.begin() + 2);
  };
  EXPECT_TRUE(are_of(0, first));
  EXPECT_TRUE(are_of(2, second));
  EXPECT_TRUE(are_of(4, third));
  // All that is replaced by half as much comes to lie in the oldest.
  std::vector<void*> kept;
  for (size_t i = 0; i < kPerChunk; ++i) {
    for (const auto& slabs : {third, second, first}) {
      arena_.Free({&slabs[i], 1});
    }
    kept.push_back(Take(1)[0]);
  }
  EXPECT_EQ(chunks(), 1u);
  arena_.Free(kept);
  EXPECT_EQ(chunks(), 0u);
}

TEST_F(ArenaTest, WhatIsTriedTakesAllOrNothingAndNoOtherChunk) {
  std::vector<void*> slabs(3);
  EXPECT_FALSE(arena_.TryAllocate(slabs));
  EXPECT_EQ(chunks(), 0u);
  const std::vector<void*> most = Take(kPerChunk - 2);
  EXPECT_FALSE(arena_.TryAllocate(slabs));
  EXPECT_EQ(arena_.room(), 2u);
  slabs.pop_back();
  EXPECT_TRUE(arena_.TryAllocate(slabs));
  EXPECT_EQ(arena_.room(), 0u);
  EXPECT_EQ(chunks(), 1u);
  arena_.Free(slabs);
  arena_.Free(most);
}

TEST_F(ArenaTest, OnlyALargeArenaKeepsAnEmptyChunk) {
  std::vector<std::vector<void*>> chunk_slabs;
  for (int i = 0; i < 30; ++i) chunk_slabs.push_back(Take(kPerChunk));
  arena_.Free(chunk_slabs.back());
  chunk_slabs.pop_back();
  EXPECT_EQ(chunks(), 30u);
  const size_t allocations = ledger_.allocation_count();
  chunk_slabs.push_back(Take(kPerChunk));
  EXPECT_EQ(ledger_.allocation_count(), allocations);
  while (chunk_slabs.size() > 1) {
    arena_.Free(chunk_slabs.back());
    chunk_slabs.pop_back();
  }
  arena_.Trim();
  EXPECT_EQ(chunks(), 1u);
  arena_.Free(chunk_slabs.back());
}

TEST_F(ArenaTest, RoomIsWhatCanBeHadWithoutAnotherChunk) {
  EXPECT_EQ(arena_.room(), 0u);
  arena_.AddChunk();
  EXPECT_EQ(chunks(), 1u);
  EXPECT_EQ(arena_.room(), kPerChunk);
  const std::vector<void*> slabs = Take(kPerChunk - 1);
  EXPECT_EQ(chunks(), 1u);
  EXPECT_EQ(arena_.room(), 1u);
  arena_.Free(std::span<void* const>(slabs).subspan(1));
  EXPECT_EQ(arena_.room(), kPerChunk - 1);
  arena_.Free({slabs.data(), 1});
  EXPECT_EQ(arena_.room(), 0u);
  EXPECT_EQ(ledger_.live_bytes(), 0u);
}

#if defined(PMA_ADDRESS_SANITIZER)
TEST_F(ArenaTest, AFreedSlabMustNotBeUsed) {
  const std::vector<void*> slabs = Take(2);
  auto* last_byte = static_cast<volatile char*>(slabs[1]) + kSlabBytes - 1;
  *last_byte = 1;
  arena_.Free(std::span<void* const>(slabs).subspan(1));
  EXPECT_DEATH(*last_byte = 1, "use-after-poison");
  arena_.Free(std::span<void* const>(slabs).first(1));
}
#endif

TEST_F(ArenaTest, AChunkAddedAndNeverUsedIsGivenBack) {
  arena_.AddChunk();
  arena_.AddChunk();
  EXPECT_EQ(chunks(), 1u);
  arena_.Trim();
  EXPECT_EQ(chunks(), 0u);
  EXPECT_EQ(ledger_.live_bytes(), 0u);
}

TEST_F(ArenaTest, FailureOfTheAllocatorTakesNothing) {
  std::vector<void*> slabs = Take(kPerChunk - 1);
  std::vector<void*> wanted(kPerChunk);
  ledger_.FailNth(1);
  EXPECT_THROW(arena_.Allocate(wanted), std::bad_alloc);
  ledger_.NeverFail();
  // The one that was left is still there.
  std::vector<void*> last = Take(1);
  EXPECT_EQ(chunks(), 1u);
  arena_.Free(slabs);
  arena_.Free(last);
}

}  // namespace
}  // namespace pma::internal
