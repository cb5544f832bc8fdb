// What the scheduled fuzzer runs: a map with some entries, two to four fibers
// with a few operations each, and the schedule; and the bytes that say so.
//
//   byte 0   bits 0-1  how the schedule's bytes are read (Mode)
//            bit 2     set: loads return the newest value (interleavings only)
//            bit 3     set: a system without the process-wide fence
//            bits 4-5  fibers: 2, 3, 4, 2
//            bits 6-7  how keys and values are stored (Storage)
//   byte 1   bits 0-1  the initial entries' order (Order)
//            bits 2-7  how many there are
//   then, for each fiber, a byte with its number of operations (1 to 8) and for
//   each of them two bytes: the operation, and its key
//   the rest is the schedule
//
// Missing bytes are zero, so every string of bytes is a program, and a shorter
// one is a smaller program.

#ifndef PMA_FUZZ_SCHEDULE_PROGRAM_H_
#define PMA_FUZZ_SCHEDULE_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fuzz/history/history.h"
#include "fuzz/sim/chooser.h"

namespace pma::schedule {

enum class Storage : uint8_t {
  kInline,
  kBoxedValue,
  kBoxedKey,
  kBoxedBoth,
};

enum class Prefill : uint8_t { kAscending, kDescending, kInterleaved, kOneEnd };

struct Call {
  history::OperationKind kind = history::OperationKind::kInsert;
  uint8_t key = 0;  // the operation's arguments follow from it

  history::Arguments ArgumentsFor(uint64_t unique_value) const;
};

struct Program {
  sim::Mode mode = sim::Mode::kDense;
  bool stale = true;
  bool light_fence = true;
  Storage storage = Storage::kInline;
  Prefill prefill = Prefill::kAscending;
  uint8_t prefill_count = 0;
  std::vector<std::vector<Call>> fibers;
  std::vector<uint8_t> schedule;

  static constexpr size_t kMaxCalls = 8;
  // Keys of operations; the initial entries have every other one of them.
  static constexpr unsigned kKeys = 64;

  // The keys with which the map is filled, in that order.
  std::vector<history::Key> InitialKeys() const;

  size_t CallCount() const;
};

Program Decode(std::span<const uint8_t> bytes);
std::vector<uint8_t> Encode(const Program& program);

}  // namespace pma::schedule

#endif  // PMA_FUZZ_SCHEDULE_PROGRAM_H_
