// Compile-time shape of a map: how large segments, extents and windows are,
// and which platform (atomics, threads) it runs on.
//
// Users need none of this; the defaults are the measured ones. Tests pass
// `TinyTuning` so that rebalances, splits and merges happen within a few dozen
// operations, and the verification lab passes a simulated platform.

#ifndef PMA_OPTIONS_H_
#define PMA_OPTIONS_H_

#include <cstddef>

#include "pma/internal/machine/platform.h"
#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT {

struct DefaultTuning {
  using Platform = internal::RealPlatform;

  // Aim for this many bytes per segment; 8-byte keys and values give 63 cells.
  static constexpr size_t kSegmentBytes = 1024;
  // Upper bound on the cells of a segment (the word's count field holds 63).
  static constexpr size_t kMaxCells = 63;
  // An extent holds at most this many segments, which bounds the cost of every
  // split and so how long other writers wait.
  static constexpr size_t kMaxExtentSegments = 256;
  // A window of more segments than this is rebuilt by copying its extent.
  static constexpr size_t kMaxWindowSegments = 32;
  // What the map asks of its allocator at a time once it takes two of them: a
  // power of two with room for an extent, and better a huge page of the system.
  static constexpr size_t kChunkBytes = size_t{2} << 20;
};

// Four cells per segment, four segments per window, eight per extent.
struct TinyTuning : DefaultTuning {
  static constexpr size_t kMaxCells = 4;
  static constexpr size_t kMaxExtentSegments = 8;
  static constexpr size_t kMaxWindowSegments = 4;
  static constexpr size_t kChunkBytes = size_t{16} << 10;
};

}  // namespace pma::inline PMA_VARIANT

#endif  // PMA_OPTIONS_H_
