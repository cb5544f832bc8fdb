// SPDX-License-Identifier: Apache-2.0

// Where a reader finds the cells of a segment: in place, or, while a writer is
// at work, from the first that changes on in the image that writer has
// published. Never by waiting.

#ifndef PMA_INTERNAL_READ_VIEW_H_
#define PMA_INTERNAL_READ_VIEW_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pma/internal/read/segment_read.h"
#include "pma/internal/reclaim/thread_record.h"
#include "pma/internal/store/extent.h"
#include "pma/internal/store/image.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
struct SegmentView {
  explicit SegmentView(const SegmentRead<Types>& begun) : read(begun) {}

  // Of the segment whose word vouches for all of the below.
  SegmentRead<Types> read;

  // Where the cells lie from `begin` on; those before are in place.
  const Segment<Types>* cells = nullptr;
  size_t begin = 0;
  size_t count = 0;
  Fence<Types> lower;
  Fence<Types> upper;
  bool in_image_of_window = false;
  // Where the extent holds, or will hold, these cells: one segment, or the
  // moving window.
  Window segments;

  typename Types::KeyBits Key(size_t i) const {
    return SegmentOf(i).keys.Load(i);
  }
  typename Types::ValueBits Value(size_t i) const {
    return SegmentOf(i).values.Load(i);
  }
  const Segment<Types>& SegmentOf(size_t i) const {
    assert(i < count);
    return i < begin ? read.segment() : *cells;
  }
};

// How the reader came to the segment.
enum class Arrival {
  kDescended,  // by the separators, as of a moment after the read began
  kGuessed,    // as the neighbour of a segment read earlier
};

// Opens a view, begun at segment `i`, of the cells of it or, while its window
// moves, of the segment in the window's image to which
// `at_or_before(separator)` leads. False if the reader must descend again: the
// extent has been replaced, the segment owns nothing, or the guess was wrong.
// The view holds only as long as its `read` says so.
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
  const Word word = view.read.word();
  view.in_image_of_window = false;
  view.segments = {i, i + 1};
  if (word.marker() == Marker::kDead) return false;

  const size_t active = extent.active();
  if (word.marker() != Marker::kMove) {
    if (i >= active) return false;
    view.cells = &view.read.segment();
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
  if (!view.read.SameCells()) return false;
  // A boxed separator may be followed only once it is known to be one: the
  // image's memory serves maps of other types too.
  typename Types::SeparatorBits separators[WindowImage<Types>::kMaxSegments];
  for (size_t k = 1; k < image_active; ++k) {
    separators[k] = image->separators.Load(k);
  }
  if (!view.read.SameCells()) return false;
  // As a rule it is the image of the segment itself. The separators on either
  // side of that stand still as long as it moves; the others may be gone by
  // now, with their boxes, if their segments are Idle and have moved again. But
  // then whoever came after that has been led here by the new separators.
  size_t j = i - first;
  if (j >= image_active || (j > 0 && !at_or_before(separators[j])) ||
      (j + 1 < image_active && at_or_before(separators[j + 1]))) {
    if (arrival == Arrival::kGuessed) return false;
    j = internal::PartitionPoint(image_active - 1, [&](size_t k) {
      return at_or_before(separators[k + 1]);
    });
  }
  assert(j < image_active && image_active <= WindowImage<Types>::kMaxSegments);
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
