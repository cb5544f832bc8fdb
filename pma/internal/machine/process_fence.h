// SPDX-License-Identifier: Apache-2.0

// A fence for all threads of the process at once, paid by the one that asks.
//
// Two threads that each store and then look at what the other stores need a
// full fence between the two, both of them. If one of them does it a thousand
// times as often, it can leave its fence to the other: ProcessFence() has every
// running thread of the process execute one (threads that are not running did
// so when they were switched away), and the frequent one need only keep its
// compiler from reordering. (Linux: membarrier(2), expedited.)
//
// Where the system has no such call, or forbids it, both sides must use fences
// of their own. What holds is found out once, at the first question, and then
// stays so for the life of the process. It survives fork(): the child inherits
// both the registration and the answer.

#ifndef PMA_INTERNAL_MACHINE_PROCESS_FENCE_H_
#define PMA_INTERNAL_MACHINE_PROCESS_FENCE_H_

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <atomic>

#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

class PMA_PROCESS_WIDE ProcessFence {
 public:
  // Whether Execute() may be relied on. The same answer for everybody.
  static bool Available() {
    State state = state_.load(std::memory_order_acquire);
    if (state == State::kUnknown) [[unlikely]] {
      // Whoever comes first decides; registering twice does no harm.
      const State mine = Register() ? State::kAvailable : State::kNot;
      if (state_.compare_exchange_strong(state, mine)) state = mine;
    }
    return state == State::kAvailable;
  }

  // False if nothing happened: the system has since taken the call away (a
  // sandbox entered after the first question).
  static bool Execute() {
#if defined(__linux__)
    return Call(MEMBARRIER_CMD_PRIVATE_EXPEDITED) ||
           (Register() && Call(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
#else
    return false;
#endif
  }

 private:
  enum class State { kUnknown, kAvailable, kNot };

  static bool Register() {
#if defined(__linux__)
    return Call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
#else
    return false;
#endif
  }
#if defined(__linux__)
  static bool Call(int command) {
    return syscall(__NR_membarrier, command, 0, 0) == 0;
  }
#endif

  static inline std::atomic<State> state_{State::kUnknown};
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_PROCESS_FENCE_H_
