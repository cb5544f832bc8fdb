// Random programs, for searching without a fuzzer.

#ifndef PMA_FUZZ_SCHEDULE_RANDOM_PROGRAM_H_
#define PMA_FUZZ_SCHEDULE_RANDOM_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fuzz/schedule/program.h"

namespace pma::schedule {

// The program of that number: always the same, and of any shape. Most have
// priorities for a schedule (Mode::kPct), which reach deep with few decisions;
// some have a byte for each.
inline Program RandomProgram(uint64_t number) {
  uint64_t state = number;
  const auto next = [&state] {  // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  };
  constexpr size_t kProgramBytes = 2 + 4 * (1 + 2 * Program::kMaxCalls);
  std::vector<uint8_t> bytes(kProgramBytes);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(next());
  Program program = Decode(bytes);
  const bool dense = next() % 4 == 0;
  program.mode = dense ? sim::Mode::kDense : sim::Mode::kPct;
  program.schedule.resize(dense ? next() % 1000 : 11);
  for (uint8_t& byte : program.schedule) byte = static_cast<uint8_t>(next());
  if (!dense) {
    program.schedule[8] = static_cast<uint8_t>(next() % 8);   // changes
    program.schedule[9] = static_cast<uint8_t>(next() % 64);  // stale loads
  }
  return program;
}

}  // namespace pma::schedule

#endif  // PMA_FUZZ_SCHEDULE_RANDOM_PROGRAM_H_
