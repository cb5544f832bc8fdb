// The cells of a segment as they will be after one is put in or taken out: at
// first in the image, then, under the marker, in the segment.

#ifndef PMA_INTERNAL_MOVED_CELLS_H_
#define PMA_INTERNAL_MOVED_CELLS_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pma/internal/column_pair.h"
#include "pma/internal/segment.h"
#include "pma/internal/vector.h"

namespace pma::inline PMA_VARIANT::internal {

// Copies what moves to the image, and back from there. `kInline`: it is little.
template <class Types, bool kInline = false>
class CopiedCells {
  using SegmentOf = Segment<Types>;

 public:
  // Of a segment that holds `count` cells.
  [[gnu::always_inline]] CopiedCells(SegmentOf& segment, SegmentOf& image,
                                     size_t count)
      : segment_(segment), image_(image), count_(count) {}

  // One of these makes the image, from cell `rank` on.
  [[gnu::always_inline]] void PutIn(size_t rank,
                                    const typename Types::KeyBits& key,
                                    const typename Types::ValueBits& value) {
    Copy(segment_, image_, rank, count_, rank + 1);
    image_.StoreCell(rank, key, value);
  }
  [[gnu::always_inline]] void TakeOut(size_t rank) {
    Copy(segment_, image_, rank + 1, count_, rank);
  }

  // The one that goes with it then changes the segment.
  [[gnu::always_inline]] void FinishPutIn(size_t rank) {
    Copy(image_, segment_, rank, count_ + 1, rank);
  }
  [[gnu::always_inline]] void FinishTakeOut(size_t rank) {
    Copy(image_, segment_, rank, count_ - 1, rank);
    segment_.ClearCell(count_ - 1);
  }

 private:
  [[gnu::always_inline]] static void Copy(const SegmentOf& source,
                                          SegmentOf& target, size_t from,
                                          size_t to, size_t at) {
    if constexpr (kInline) {
      target.CopyCellsInline(source, from, to, at);
    } else {
      target.CopyCells(source, from, to, at);
    }
  }

  SegmentOf& segment_;
  SegmentOf& image_;
  const size_t count_;
};

#if defined(PMA_WIDE)
// Segments that are a pair of columns: the word and the keys are one, the hint
// and the values the other.
template <class Types>
constexpr bool IsColumnPair() {
  using SegmentOf = Segment<Types>;
  using Unit = typename SegmentOf::template Atomic<uint64_t>;
  if constexpr (kMachineWord<Unit> && Types::kNaturalKeys) {
    return sizeof(typename Types::KeyBits) == 8 &&
           sizeof(typename Types::ValueBits) == 8 && SegmentOf::kCells == 63;
  }
  return false;
}

// The same of a whole segment, if kWideRegisters: it takes no loops, whose
// lengths nobody can predict. Cells before `rank` are written as they were.
// That is asked once: the answer changes when the program is initialised, and
// a part of an image is not to be taken for the whole.
template <class Types>
class WholeCells {
  using SegmentOf = Segment<Types>;
  using KeyCodec = typename Types::KeyCodec;
  static_assert(sizeof(SegmentOf) == 2 * ColumnPair::kWords * 8);

 public:
  [[gnu::always_inline]] WholeCells(SegmentOf& segment, SegmentOf& image,
                                    size_t count)
      : copied_(segment, image, count), segment_(segment), image_(image) {}

  [[gnu::always_inline]] void PutIn(size_t rank,
                                    const typename Types::KeyBits& key,
                                    const typename Types::ValueBits& value) {
    if (!wide_) return copied_.PutIn(rank, key, value);
    internal::CopyMovedBack(&segment_, &image_, 1 + rank);
    image_.StoreCell(rank, key, value);
  }
  [[gnu::always_inline]] void TakeOut(size_t rank) {
    if (!wide_) return copied_.TakeOut(rank);
    internal::CopyMovedForward(
        &segment_, &image_, 1 + rank,
        KeyCodec::Encode(SegmentOf::Natural::kFiller)[0]);
  }

  [[gnu::always_inline]] void FinishPutIn(size_t rank) {
    if (!wide_) return copied_.FinishPutIn(rank);
    internal::CopyBehindFirst(&image_, &segment_);
  }
  [[gnu::always_inline]] void FinishTakeOut(size_t rank) {
    if (!wide_) return copied_.FinishTakeOut(rank);
    internal::CopyBehindFirst(&image_, &segment_);
  }

 private:
  const bool wide_ = kWideRegisters;
  CopiedCells<Types> copied_;
  SegmentOf& segment_;
  SegmentOf& image_;
};

template <class Types>
using MovedCells = std::conditional_t<IsColumnPair<Types>(), WholeCells<Types>,
                                      CopiedCells<Types>>;
#else
template <class Types>
using MovedCells = CopiedCells<Types>;
#endif

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MOVED_CELLS_H_
