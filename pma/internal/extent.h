// An extent: up to 512 segments in key order, one bounded packed memory array.
//
//   +--------+------------------------------+---------------------------------+
//   | header | separators (search tree)     | segment 0 | segment 1 | ...     |
//   +--------+------------------------------+---------------------------------+
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

#ifndef PMA_INTERNAL_EXTENT_H_
#define PMA_INTERNAL_EXTENT_H_

#include <cstddef>
#include <cstdint>

#include "pma/internal/types.h"

namespace pma::internal {

// One bound of an interval of keys.
template <class Types>
struct Fence {
  typename Types::SeparatorBits bits{};
  bool finite = false;  // false: before or after every key
};

template <class Types>
class Extent : public Retirable {
 public:
  using Platform = typename Types::Platform;
  using Seg = Segment<Types>;
  using Index = Separators<Platform, typename Types::SeparatorCodec>;
  using FenceOf = Fence<Types>;
  template <class T>
  using Atomic = typename Platform::template Atomic<T>;

  static constexpr size_t BytesFor(size_t capacity) {
    return SegmentsOffset(capacity) + capacity * sizeof(Seg);
  }

  // Constructs an extent of empty Idle segments in `memory`, 64-byte aligned
  // and of BytesFor(capacity) bytes. It owns the boxes of its fences.
  static Extent* Construct(void* memory, size_t capacity, const FenceOf& lower,
                           const FenceOf& upper) {
    return ::new (memory) Extent(capacity, lower, upper);
  }

  size_t capacity() const { return capacity_; }
  size_t bytes() const { return BytesFor(capacity_); }
  const FenceOf& lower() const { return lower_; }
  const FenceOf& upper() const { return upper_; }

  size_t active() const { return active_.LoadAcquire(); }  // SYNC-4
  void set_active(size_t active) {
    active_.StoreRelease(static_cast<uint32_t>(active));  // SYNC-4
  }

  // Fetches what a search of the separators reads first.
  void PrefetchHeader() const {
    const auto* memory = reinterpret_cast<const std::byte*>(this);
    for (size_t at = 0; at < IndexOffset() + 4 * kAlign; at += kAlign) {
      __builtin_prefetch(memory + at);
    }
  }

  Seg& segment(size_t i) { return segments_[i]; }
  const Seg& segment(size_t i) const { return segments_[i]; }
  Index& index() { return index_; }
  const Index& index() const { return index_; }

  FenceOf LowerOf(size_t i) const {
    return i == 0 ? lower_ : FenceOf{index_.Load(i), true};
  }
  FenceOf UpperOf(size_t i, size_t active) const {
    return i + 1 >= active ? upper_ : FenceOf{index_.Load(i + 1), true};
  }

  // Counts a segment that fell below a low watermark. True once a quarter have,
  // when the extent's density is worth a look; the count starts again.
  bool NoteLowWatermark() {
    const uint32_t crossed = low_watermarks_.FetchAddRelaxed(1) + 1;
    if (crossed * 4 < capacity_) return false;
    low_watermarks_.StoreRelaxed(0);
    return true;
  }

  // The cells of a cleared extent die with it; those of a replaced one live on
  // in its successors.
  bool owns_cells = false;
  // Where its memory came from.
  bool in_arena = false;

 private:
  static constexpr size_t kAlign = 64;

  static constexpr size_t IndexOffset() {
    return (sizeof(Extent) + kAlign - 1) / kAlign * kAlign;
  }
  static constexpr size_t SegmentsOffset(size_t capacity) {
    const size_t end = IndexOffset() +
                       Index::UnitsFor(capacity) * sizeof(typename Index::Unit);
    return (end + kAlign - 1) / kAlign * kAlign;
  }

  Extent(size_t capacity, const FenceOf& lower, const FenceOf& upper)
      : capacity_(static_cast<uint32_t>(capacity)),
        active_(static_cast<uint32_t>(capacity)),
        index_(reinterpret_cast<std::byte*>(this) + IndexOffset(), capacity),
        segments_(ConstructSegments(capacity)),
        lower_(lower),
        upper_(upper) {}

  Seg* ConstructSegments(size_t capacity) {
    auto* segments = reinterpret_cast<Seg*>(reinterpret_cast<std::byte*>(this) +
                                            SegmentsOffset(capacity));
    for (size_t i = 0; i < capacity; ++i) ::new (&segments[i]) Seg();
    return segments;
  }

  uint32_t capacity_;
  Atomic<uint32_t> active_;
  Index index_;
  Seg* segments_;
  FenceOf lower_;
  FenceOf upper_;
  Atomic<uint32_t> low_watermarks_;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_EXTENT_H_
