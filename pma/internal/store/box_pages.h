// SPDX-License-Identifier: Apache-2.0

// Memory for many small boxes of different sizes: pages of boxes of one size
// (Bonwick, "The slab allocator", 1994).
//
//   arena  | page | page | ..
//   page   | header | box | box | .. | never used yet .. |
//
// The pages lie in the chunks of an arena (arena.h), which the system can back
// by huge pages: a string that is looked at then costs one miss less. Boxes
// have nothing before or behind them, so they know how far they lie behind
// their page's header.
//
// Each of the threads that come first has pages of its own to allocate from, so
// that threads that write do not wait for each other; the others share some.
// Whoever frees a box, perhaps another thread, takes the lock of the page's
// owner. A page that is all free goes back to the arena.
//
// What shrinks leaves pages and chunks that are sparse. Boxes move out of them
// when somebody has the occasion: no others are made in a page that is left.
//
// SYNC-23: StoreRelease in Open / LoadAcquire in HasRoomFor: owners are
//         constructed before they are found.

#ifndef PMA_INTERNAL_STORE_BOX_PAGES_H_
#define PMA_INTERNAL_STORE_BOX_PAGES_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "pma/internal/machine/line_allocator.h"
#include "pma/internal/machine/spin_lock.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/store/arena.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Platform, class Allocator, size_t kPageBytes,
          size_t kChunkBytes, size_t kOwners>
class BoxPages {
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;

 public:
  // What boxes are aligned to, and what sizes are rounded up to.
  static constexpr size_t kUnit = 16;

  explicit BoxPages(const Allocator& allocator)
      : lines_(allocator), arena_(allocator) {}
  // All boxes have been freed by then.
  ~BoxPages() {
    if (Owners* owners = owners_.LoadRelaxed()) Destroy(owners);
  }
  BoxPages(const BoxPages&) = delete;
  BoxPages& operator=(const BoxPages&) = delete;

  // Whether there is room for boxes of that size.
  bool HasRoomFor(size_t bytes) const {
    return bytes <= kMostBytes && open_.LoadAcquire();  // SYNC-23
  }
  // From now on there is, until no box is in use any more. Throws what the
  // allocator throws.
  void Open() {
    if (owners_.LoadAcquire() == nullptr) MakeOwners();
    if (!open_.LoadRelaxed()) open_.StoreRelease(true);  // SYNC-23
  }

  struct Box {
    void* memory;
    uint32_t distance;  // how far behind its page's header, in units
  };
  static constexpr uint32_t kMostDistance = kPageBytes / kUnit;

  // A box of `bytes`, which there is room for; `slot` is the calling thread's.
  // Throws what the allocator throws.
  Box Allocate(size_t slot, size_t bytes) {
    const size_t owner = std::min(slot, kOwners - 1);
    const size_t units = UnitsOf(bytes);
    Owner& own = OwnerOf(owner);
    Page* fresh = nullptr;
    for (;;) {
      {
        SpinLock<Platform> lock(own.locked);
        Page*& first = own.with_room[units];
        if (fresh != nullptr) Link(first, fresh);
        if (first != nullptr) {
          own.Count(units);
          return Take(first);
        }
      }
      // The lock is not held while the allocator, which is the user's, works.
      void* memory = nullptr;
      arena_.Allocate({&memory, 1});
      fresh = ::new (memory) Page(owner, units);
    }
  }

  // `distance` is what Allocate() said.
  void Free(void* memory, uint32_t distance) {
    Page* const page = PageOf(memory, distance);
    Owner& owner = OwnerOf(page->owner);
    {
      SpinLock<Platform> lock(owner.locked);
      Page*& first = owner.with_room[page->units];
      assert(page->in_use > 0);
      owner.Count(-size_t{page->units});
      if (page->IsFull() && !page->left) Link(first, page);
      page->freed = ::new (memory) FreeBox{page->freed};
      ForbidUse(page->freed + 1, page->units * kUnit - sizeof(FreeBox));
      if (--page->in_use > 0) return;
      if (!page->left) Unlink(first, page);
    }
    page->~Page();
    AllowUse(page, kPageBytes);
    void* const slab = page;
    arena_.Free({&slab, 1});
    // Few boxes are better off by themselves.
    if (arena_.used_bytes() == 0) open_.StoreRelaxed(false);
    arena_.Trim();
  }

