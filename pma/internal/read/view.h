// Where a reader finds the cells of a segment: in place, or, while a writer is
// at work, from the first that changes on in the image that writer has
// published. Never by waiting.
//
// The protocol is a seqlock whose unstable phase has a substitute (Boehm, "Can
// seqlocks get along with programming language memory models?", 2012):
//
//   reader                           writer of one segment
//
//   w = word (acquire, SYNC-5, 6)    build the image: where it begins, cells
//   read cells, in place or image    CAS word -> marked (release, SYNC-5)
//   fence acquire                    fence release (SYNC-7)
//   word still w? else again         write those cells in place
//                                    word = Idle, v+1 (release, SYNC-6)
//                                    fence release (SYNC-8), next image
//
// SYNC-5: the release CAS that marks a word / LoadAcquire of the word: whoever
//         sees the marker sees the image.
// SYNC-6: StoreRelease of Idle / LoadAcquire of the word: whoever sees the new
//         version sees the cells.
// SYNC-7: FenceRelease before cells are written / FenceAcquire before the word
//         is read again: whoever read a cell written under a marker sees the
//         marker, or a later word.
// SYNC-8: FenceRelease before an image is written / the same FenceAcquire:
//         whoever read a later image sees that the marker is gone.

#ifndef PMA_INTERNAL_READ_VIEW_H_
#define PMA_INTERNAL_READ_VIEW_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pma/internal/reclaim/epoch.h"
#include "pma/internal/reclaim/thread_record.h"
#include "pma/internal/store/extent.h"
#include "pma/internal/store/image.h"

namespace pma::inline PMA_VARIANT::internal {

// When the directory was loaded by which a reader came to a segment: the end of
// its reservation then. Nothing for types without boxes, which need no more
// than the directory.
template <class Types>
class RootEpoch {
  using GuardOf = Guard<typename Types::Platform>;

 public:
  static constexpr bool kHasBoxes = Types::KeyCodec::kBoxed ||
                                    Types::ValueCodec::kBoxed ||
                                    Types::SeparatorCodec::kBoxed;

  // The directory has just been loaded.
  static RootEpoch Now() {
    RootEpoch epoch;
    if constexpr (kHasBoxes) epoch.end_ = GuardOf::End();
    return epoch;
  }
  // True if boxes may be followed that were found on the way from there; rule 2
  // in epoch.h.
  bool Holds() const {
    if constexpr (kHasBoxes) return GuardOf::StillAt(end_);
    return true;
  }

 private:
  struct Nothing {};
  [[no_unique_address]] std::conditional_t<kHasBoxes, uint64_t, Nothing> end_{};
};

template <class Types>
struct SegmentView {
  using Platform = typename Types::Platform;

  explicit SegmentView(RootEpoch<Types> came_by) : root(came_by) {}

  RootEpoch<Types> root;
  // Where the cells lie from `begin` on; those before are in `home`.
  const Segment<Types>* cells = nullptr;
  size_t begin = 0;
  size_t count = 0;
  Fence<Types> lower;
  Fence<Types> upper;
  bool in_image_of_window = false;
  // Where the extent holds, or will hold, these cells: one segment, or the
  // moving window.
  Window segments;

  // The segment whose word vouches for all of the above, and that word.
  const Segment<Types>* home = nullptr;
  uint64_t word = 0;

  typename Types::KeyBits Key(size_t i) const {
    return SegmentOf(i).keys.Load(i);
  }
  typename Types::ValueBits Value(size_t i) const {
    return SegmentOf(i).values.Load(i);
  }
  const Segment<Types>& SegmentOf(size_t i) const {
    return i < begin ? *home : *cells;
  }

