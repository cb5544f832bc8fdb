// SPDX-License-Identifier: Apache-2.0

// An extent: up to 256 segments in key order, one bounded packed memory array.
//
//   +-----------------+--------------------------+
//   | header  slabs[] | separators (search tree) |
//   +-----------|--|--+--------------------------+
//               |  +-> | segment 16 | segment 17 | ... |
//               +----> | segment  0 | segment  1 | ... | segment 15 |
//
// Its segments lie in slabs, which all have one size (but the last of a small
// extent, which is cut to measure). So extents of all sizes share one pool of
// memory (arena.h). Apart from them the separators of many extents lie densely
// and at all offsets, not in the same few sets of the cache.
//
// Segment i owns the keys in [separator i, separator i+1); segment 0 begins at
// the extent's lower fence and the last active one ends at its upper fence.
// Both fences are constant. Segments at and after `active` are empty and own
// nothing; they are the room into which an ascending run grows.
//
// INV-1  separators 1..active-1 never descend; separator i is at or before all
//        keys of segment i and after all keys of segment i-1.
// INV-2  separators i and i+1 (and `active`) change only while segment i is
//        marked Move, so a reader that finds segment i's word unchanged has
//        read them as they were in between.
// INV-3  an empty interval is owned by an empty segment: among equal separators
//        only the last one's segment may hold cells. (Follows from INV-1.)
//
// SYNC-4: StoreRelease / LoadAcquire of `active`: whoever sees the count sees
//         the separators below it.

#ifndef PMA_INTERNAL_STORE_EXTENT_H_
#define PMA_INTERNAL_STORE_EXTENT_H_

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>

#include "pma/internal/store/types.h"

namespace pma::inline PMA_VARIANT::internal {

// One bound of an interval of keys.
template <class Types>
struct Fence {
  typename Types::SeparatorBits bits{};
  bool finite = false;  // false: before or after every key
};

// What keys between two fences have in common, of keys with heads.
template <class Types>
size_t CommonPrefixOf(const Fence<Types>& lower, const Fence<Types>& upper) {
  using Index = SeparatorsFor<Types>;
  if (!lower.finite || !upper.finite) return 0;
  return internal::CommonPrefix(Index::WordsOf(lower.bits),
                                Index::WordsOf(upper.bits));
}

template <class Types>
class Extent : public Retirable {
 public:
  using Platform = typename Types::Platform;
  using Seg = Segment<Types>;
  using Index = SeparatorsFor<Types>;
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;

  // Segments of a whole slab: some 16 KiB, and a sixteenth of an extent, which
  // is then the step by which extents grow.
  static constexpr size_t kMaxSegments = Types::Tuning::kMaxExtentSegments;
  static constexpr size_t kSlabSegments = std::bit_floor(
      std::min(std::max<size_t>(1, (size_t{16} << 10) / sizeof(Seg)),
               std::max<size_t>(2, kMaxSegments / 16)));
  static constexpr size_t kSlabBytes = kSlabSegments * sizeof(Seg);
  static constexpr size_t kMaxSlabs =
      (kMaxSegments + kSlabSegments - 1) / kSlabSegments;

  // Of the header and separators of an extent of so many segments.
  static constexpr size_t HeaderBytesFor(size_t capacity) {
    return sizeof(Extent) - sizeof(Index) + Index::BytesFor(capacity);
  }

  // Constructs an extent in `memory`, 64-byte aligned and of
  // HeaderBytesFor(capacity) bytes. It is given its slabs afterwards, and owns
  // the boxes of its fences.
  static Extent* Construct(void* memory, size_t capacity,
                           const Fence<Types>& lower,
                           const Fence<Types>& upper) {
    return ::new (memory) Extent(capacity, lower, upper);
  }

  size_t capacity() const { return capacity_; }
  size_t header_bytes() const { return HeaderBytesFor(capacity_); }
  const Fence<Types>& lower() const { return lower_; }
  const Fence<Types>& upper() const { return upper_; }

  // Of one that nobody else can see yet: where it ends, which it then owns.
  void SetUpper(const Fence<Types>& upper) {
    assert(!upper_.finite);
    upper_ = upper;
  }

  // Of all its memory.
  size_t bytes() const { return header_bytes() + capacity_ * sizeof(Seg); }

