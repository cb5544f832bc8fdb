// SPDX-License-Identifier: Apache-2.0

// Images: what a segment or a window will be when its writer is done. Readers
// take the cells from there meanwhile.

#ifndef PMA_INTERNAL_STORE_IMAGE_H_
#define PMA_INTERNAL_STORE_IMAGE_H_

#include <cstddef>
#include <cstdint>

#include "pma/internal/machine/variant.h"
#include "pma/internal/reclaim/thread_record.h"
#include "pma/internal/store/column.h"
#include "pma/internal/store/segment.h"

namespace pma::inline PMA_VARIANT::internal {

// The after-image of a moving window: its segments and separators as they will
// be in place. Lies in the mover's thread record. Moving a window does not
// change what it contains, so image and old place mean the same.
template <class Types>
struct WindowImage {
  using Platform = typename Types::Platform;
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;

  static constexpr size_t kMaxSegments = Types::Tuning::kMaxWindowSegments;

  Atomic<uint32_t> first;   // the window's first segment in its extent
  Atomic<uint32_t> size;    // its segments
  Atomic<uint32_t> active;  // those that own keys, from the first on
  Atomic<bool> at_end;      // no active segment follows the window
  // separators[0] is not used: the window's lower bound does not change.
  Column<Platform, typename Types::SeparatorCodec, kMaxSegments,
         Types::SeparatorCodec::kBoxed>
      separators;
  Segment<Types> segments[kMaxSegments];
};

// The buffers of one thread as images of this map's types.
template <class Types>
Segment<Types>& SegmentImageOf(ThreadRecord<typename Types::Platform>& record) {
  static_assert(sizeof(Segment<Types>) <=
                ThreadRecord<typename Types::Platform>::kSegmentImageBytes);
  return *reinterpret_cast<Segment<Types>*>(record.segment_image);
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_IMAGE_H_
