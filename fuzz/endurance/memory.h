// SPDX-License-Identifier: Apache-2.0

// What an endurance run has measured of its memory.

#ifndef FUZZ_ENDURANCE_MEMORY_H_
#define FUZZ_ENDURANCE_MEMORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/endurance/flat.h"

namespace pma::endurance {

// One moment; bytes are doubles, as they are only compared and drawn.
struct Sample {
  double at = 0;            // seconds, or steps of all threads
  double allocated = 0;     // what the maps say they have: memory_usage()
  double retired = 0;       // ... of which is garbage
  double live = 0;          // what their allocator has given out
  double resident = 0;      // of the process
  double entries = 0;       // of both maps
  std::uint64_t steps = 0;  // of all threads so far
};

// The median of each member; not of an empty list.
Sample MedianOf(const std::vector<Sample>& samples);

// The rows of the verdict about memory.
struct MemoryTrends {
  Trend live;
  Trend allocated;
  Trend resident;

  // Empty, or which of them grows.
  std::string Growth() const;
};

// The process has more than the maps (what malloc keeps, a sanitizer's
// quarantine): it may grow by kResidentBytes and that part of itself.
inline constexpr double kResidentBytes = 32.0 * 1024 * 1024;
MemoryTrends JudgeMemory(const std::vector<Sample>& samples,
                         const Allowance& allowance);

}  // namespace pma::endurance

#endif  // FUZZ_ENDURANCE_MEMORY_H_
