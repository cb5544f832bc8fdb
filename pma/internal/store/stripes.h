// SPDX-License-Identifier: Apache-2.0

// Counters and garbage of a map, in stripes: so that threads that write to one
// map do not all write one cache line.
//
// Small maps make do with one stripe, for everybody. Larger ones have sixteen
// more: one for each of the first fifteen slots of threads, which so belongs to
// one thread at a time and is counted without locked instructions, and one for
// all the other threads.
//
// SYNC-15: the CAS in Grow / LoadAcquire in OfSlot: the stripes are constructed
//         before they are found.

#ifndef PMA_INTERNAL_STORE_STRIPES_H_
#define PMA_INTERNAL_STORE_STRIPES_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/line_allocator.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/reclaim/limbo.h"

namespace pma::inline PMA_VARIANT::internal {

// `Boxes` is a Limbo; there are kMore stripes beside the first.
template <class Platform, class Allocator, class Boxes, size_t kMore>
class Stripes {
  static_assert(kMore > 1);
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;

 public:
  struct Stripe {
    Atomic<int64_t> entries;
    Atomic<int64_t> box_bytes;
    Atomic<int64_t> rebalances;  // windows moved
    Atomic<int64_t> retries;     // attempts to make room that were in vain
    Boxes boxes;
  };

  // For a thread without a slot.
  static constexpr size_t kNoSlot = ~size_t{0};

  explicit Stripes(const Allocator& allocator) : lines_(allocator) {}
  // What is in the stripes has been freed by then.
  ~Stripes() {
    if (Block* block = block_.LoadRelaxed()) Destroy(block);
  }
  Stripes(const Stripes&) = delete;
  Stripes& operator=(const Stripes&) = delete;

  Stripe& OfSlot(size_t slot) {
    Block* block = block_.LoadAcquire();  // SYNC-15
    return block == nullptr ? first_ : (*block)[std::min(slot, kOwnStripes)];
  }

  // Adds to a counter of the stripe of `slot`, whose thread is the caller.
  void Add(size_t slot, Atomic<int64_t> Stripe::* counter, int64_t delta) {
    Block* block = block_.LoadAcquire();
    if (block != nullptr && slot < kOwnStripes) {
      Atomic<int64_t>& own = (*block)[slot].*counter;
      own.StoreRelaxed(own.LoadRelaxed() + delta);
    } else {
      (OfSlot(slot).*counter).FetchAddRelaxed(delta);
    }
  }
  // The counters of all stripes together, 0 if that comes to less: they are not
  // read at one instant.
  size_t Sum(Atomic<int64_t> Stripe::* counter) const {
    int64_t sum = 0;
    ForEach(
        [&](const Stripe& stripe) { sum += (stripe.*counter).LoadRelaxed(); });
    return sum > 0 ? static_cast<size_t>(sum) : 0;
  }

  template <class Function>
  void ForEach(Function function) {
    function(first_);
    if (Block* block = block_.LoadAcquire()) {
      for (Stripe& stripe : *block) function(stripe);
    }
  }
  template <class Function>
  void ForEach(Function function) const {
    function(first_);
    if (const Block* block = block_.LoadAcquire()) {
      for (const Stripe& stripe : *block) function(stripe);
    }
  }
  static constexpr size_t kMost = kMore + 1;  // that ForEach comes to

  // Best effort: without memory it stays as it is.
  void Grow() {
    if (block_.LoadRelaxed() != nullptr) return;
    Block* block = nullptr;
    PMA_TRY { block = ::new (lines_.Allocate(sizeof(Block))) Block(); }
    PMA_CATCH_ALL { return; }
    Block* expected = nullptr;
    if (!block_.CompareExchangeAcqRel(expected, block))
      Destroy(block);  // SYNC-15
  }

  // What the stripes beside the first have been allocated.
  size_t bytes() const {
    return block_.LoadRelaxed() == nullptr ? 0 : Lines::Taken(sizeof(Block));
  }

 private:
  using Lines = LineAllocator<Allocator>;
  static constexpr size_t kOwnStripes = kMore - 1;
  // Not inlined: else each of the many is made by code of its own.
  struct alignas(64) OneOfMany : Stripe {
    [[gnu::noinline]] OneOfMany() = default;
  };
  using Block = std::array<OneOfMany, kMore>;

  void Destroy(Block* block) {
    block->~Block();
    lines_.Free(block, sizeof(Block));
  }

  [[no_unique_address]] Lines lines_;
  Atomic<Block*> block_;
  Stripe first_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_STRIPES_H_
