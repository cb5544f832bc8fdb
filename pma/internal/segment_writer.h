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

#ifndef PMA_INTERNAL_SEGMENT_WRITER_H_
#define PMA_INTERNAL_SEGMENT_WRITER_H_

#include <cstddef>

#include "pma/internal/moved_cells.h"
#include "pma/internal/run_hint.h"
#include "pma/internal/view.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class SegmentWriter {
  using Platform = typename Types::Platform;
  using SegmentOf = Segment<Types>;

 public:
  SegmentWriter(ThreadRecord<Platform>& record, SegmentOf& segment, Word word)
      : record_(record),
        image_(SegmentImageOf<Types>(record)),
        segment_(segment),
        word_(word) {}

  // All three: false, and nothing has happened, if the word has changed.

  // `Cells` is how the cells are moved.
  template <class Cells = MovedCells<Types>>
  [[gnu::always_inline]] bool Insert(size_t rank,
                                     const typename Types::KeyBits& key,
                                     const typename Types::ValueBits& value) {
    const size_t count = word_.count();
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

  [[gnu::always_inline]] bool Erase(size_t rank) {
    const size_t count = word_.count();
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

  [[gnu::always_inline]] bool Replace(size_t rank,
                                      const typename Types::ValueBits& value) {
    const size_t count = word_.count();
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
    segment_.word.StoreRelease(word.bits());  // SYNC-6
    Platform::FenceAfterRmw();                // SYNC-19
  }

  ThreadRecord<Platform>& record_;
  SegmentOf& image_;
  SegmentOf& segment_;
  Word word_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_SEGMENT_WRITER_H_