  // True if what was read so far is one consistent set of cells, except that
  // values replaced in place may each be older or newer. Then boxes may be
  // followed.
  bool SameCells() const {
    Platform::FenceAcquire();  // SYNC-7, SYNC-8
    return Word::SameCells(word, home->word.LoadRelaxed()) && root.Holds();
  }
  // True if what was read so far is the content at one instant. Then boxes may
  // be followed.
  bool Unchanged() const {
    Platform::FenceAcquire();  // SYNC-7, SYNC-8
    return word == home->word.LoadRelaxed() && root.Holds();
  }
};

// How the reader came to the segment.
enum class Arrival {
  kDescended,  // by the separators, as of a moment after the read began
  kGuessed,    // as the neighbour of a segment read earlier
};

// Opens a view of the cells of segment `i` or, while its window moves, of the
// segment in the window's image to which `at_or_before(separator)` leads. False
// if the reader must descend again: the extent has been replaced, the segment
// owns nothing, or the guess was wrong. The view holds only as long as its
// SameCells() or Unchanged() says so.
//
// A mover that writes Idle to its segments one by one may leave one under Move
// whose image speaks for another that is Idle and has changed since. A reader
// that descended cannot be misled: the separators were new before the first
// Idle, so it came here before that change. One that guessed could be, and must
// find its cells at home.
template <class Types, class Predicate>
[[gnu::noinline]] bool OpenView(const Extent<Types>& extent, size_t i,
                                Arrival arrival, const Predicate& at_or_before,
                                SegmentView<Types>& view) {
  using Platform = typename Types::Platform;
  const Segment<Types>& home = extent.segment(i);
  const Word word = home.LoadWord();  // SYNC-5, SYNC-6, SYNC-16, SYNC-17
  view.home = &home;
  view.word = word.bits();
  view.in_image_of_window = false;
  view.segments = {i, i + 1};
  if (word.marker() == Marker::kDead) return false;

  const size_t active = extent.active();
  if (word.marker() != Marker::kMove) {
    if (i >= active) return false;
    view.cells = &home;
    view.begin = 0;
    view.count = word.count();
    if (word.unstable()) {
      auto& writer = ThreadRegistry<Platform>::AtSlot(word.slot());
      view.cells = &SegmentImageOf<Types>(writer);
      view.begin = writer.image_begin.LoadRelaxed();
    }
    view.lower = extent.LowerOf(i);
    view.upper = extent.UpperOf(i, active);
    return true;
  }

  // SYNC-12
  const auto* image = reinterpret_cast<const WindowImage<Types>*>(
      ThreadRegistry<Platform>::AtSlot(word.slot()).window_image.LoadAcquire());
  const size_t first = image->first.LoadRelaxed();
  const size_t size = image->size.LoadRelaxed();
  const size_t image_active = image->active.LoadRelaxed();
  const bool at_end = image->at_end.LoadRelaxed();
  // The numbers above index memory: they must be this window's own.
  if (!view.SameCells()) return false;
  // A boxed separator may be followed only once it is known to be one: the
  // image's memory serves maps of other types too.
  typename Types::SeparatorBits separators[WindowImage<Types>::kMaxSegments];
  for (size_t k = 1; k < image_active; ++k) {
    separators[k] = image->separators.Load(k);
  }
  if (!view.SameCells()) return false;
  const size_t j = internal::PartitionPoint(image_active - 1, [&](size_t k) {
    return at_or_before(separators[k + 1]);
  });
  if (arrival == Arrival::kGuessed && first + j != i) return false;
  view.in_image_of_window = true;
  view.segments = {first, first + size};
  view.cells = &image->segments[j];
  view.begin = 0;
  // Bounded, because a recycled image may hold anything.
  view.count = std::min<size_t>(Word(view.cells->word.LoadRelaxed()).count(),
                                Segment<Types>::kCells);
  view.lower =
      j == 0 ? extent.LowerOf(first) : Fence<Types>{separators[j], true};
  if (j + 1 < image_active) {
    view.upper = {separators[j + 1], true};
  } else if (at_end) {
    view.upper = extent.upper();
  } else {
    view.upper = {extent.index().Load(first + image_active), true};
  }
  return true;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_VIEW_H_
