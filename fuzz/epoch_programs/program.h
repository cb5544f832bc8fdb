// SPDX-License-Identifier: Apache-2.0

// Small concurrent programs on the reclamation scheme alone. What they work on:
//
//   root --> node --> [ slot 0 | slot 1 | slot 2 | slot 3 ]
//                          |                  |
//                        box 0              box 2
//   side --> box
//
// It stands for the map: the root for its directory, a node for an extent, a
// slot for a cell, the side pointer for a separator. Boxes are put into slots
// and taken out of them while the node is there; a node is replaced by a copy
// once its slots are frozen, after which it may still be looked at. Everything
// that is unlinked is retired.
//
// The bytes are those of ../schedule/frame.h, and of its own
//
//   byte 0   bits 6-7  unused
//   byte 1   bits 0-1  unused
//            bits 2-7  how many slots have a box at the beginning

#ifndef PMA_FUZZ_EPOCH_PROGRAMS_PROGRAM_H_
#define PMA_FUZZ_EPOCH_PROGRAMS_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fuzz/programs/frame.h"

namespace pma::epoch_programs {

// Each call but the last three is one guard of its thread. New ones go to the
// end: the corpus counts them.
enum class Action : uint8_t {
  kFind,             // follows the root to a box
  kFindTwo,          // to two boxes, and looks at the first one again
  kFindNested,       // to a box; another in an inner guard; the first again
  kFindRefreshed,    // to a box; Refresh(); to a box again
  kPut,              // a new box into a slot; retires what was there
  kErase,            // takes a box out of its slot and retires it
  kReplaceNode,      // freezes the node, publishes a copy, retires it
  kReadSide,         // follows the side pointer, if the reservation reaches it
  kReplaceSide,      // puts a new box there; retires the old one
  kCollectGuarded,   // follows to a box; collects; looks at the box again
  kCollectExcepted,  // follows to a box; collects as if it had not
  kStop,             // follows to a box and stops, until all others have ended
  kCollect,          // collects, without a guard
  kCollectIfWorthIt,
  kExitThread,  // the thread ends; a new one makes the other calls
};
inline constexpr size_t kActions = 15;

std::string_view NameOf(Action action);

struct Call {
  Action kind = Action::kFind;
  uint8_t key = 0;
};

struct Program : programs::Frame<Call> {
  uint8_t prefill_count = 0;

  static constexpr unsigned kKeys = 4;
  static constexpr size_t KindCount() { return kActions; }

  // See frame.h.
  void SetOwn(unsigned, uint8_t byte) { prefill_count = byte >> 2; }
  unsigned OwnBits() const { return 0; }
  uint8_t OwnByte() const { return static_cast<uint8_t>(prefill_count << 2); }
};

inline Program Decode(std::span<const uint8_t> bytes) {
  return programs::DecodeFrame<Program>(bytes);
}
inline std::vector<uint8_t> Encode(const Program& program) {
  return programs::EncodeFrame(program);
}

}  // namespace pma::epoch_programs

#endif  // PMA_FUZZ_EPOCH_PROGRAMS_PROGRAM_H_