  // Whether boxes should move: while they do; if more than half of all pages is
  // free, in two chunks or more; or if they are so few that they are better off
  // by themselves. If that did not help the last time, something must have
  // changed since. A guess beside other threads.
  bool AreSparse(bool few) const {
    if (moving_.LoadRelaxed()) return true;
    const size_t used = used_bytes();
    const size_t all = arena_.bytes();
    return ((all >= 2 * kChunkBytes && used * 2 < all) || (few && all > 0)) &&
           (used < settled_used_.LoadRelaxed() / 4 * 3 ||
            all > settled_.LoadRelaxed());
  }
  bool moving() const { return moving_.LoadRelaxed(); }
  // Boxes are about to move: leaves all sparse pages, or they would move there;
  // few boxes leave all.
  void BeginToMove(bool few) {
    if (few) open_.StoreRelaxed(false);
    Owners* const owners = owners_.LoadAcquire();
    if (owners == nullptr || arena_.used_bytes() == 0) return;
    for (Owner& owner : *owners) {
      for (Page* const& first : owner.with_room) {
        SpinLock<Platform> lock(owner.locked);
        for (Page* page = first; page != nullptr;) {
          Page* const next = page->next;
          if (page->IsSparse()) LeavePage(owner, page);
          page = next;
        }
      }
    }
    moving_.StoreRelaxed(true);
  }
  // All that could move have.
  void EndMoving() {
    settled_used_.StoreRelaxed(used_bytes());
    settled_.StoreRelaxed(arena_.bytes());
    moving_.StoreRelaxed(false);
  }
  // Whether a box, which is in use, should be replaced by another one: its page
  // is sparse, or its page's chunk. Then that page is left.
  bool Leave(const void* memory, uint32_t distance) {
    Page* const page = PageOf(memory, distance);
    Owner& owner = OwnerOf(page->owner);
    {
      SpinLock<Platform> lock(owner.locked);
      if (page->left) return true;
      if (page->IsSparse() || !open_.LoadRelaxed()) {
        LeavePage(owner, page);
        return true;
      }
    }
    if (!arena_.IsInSparseChunk(page)) return false;
    SpinLock<Platform> lock(owner.locked);
    if (!page->left) LeavePage(owner, page);
    return true;
  }

  // Of boxes in use.
  size_t used_bytes() const {
    const Owners* const owners = owners_.LoadAcquire();
    size_t units = 0;
    if (owners != nullptr) {
      for (const Owner& owner : *owners) units += owner.units.LoadRelaxed();
    }
    return units * kUnit;
  }
  // What the pages are taken from the allocator for.
  size_t bytes() const {
    return arena_.bytes() + (owners_.LoadRelaxed() == nullptr
                                 ? 0
                                 : Lines::Taken(sizeof(Owners)));
  }
  // Gives back what was kept for the next page.
  void Release() { arena_.Release(); }

 private:
  struct FreeBox {
    FreeBox* next;
  };
  struct alignas(64) Page {
    Page(size_t owner_index, size_t box_units)
        : owner(static_cast<uint32_t>(owner_index)),
          units(static_cast<uint32_t>(box_units)) {}

    uint32_t capacity() const {
      return static_cast<uint32_t>((kPageBytes - sizeof(Page)) /
                                   (units * kUnit));
    }
    bool IsFull() const { return in_use == capacity(); }
    bool IsSparse() const { return in_use * 4 < capacity() * 3; }

