// SPDX-License-Identifier: Apache-2.0

// Waiting for other writers, and standing back from where they are at work.

#ifndef PMA_INTERNAL_MACHINE_BACKOFF_H_
#define PMA_INTERNAL_MACHINE_BACKOFF_H_

#include <algorithm>
#include <cstdint>

#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

// Waits for another writer: a few short spins, then the scheduler. The spins
// are capped because an uncapped exponential wait collapses as soon as there
// are more threads than processors.
template <class Platform>
class Backoff {
 public:
  void Wait() {
    if (round_ >= kSpinRounds) {
      Platform::Yield();
      return;
    }
    for (int i = 0; i < (1 << round_); ++i) Platform::Pause();
    ++round_;
  }

 private:
  static constexpr int kSpinRounds = 6;
  int round_ = 0;
};

// What races with other writers a thread has lost of late.
//
// Threads that write to one segment in turn fetch its lines from each other's
// caches, which takes longer than the changes do. So who loses a race stands
// back, the longer the more it has lost, and the winner goes on in its own
// cache. Who loses a race by chance pauses once and loses nothing else.
class LostRaces {
 public:
  // Pauses: once after the first race that is lost, then twice as often each
  // time, up to `most`. Returns how often.
  template <class Platform>
  [[gnu::cold, gnu::noinline]] uint32_t StandBack(uint32_t most) {
    const uint32_t pauses =
        std::min(most, uint32_t{1} << (weight_ / kWinsPerLoss));
    for (uint32_t i = 0; i < pauses; ++i) Platform::Pause();
    if (pauses < most) weight_ += kWinsPerLoss;
    return pauses;
  }
  // A change that nobody was in the way of.
  void Won() {
    if (weight_ > 0) [[unlikely]] {
      --weight_;
    }
  }

 private:
  // So many wins make up for one loss.
  static constexpr uint32_t kWinsPerLoss = 32;
  uint32_t weight_ = 0;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_BACKOFF_H_
