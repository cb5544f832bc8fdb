// SPDX-License-Identifier: Apache-2.0

// Random programs of any kind, for searching without a fuzzer.

#ifndef PMA_FUZZ_PROGRAMS_RANDOM_FRAME_H_
#define PMA_FUZZ_PROGRAMS_RANDOM_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fuzz/programs/frame.h"
#include "pma/testing/random.h"

namespace pma::programs {

// A schedule for a search: priorities (Mode::kPct), which reach deep with few
// decisions, or a byte for each decision.
inline void RandomiseSchedule(testing::Random& random, sim::Mode& mode,
                              std::vector<uint8_t>& schedule) {
  const bool dense = random.Next() % 4 == 0;
  mode = dense ? sim::Mode::kDense : sim::Mode::kPct;
  schedule.resize(dense ? random.Next() % 1000 : 11);
  for (uint8_t& byte : schedule) byte = random.Byte();
  if (!dense) {
    schedule[8] = static_cast<uint8_t>(random.Next() % 8);   // changes
    schedule[9] = static_cast<uint8_t>(random.Next() % 64);  // stale loads
  }
}

// The program of that number: always the same, and of any shape. A kind whose
// random calls would seldom meet in one place has a
// LetCallsMeet(testing::Random&).
template <class Program>
Program RandomProgramOf(uint64_t number) {
  testing::Random random(number);
  constexpr size_t kProgramBytes =
      2 + Program::kMaxFibers * (1 + 2 * Program::kMaxCalls);
  std::vector<uint8_t> bytes(kProgramBytes);
  for (uint8_t& byte : bytes) byte = random.Byte();
  auto program = DecodeFrame<Program>(bytes);
  if constexpr (requires { program.LetCallsMeet(random); }) {
    program.LetCallsMeet(random);
  }
  RandomiseSchedule(random, program.mode, program.schedule);
  return program;
}

}  // namespace pma::programs

#endif  // PMA_FUZZ_PROGRAMS_RANDOM_FRAME_H_
