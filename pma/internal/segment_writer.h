// Changes to one segment, each of which succeeds only if the segment's word is
// still the one the change was decided on.
//
// A change that leaves the cells in use where they are (a value replaced by one
// store, a cell added or removed at the end) is made in place under an even
// marker: readers go on reading. All others shift cells: the writer publishes
// the image of what the segment will be, and readers use that meanwhile.
//
// SYNC-19: the fence at the end of a change / the same fence in another thread:
//          of two threads that change something and then look elsewhere, one
//          sees the other's change. Without it a change that has been reported
//          could still be on its way while its thread reads on.

#ifndef PMA_INTERNAL_SEGMENT_WRITER_H_
#define PMA_INTERNAL_SEGMENT_WRITER_H_

#include <cstddef>

#include "pma/internal/run_hint.h"
#include "pma/internal/view.h"

namespace pma::internal {

template <class Types>
class SegmentWriter {
  using Platform = typename Types::Platform;
  using SegmentOf = Segment<Types>;

 public:
  SegmentWriter(Guard<Platform>& guard, SegmentOf& segment, Word word)
      : slot_(guard.record().slot),
        image_(SegmentImageOf<Types>(guard.record())),
        segment_(segment),
        word_(word) {}

  // All three: false, and nothing has happened, if the word has changed.

  bool Insert(size_t rank, const typename Types::KeyBits& key,
              const typename Types::ValueBits& value) {
    const size_t count = word_.count();
    const bool at_end = rank == count;
    if (at_end) {
      if (!Mark(Marker::kUpdate, count)) return false;
      segment_.StoreCell(rank, key, value);
    } else {
      BeginImage();
      image_.CopyCells(segment_, rank, count, rank + 1);
      image_.StoreCell(rank, key, value);
      if (!Mark(Marker::kInsert, count + 1)) return false;
      segment_.CopyCells(image_, rank, count + 1, rank);
    }
    segment_.hint.StoreRelaxed(
        RunHint(segment_.hint.LoadRelaxed()).AfterInsert(rank).bits());
    Unmark(word_.AfterChange(count + 1), /*takes_effect=*/at_end);
    return true;
  }

  bool Erase(size_t rank) {
    const size_t count = word_.count();
    const bool at_end = rank + 1 == count;
    if (at_end) {
      if (!Mark(Marker::kUpdate, count)) return false;
    } else {
      BeginImage();
      image_.CopyCells(segment_, rank + 1, count, rank);
      if (!Mark(Marker::kDelete, count - 1)) return false;
      segment_.CopyCells(image_, rank, count - 1, rank);
    }
    segment_.hint.StoreRelaxed(
        RunHint(segment_.hint.LoadRelaxed()).AfterErase(rank).bits());
    Unmark(word_.AfterChange(count - 1), /*takes_effect=*/at_end);
    return true;
  }

  bool Replace(size_t rank, const typename Types::ValueBits& value) {
    if constexpr (Types::kAtomicValue) {
      // The word counts the update, so that no image built before it is
      // published after it.
      if (!Mark(Marker::kUpdate, word_.count())) return false;
      segment_.values.Store(rank, value);
      Unmark(word_.AfterUpdate(), /*takes_effect=*/true);
    } else {
      BeginImage();
      image_.values.Store(rank, value);
      if (!Mark(Marker::kReplace, word_.count())) return false;
      segment_.values.Store(rank, value);
      Unmark(word_.AfterChange(word_.count()), /*takes_effect=*/false);
    }
    return true;
  }

 private:
  // The image begins as a copy of the segment: of all of it, in use or not,
  // which takes no branches.
  void BeginImage() {
    Platform::FenceRelease();  // SYNC-8
    image_.CopyCells(segment_, 0, SegmentOf::kCells, 0);
  }
  bool Mark(Marker marker, size_t count) {
    uint64_t expected = word_.bits();
    const uint64_t marked = word_.Marked(marker, slot_, count).bits();
    // SYNC-5, SYNC-18
    if (!segment_.word.CompareExchangeAcqRel(expected, marked)) {
      return false;
    }
    Platform::FenceRelease();  // SYNC-7
    return true;
  }
  // The end of a change, which took effect when it was marked or, in place,
  // `takes_effect` just now.
  void Unmark(Word word, bool takes_effect) {
    if (takes_effect) {
      segment_.word.StoreThenFenceSeqCst(word.bits());  // SYNC-6, SYNC-19
    } else {
      segment_.word.StoreRelease(word.bits());  // SYNC-6
      Platform::FenceAfterRmw();                // SYNC-19
    }
  }

  size_t slot_;
  SegmentOf& image_;
  SegmentOf& segment_;
  Word word_;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_SEGMENT_WRITER_H_
