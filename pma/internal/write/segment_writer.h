// SPDX-License-Identifier: Apache-2.0

// Changes to one segment, each of which succeeds only if the segment's word is
// still the one the change was decided on.
//
// The writer publishes an image of what the segment will be, from the first
// cell that changes on. Readers use that meanwhile, and the cells before it in
// place. Only a value that is replaced by one store needs no image: that is
// done in place under an even marker.
//
// SYNC-19: the fence at the end of a change / the same fence in another thread:
//          of two threads that change something and then look elsewhere, one
//          sees the other's change. Without it a change that has been reported
//          could still be on its way while its thread reads on.

#ifndef PMA_INTERNAL_WRITE_SEGMENT_WRITER_H_
#define PMA_INTERNAL_WRITE_SEGMENT_WRITER_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pma/internal/machine/segment_registers.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/policy/run_hint.h"
#include "pma/internal/reclaim/thread_record.h"
#include "pma/internal/store/image.h"
#include "pma/internal/store/segment.h"

namespace pma::inline PMA_VARIANT::internal {

// --- The cells after one is put in or taken out --------------------------
//
// At first in the image, then, under the marker, in the segment.

// Copies what moves to the image, and back from there. `kInline`: it is little.
template <class Types, bool kInline = false>
class CopiedCells {
 public:
  // Of a segment that holds `count` cells.
  PMA_ALWAYS_INLINE CopiedCells(Segment<Types>& segment, Segment<Types>& image,
                                size_t count)
      : segment_(segment), image_(image), count_(count) {}

  // One of these makes the image, from cell `rank` on.
  PMA_ALWAYS_INLINE void PutIn(size_t rank, const typename Types::KeyBits& key,
                               const typename Types::ValueBits& value) {
    Copy(segment_, image_, rank, count_, rank + 1);
    image_.StoreCell(rank, key, value);
    image_.SetHead(rank, key, segment_.skip());
  }
  PMA_ALWAYS_INLINE void TakeOut(size_t rank) {
    Copy(segment_, image_, rank + 1, count_, rank);
  }

  // The one that goes with it then changes the segment.
  PMA_ALWAYS_INLINE void FinishPutIn(size_t rank) {
    Copy(image_, segment_, rank, count_ + 1, rank);
    segment_.SetPivots(rank, count_ + 1);
  }
  PMA_ALWAYS_INLINE void FinishTakeOut(size_t rank) {
    Copy(image_, segment_, rank, count_ - 1, rank);
    segment_.ClearCell(count_ - 1);
    segment_.SetPivots(rank, count_);
  }

 private:
  PMA_ALWAYS_INLINE static void Copy(const Segment<Types>& source,
                                     Segment<Types>& target, size_t from,
                                     size_t to, size_t at) {
    if constexpr (kInline) {
      target.CopyCellsInline(source, from, to, at);
    } else {
      target.CopyCells(source, from, to, at);
    }
  }

  Segment<Types>& segment_;
  Segment<Types>& image_;
  const size_t count_;
};

#if defined(PMA_WIDE)
// Segments whose keys and values are a pair of columns.
template <class Types>
constexpr bool IsColumnPair() {
  using Unit = typename Segment<Types>::template Atomic<uint64_t>;
  if constexpr (kMachineWord<Unit> && Types::kNaturalKeys) {
    return sizeof(typename Types::KeyBits) == 8 &&
           Types::ValueCodec::kUnits == 1 &&
           sizeof(typename Types::ValueBits) == 8 &&
           Segment<Types>::kCells == ColumnPair::kWords;
  }
  return false;
}

// Copies a whole segment, if kWideRegisters: it takes no loops, whose lengths
// nobody can predict. Cells before `rank` are written as they were. That flag
// is read once: it changes when the program is initialised, and a part of an
// image is not to be taken for the whole.
template <class Types>
class WholeCells {
  static_assert(sizeof(Segment<Types>) == 64 + 2 * ColumnPair::kWords * 8);

 public:
  PMA_ALWAYS_INLINE WholeCells(Segment<Types>& segment, Segment<Types>& image,
                               size_t count)
      : copied_(segment, image, count), segment_(segment), image_(image) {}

  PMA_ALWAYS_INLINE void PutIn(size_t rank, const typename Types::KeyBits& key,
                               const typename Types::ValueBits& value) {
    if (!wide_) return copied_.PutIn(rank, key, value);
    internal::CopyMovedBack(&segment_.keys, &image_.keys, rank);
    image_.StoreCell(rank, key, value);
  }
  PMA_ALWAYS_INLINE void TakeOut(size_t rank) {
    if (!wide_) return copied_.TakeOut(rank);
    internal::CopyMovedForward(&segment_.keys, &image_.keys, rank,
                               Segment<Types>::FillerBits()[0]);
  }

  PMA_ALWAYS_INLINE void FinishPutIn(size_t rank) {
    if (!wide_) return copied_.FinishPutIn(rank);
    internal::CopyWithLastWords(&image_.keys, &segment_.keys);
  }
  PMA_ALWAYS_INLINE void FinishTakeOut(size_t rank) {
    if (!wide_) return copied_.FinishTakeOut(rank);
    internal::CopyWithLastWords(&image_.keys, &segment_.keys);
  }

