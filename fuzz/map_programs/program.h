// SPDX-License-Identifier: Apache-2.0

// What the scheduled fuzzer runs: a map with some entries, two to four fibers
// with a few operations each, and the schedule. Its bytes are those of
// frame.h, and of its own
//
//   byte 0   bits 6-7  how keys and values are stored (Storage)
//   byte 1   bits 0-1  the initial entries' order (Prefill)
//            bits 2-7  how many there are, 32 at most; from 48 on epochs are
//                      long, if it is odd strings move (SimTuning), and of more
//                      than 32 in two halves the upper one comes first

#ifndef PMA_FUZZ_MAP_PROGRAMS_PROGRAM_H_
#define PMA_FUZZ_MAP_PROGRAMS_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/history/history.h"
#include "fuzz/programs/frame.h"
#include "pma/testing/random.h"

namespace pma::map_programs {

enum class Storage : uint8_t {
  kInline,
  kLongKeyAndBoxedValue,
  kBoxedKey,
  kTextAndBoxedValue,
};

// kHalves: two ascending ones, a key of each in turn, or the upper one first.
enum class Prefill : uint8_t { kAscending, kDescending, kHalves, kOneEnd };

struct Call {
  history::OperationKind kind = history::OperationKind::kInsert;
  uint8_t key = 0;  // the operation's arguments follow from it

  history::Arguments ArgumentsFor(uint64_t unique_value) const;
};

struct Program : programs::Frame<Call> {
  Storage storage = Storage::kInline;
  Prefill prefill = Prefill::kAscending;
  uint8_t prefill_count = 0;

  bool long_epochs() const { return prefill_count >= 48; }
  bool moving_texts() const { return prefill_count % 2 == 1; }

  // Keys of operations; the initial entries have every other one of them.
  static constexpr unsigned kKeys = 64;
  // All but what only recorded calls are.
  static size_t KindCount() {
    return static_cast<size_t>(history::OperationKind::kInsertSortedUntold);
  }

  // See frame.h.
  void SetOwn(unsigned bits, uint8_t byte) {
    storage = static_cast<Storage>(bits);
    prefill = static_cast<Prefill>(byte & 3);
    prefill_count = byte >> 2;
  }
  unsigned OwnBits() const { return static_cast<unsigned>(storage); }
  uint8_t OwnByte() const {
    return static_cast<uint8_t>(static_cast<unsigned>(prefill) |
                                static_cast<unsigned>(prefill_count) << 2);
  }

  // Random calls seldom meet in one segment. Of ten programs one stays as it
  // is; six have their calls on neighbouring keys, few kinds of calls, or both;
  // in one everybody changes a key and then looks at the next one's, in one a
  // fiber asks for neighbours where the others write, and in one it takes
  // snapshots there, or pops.
  void LetCallsMeet(testing::Random& random);

  // The keys with which the map is filled, in that order.
  std::vector<history::Key> InitialKeys() const;

 private:
  void ChangeThenLook(testing::Random& random);
  void LookBesideChanges(testing::Random& random);
  void LookAtOnceBesideChanges(testing::Random& random);
};

inline Program Decode(std::span<const uint8_t> bytes) {
  return programs::DecodeFrame<Program>(bytes);
}
inline std::vector<uint8_t> Encode(const Program& program) {
  return programs::EncodeFrame(program);
}

}  // namespace pma::map_programs

#endif  // PMA_FUZZ_MAP_PROGRAMS_PROGRAM_H_