  size_t slab_count() const {
    return (capacity_ + kSlabSegments - 1) / kSlabSegments;
  }
  size_t SlabBytes(size_t slab) const {
    return std::min(kSlabSegments, capacity_ - slab * kSlabSegments) *
           sizeof(Seg);
  }
  bool is_cut(size_t slab) const { return SlabBytes(slab) < kSlabBytes; }
  // Constructs empty Idle segments in so many bytes.
  static void ConstructSegments(void* memory, size_t bytes) {
    auto* segments = static_cast<Seg*>(memory);
    for (size_t i = 0; i < bytes / sizeof(Seg); ++i) ::new (&segments[i]) Seg();
  }
  // Gives the extent a slab of SlabBytes(slab) bytes of segments.
  void SetSlab(size_t slab, void* memory) {
    assert(slab < slab_count() && slabs_[slab] == nullptr);
    slabs_[slab] = static_cast<Seg*>(memory);
  }
  void* slab(size_t slab) const { return slabs_[slab]; }
  // Whether it has whole slabs that do not lie in chunks.
  bool HasPieces() const {
    for (size_t i = 0; i < slab_count(); ++i) {
      if (!is_cut(i) && !slabs_in_chunks[i]) return true;
    }
    return false;
  }

  size_t active() const { return active_.LoadAcquire(); }  // SYNC-4
  void set_active(size_t active) {
    assert(active > 0 && active <= capacity_);  // the first owns something
    active_.StoreRelease(static_cast<uint32_t>(active));  // SYNC-4
  }

  // Fetches the addresses of the slabs, which a descent reads last.
  void PrefetchSlabs() const {
    for (size_t i = 0; i < kMaxSlabs; i += 64 / sizeof(Seg*)) {
      __builtin_prefetch(&slabs_[i]);
    }
  }
  // Fetches what a search of the separators reads first.
  void PrefetchIndex() const {
    __builtin_prefetch(&index_);
    index_.PrefetchTop();
  }

  Seg& segment(size_t i) {
    assert(i < capacity_);
    return slabs_[i / kSlabSegments][i % kSlabSegments];
  }
  const Seg& segment(size_t i) const {
    assert(i < capacity_);
    return slabs_[i / kSlabSegments][i % kSlabSegments];
  }
  Index& index() { return index_; }
  const Index& index() const { return index_; }

  Fence<Types> LowerOf(size_t i) const {
    assert(i < capacity_);
    return i == 0 ? lower_ : Fence<Types>{index_.Load(i), true};
  }
  Fence<Types> UpperOf(size_t i, size_t active) const {
    return i + 1 >= active ? upper_ : Fence<Types>{index_.Load(i + 1), true};
  }

  // Before it is published, when all its cells and separators are there:
  // INV-12.
  void SetHeads() {
    if constexpr (Types::kHeadedKeys) {
      const size_t in_use = active();
      index_.SetHeads(internal::CommonPrefixOf(lower_, upper_), in_use);
      for (size_t i = 0; i < in_use; ++i) {
        Seg& seg = segment(i);
        seg.SetHeads(internal::CommonPrefixOf(LowerOf(i), UpperOf(i, in_use)),
                     Word(seg.word.LoadRelaxed()).count());
        seg.SetPivots();
      }
    }
  }

  // Counts a segment that fell below a low watermark. True once a quarter have,
  // when the extent's density is worth a look; the count starts again.
  bool NoteLowWatermark() {
    const uint32_t crossed = low_watermarks_.FetchAddRelaxed(1) + 1;
    if (crossed * 4 < capacity_) return false;
    low_watermarks_.StoreRelaxed(0);
    return true;
  }

  // Counts rebalances: the time by which segments' heat cools.
  uint32_t rebalances() const { return rebalances_.LoadRelaxed(); }
  uint32_t CountRebalance() { return rebalances_.FetchAddRelaxed(1) + 1; }

  // The cells of a cleared extent die with it; those of a replaced one live on
  // in its successors.
  bool owns_cells = false;
  // Where its memory came from: the header, and each of the slabs.
  bool header_in_arena = false;
  std::bitset<kMaxSlabs> slabs_in_chunks;

 private:
  Extent(size_t capacity, const Fence<Types>& lower, const Fence<Types>& upper)
      : capacity_(static_cast<uint32_t>(capacity)),
        active_(static_cast<uint32_t>(capacity)),
        lower_(lower),
        upper_(upper),
        index_(capacity) {
    assert(capacity > 0 && capacity <= kMaxSegments);
  }

  uint32_t capacity_;
  Atomic<uint32_t> active_;
  Fence<Types> lower_;
  Fence<Types> upper_;
  Atomic<uint32_t> low_watermarks_;
  Atomic<uint32_t> rebalances_;
  alignas(64) std::array<Seg*, kMaxSlabs> slabs_{};  // constant once published
  Index index_;  // the last member: its cells lie behind it
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_EXTENT_H_