 private:
  const bool wide_ = kWideRegisters;
  CopiedCells<Types> copied_;
  Segment<Types>& segment_;
  Segment<Types>& image_;
};

template <class Types>
using MovedCells = std::conditional_t<IsColumnPair<Types>(), WholeCells<Types>,
                                      CopiedCells<Types>>;
#else
template <class Types>
using MovedCells = CopiedCells<Types>;
#endif

// --- The changes ---------------------------------------------------------

template <class Types>
class SegmentWriter {
  using Platform = typename Types::Platform;

 public:
  SegmentWriter(ThreadRecord<Platform>& record, Segment<Types>& segment,
                Word word)
      : record_(record),
        image_(SegmentImageOf<Types>(record)),
        segment_(segment),
        word_(word) {}

  // All three: false, and nothing has happened, if the word has changed.

  // `Cells` is how the cells are moved.
  template <class Cells = MovedCells<Types>>
  PMA_ALWAYS_INLINE bool Insert(size_t rank, const typename Types::KeyBits& key,
                                const typename Types::ValueBits& value) {
    const size_t count = word_.count();
    assert(word_.idle() && rank <= count && count < Types::kCells);
    BeginImage(rank);
    Cells cells(segment_, image_, count);
    cells.PutIn(rank, key, value);
    if (!Mark(Marker::kInsert, count + 1)) return false;
    cells.FinishPutIn(rank);
    segment_.hint.StoreRelaxed(
        RunHint(segment_.hint.LoadRelaxed()).AfterInsert(rank).bits());
    Unmark(word_.AfterChange(count + 1));
    return true;
  }

  // Inserts `more` cells, the first of them at `rank`, at one instant.
  // make_image(image) writes what the segment will hold from there on;
  // hint(RunHint) is the hint afterwards.
  template <class MakeImage, class Hint>
  bool InsertMany(size_t rank, size_t more, const MakeImage& make_image,
                  const Hint& hint) {
    const size_t count = word_.count();
    assert(word_.idle() && rank <= count && count + more <= Types::kCells);
    BeginImage(rank);
    make_image(image_);
    if (!Mark(Marker::kInsert, count + more)) return false;
    segment_.CopyCells(image_, rank, count + more, rank);
    segment_.SetPivots(rank, count + more);
    segment_.hint.StoreRelaxed(
        hint(RunHint(segment_.hint.LoadRelaxed())).bits());
    Unmark(word_.AfterChange(count + more));
    return true;
  }

  PMA_ALWAYS_INLINE bool Erase(size_t rank) {
    const size_t count = word_.count();
    assert(word_.idle() && rank < count);
    BeginImage(rank);
    MovedCells<Types> cells(segment_, image_, count);
    cells.TakeOut(rank);
    if (!Mark(Marker::kDelete, count - 1)) return false;
    cells.FinishTakeOut(rank);
    segment_.hint.StoreRelaxed(
        RunHint(segment_.hint.LoadRelaxed()).AfterErase(rank).bits());
    Unmark(word_.AfterChange(count - 1));
    return true;
  }

  PMA_ALWAYS_INLINE bool Replace(size_t rank,
                                 const typename Types::ValueBits& value) {
    const size_t count = word_.count();
    assert(word_.idle() && rank < count);
    if constexpr (Types::kAtomicValue) {
      if (!Mark(Marker::kUpdate, count)) return false;
      segment_.values.Store(rank, value);
      // The word counts the update, so that no image built before it is
      // published after it.
      segment_.word.StoreThenFenceSeqCst(  // SYNC-6, SYNC-19
          word_.AfterUpdate().bits());
    } else {
      BeginImage(rank);
      image_.CopyCells(segment_, rank, count, rank);
      image_.values.Store(rank, value);
      if (!Mark(Marker::kReplace, count)) return false;
      segment_.values.Store(rank, value);
      Unmark(word_.AfterChange(count));
    }
    return true;
  }

 private:
  // The image is of the cells from the `rank`th on.
  void BeginImage(size_t rank) {
    Platform::FenceRelease();  // SYNC-8
    record_.image_begin.StoreRelaxed(static_cast<uint32_t>(rank));
  }
  bool Mark(Marker marker, size_t count) {
    uint64_t expected = word_.bits();
    const uint64_t marked = word_.Marked(marker, record_.slot, count).bits();
    // SYNC-5, SYNC-18
    if (!segment_.word.CompareExchangeAcqRel(expected, marked)) {
      return false;
    }
    Platform::FenceRelease();  // SYNC-7
    return true;
  }
  // The end of a change that took effect when it was marked.
  void Unmark(Word word) {
    assert(word.idle() && word.version() != word_.version());
    segment_.word.StoreRelease(word.bits());  // SYNC-6
    Platform::FenceAfterRmw();                // SYNC-19
  }

  ThreadRecord<Platform>& record_;
  Segment<Types>& image_;
  Segment<Types>& segment_;
  Word word_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_SEGMENT_WRITER_H_
