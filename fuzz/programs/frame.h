// SPDX-License-Identifier: Apache-2.0

// What every kind of scheduled program is made of: two to four fibers with a
// few calls each, and a schedule; and the bytes that say so.
//
//   byte 0   bits 0-1  how the schedule's bytes are read (Mode)
//            bit 2     set: loads return the newest value (interleavings only)
//            bit 3     set: a system without the process-wide fence
//            bits 4-5  fibers: 2, 3, 4, 2
//            bits 6-7  the kind's own
//   byte 1   the kind's own
//   then, for each fiber, a byte with its number of calls (1 to 8) and for each
//   of them two bytes: what is called, and its key
//   the rest is the schedule
//
// Missing bytes are zero, so every string of bytes is a program, and a shorter
// one is a smaller program.
//
// A kind is a struct that derives from Frame and says how its own bits are
// read (program.h, ../epoch/program.h). What the machinery makes of it
// (minimise.h, mutate.h, random_program.h, fuzz_target.h) are templates that
// call Execute(simulation, program) and Report(simulation, program) of the
// kind's namespace.

#ifndef PMA_FUZZ_PROGRAMS_FRAME_H_
#define PMA_FUZZ_PROGRAMS_FRAME_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "fuzz/sim/chooser.h"

namespace pma::programs {

template <class CallType>
struct Frame {
  sim::Mode mode = sim::Mode::kDense;
  bool stale = true;
  bool light_fence = true;
  std::vector<std::vector<CallType>> fibers;
  std::vector<uint8_t> schedule;

  static constexpr size_t kMinFibers = 2;
  static constexpr size_t kMaxFibers = 4;
  static constexpr size_t kMaxCalls = 8;

  size_t CallCount() const {
    size_t count = 0;
    for (const auto& calls : fibers) count += calls.size();
    return count;
  }
};

// What an execution of any kind comes to.
struct Executed {
  // Empty, or what went wrong.
  std::string failure;
  std::vector<uint8_t> sparse;  // the same decisions as a sparse schedule
  uint64_t hash = 0;
  uint32_t steps = 0;
  std::string trace;  // if asked for

  bool ok() const { return failure.empty(); }
};

inline constexpr sim::Mode kModes[] = {sim::Mode::kDense, sim::Mode::kPct,
                                       sim::Mode::kSparse, sim::Mode::kDense};

// `Program` has KindCount(), kKeys, and its own bits: SetOwn(two bits, byte),
// OwnBits(), OwnByte().
template <class Program>
Program DecodeFrame(std::span<const uint8_t> bytes) {
  const auto next = [&bytes]() -> uint8_t {
    if (bytes.empty()) return 0;
    const uint8_t byte = bytes.front();
    bytes = bytes.subspan(1);
    return byte;
  };
  Program program;
  const uint8_t head = next();
  program.mode = kModes[head & 3];
  program.stale = (head & 4) == 0;
  program.light_fence = (head & 8) == 0;
  const size_t fibers = 2 + (head >> 4 & 3) % 3;
  program.SetOwn(head >> 6, next());
  for (size_t f = 0; f < fibers; ++f) {
    auto& calls = program.fibers.emplace_back();
    const size_t count = 1 + next() % Program::kMaxCalls;
    for (size_t i = 0; i < count; ++i) {
      auto& call = calls.emplace_back();
      call.kind =
          static_cast<decltype(call.kind)>(next() % Program::KindCount());
      call.key = static_cast<uint8_t>(next() % Program::kKeys);
    }
  }
  program.schedule.assign(bytes.begin(), bytes.end());
  return program;
}

template <class Program>
std::vector<uint8_t> EncodeFrame(const Program& program) {
  std::vector<uint8_t> bytes;
  const auto* mode =
      std::find(std::begin(kModes), std::end(kModes), program.mode);
  bytes.push_back(static_cast<uint8_t>(
      (mode - std::begin(kModes)) | (program.stale ? 0 : 4) |
      (program.light_fence ? 0 : 8) | (program.fibers.size() - 2) << 4 |
      program.OwnBits() << 6));
  bytes.push_back(program.OwnByte());
  for (const auto& calls : program.fibers) {
    bytes.push_back(static_cast<uint8_t>(calls.size() - 1));
    for (const auto& call : calls) {
      bytes.push_back(static_cast<uint8_t>(call.kind));
      bytes.push_back(call.key);
    }
  }
  bytes.insert(bytes.end(), program.schedule.begin(), program.schedule.end());
  return bytes;
}

}  // namespace pma::programs

#endif  // PMA_FUZZ_PROGRAMS_FRAME_H_
