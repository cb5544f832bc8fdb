// SPDX-License-Identifier: Apache-2.0

// Random programs on the map, for searching without a fuzzer.

#ifndef PMA_FUZZ_MAP_PROGRAMS_RANDOM_PROGRAM_H_
#define PMA_FUZZ_MAP_PROGRAMS_RANDOM_PROGRAM_H_

#include <cstdint>

#include "fuzz/map_programs/program.h"
#include "fuzz/programs/random_frame.h"

namespace pma::map_programs {

// The program of that number: always the same, and of any shape. Most have
// priorities for a schedule (Mode::kPct), which reach deep with few decisions;
// some have a byte for each.
inline Program RandomProgram(uint64_t number) {
  return programs::RandomProgramOf<Program>(number);
}

}  // namespace pma::map_programs

#endif  // PMA_FUZZ_MAP_PROGRAMS_RANDOM_PROGRAM_H_