    Page* next = nullptr;  // of the same owner and size, with room
    Page* previous = nullptr;
    FreeBox* freed = nullptr;
    const uint32_t owner;
    const uint32_t units;    // of each box
    uint32_t ever_used = 0;  // boxes at and after this one never were
    uint16_t in_use = 0;
    bool left = false;  // then it is not linked
  };
  static_assert(sizeof(Page) == 64);

  // So that the end of a page, which no box fits into, is little of it.
  static constexpr size_t kMostBytes =
      std::min<size_t>(512, (kPageBytes - sizeof(Page)) / 2 / kUnit * kUnit);
  static_assert(kMostBytes >= 2 * kUnit);

  using Pages = std::array<Page*, kMostBytes / kUnit + 1>;  // by units
  struct alignas(64) Owner {
    // Under the lock, by two's complement.
    void Count(size_t more) { units.StoreRelaxed(units.LoadRelaxed() + more); }

    Atomic<bool> locked;
    Atomic<size_t> units;  // in use
    Pages with_room{};
  };
  using Owners = std::array<Owner, kOwners>;
  using Lines = LineAllocator<Allocator>;

  static size_t UnitsOf(size_t bytes) {
    assert(bytes > 0 && bytes <= kMostBytes);
    return (bytes + kUnit - 1) / kUnit;
  }
  Owner& OwnerOf(size_t owner) { return (*owners_.LoadAcquire())[owner]; }

  // Under the owner's lock: of the first page with room.
  Box Take(Page*& first) {
    Page& page = *first;
    const size_t bytes = page.units * kUnit;
    std::byte* box = reinterpret_cast<std::byte*>(page.freed);
    if (box != nullptr) {
      page.freed = page.freed->next;
      AllowUse(box, bytes);
    } else {
      box = reinterpret_cast<std::byte*>(&page) + sizeof(Page) +
            page.ever_used++ * bytes;
    }
    ++page.in_use;
    if (page.IsFull()) Unlink(first, &page);
    const auto distance =
        static_cast<size_t>(box - reinterpret_cast<std::byte*>(&page));
    return {box, static_cast<uint32_t>(distance / kUnit)};
  }

  static Page* PageOf(const void* memory, uint32_t distance) {
    assert(distance >= sizeof(Page) / kUnit && distance < kMostDistance);
    const auto address = reinterpret_cast<uintptr_t>(memory);
    return reinterpret_cast<Page*>(address - size_t{distance} * kUnit);
  }
  static void LeavePage(Owner& owner, Page* page) {
    if (!page->IsFull()) Unlink(owner.with_room[page->units], page);
    page->left = true;
  }
  static void Link(Page*& first, Page* page) {
    page->next = first;
    page->previous = nullptr;
    if (first != nullptr) first->previous = page;
    first = page;
  }
  static void Unlink(Page*& first, Page* page) {
    if (page->next != nullptr) page->next->previous = page->previous;
    (page->previous == nullptr ? first : page->previous->next) = page->next;
  }

  void MakeOwners() {
    auto* owners = ::new (lines_.Allocate(sizeof(Owners))) Owners();
    Owners* expected = nullptr;
    if (!owners_.CompareExchangeAcqRel(expected, owners)) Destroy(owners);
  }
  void Destroy(Owners* owners) {
    // Nothing has been leaked.
    assert(std::ranges::all_of(
        *owners, [](Owner& owner) { return owner.with_room == Pages(); }));
    owners->~Owners();
    lines_.Free(owners, sizeof(Owners));
  }

  [[no_unique_address]] Lines lines_;
  // Keeps an empty chunk beside others: so no single box takes one and gives it
  // back again and again.
  Arena<Platform, Allocator, kPageBytes, kChunkBytes, /*kSpareFrom=*/2> arena_;
  Atomic<bool> open_;
  Atomic<Owners*> owners_;
  Atomic<bool> moving_;
  // When boxes moved the last time: what was used, and all.
  Atomic<size_t> settled_used_;
  Atomic<size_t> settled_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_BOX_PAGES_H_
