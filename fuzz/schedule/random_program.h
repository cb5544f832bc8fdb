// SPDX-License-Identifier: Apache-2.0

// Random programs on the map, for searching without a fuzzer.

#ifndef PMA_FUZZ_SCHEDULE_RANDOM_PROGRAM_H_
#define PMA_FUZZ_SCHEDULE_RANDOM_PROGRAM_H_

#include <cstdint>

#include "fuzz/schedule/program.h"
#include "fuzz/schedule/random_frame.h"

namespace pma::schedule {

// The program of that number: always the same, and of any shape. Most have
// priorities for a schedule (Mode::kPct), which reach deep with few decisions;
// some have a byte for each.
inline Program RandomProgram(uint64_t number) {
  return RandomProgramOf<Program>(number);
}

}  // namespace pma::schedule

#endif  // PMA_FUZZ_SCHEDULE_RANDOM_PROGRAM_H_
