// SPDX-License-Identifier: Apache-2.0

// Plain figures a map reports about itself.

#ifndef PMA_STATS_H_
#define PMA_STATS_H_

#include <cstddef>

namespace pma {

// Memory obtained through the map's allocator and not yet returned to it. The
// heap memory owned by user types (the characters of a long std::string) is the
// user type's own and is not counted, nor is what threads keep for all maps.
struct MemoryUsage {
  // Everything below together, plus the map object itself.
  size_t allocated_bytes = 0;
  // Segments, separators and headers of the extents in use.
  size_t extent_bytes = 0;
  // The directory and the striped counters.
  size_t directory_bytes = 0;
  // Keys and values too large or too rich to lie inline.
  size_t box_bytes = 0;
  // Of what has been erased, replaced or outgrown, and has not been freed yet:
  // rounded up, and with what strings and vectors among it own beside, which is
  // counted nowhere else.
  size_t retired_bytes = 0;
};

}  // namespace pma

#endif  // PMA_STATS_H_
