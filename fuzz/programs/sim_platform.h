// SPDX-License-Identifier: Apache-2.0

// The map on the simulator: a platform whose threads are fibers, whose atomics
// are simulated, and whose every access is a step of a schedule.

#ifndef PMA_FUZZ_PROGRAMS_SIM_PLATFORM_H_
#define PMA_FUZZ_PROGRAMS_SIM_PLATFORM_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "fuzz/sim/atomic.h"
#include "fuzz/sim/simulation.h"
#include "pma/options.h"

namespace pma::programs {

struct SimPlatform {
  template <class T>
  using Atomic = sim::Atomic<T>;

  static void FenceAcquire() {
    if (planted_ != Planted::kNoAcquireFence) sim::FenceAcquire();
  }
  static void FenceRelease() {
    if (planted_ != Planted::kNoReleaseFence) sim::FenceRelease();
  }
  static void FenceSeqCst() {
    if (planted_ != Planted::kNoSeqCstFence) sim::FenceSeqCst();
  }

  // A bug in every place at once, to see that it is found: fences that do
  // nothing. Set before an execution.
  enum class Planted {
    kNothing,
    kNoAcquireFence,
    kNoReleaseFence,
    kNoSeqCstFence,  // nor a process-wide one
  };
  static void set_planted(Planted planted) { planted_ = planted; }

  static void FenceAfterRmw() { FenceSeqCst(); }

  // Both kinds of system are simulated: set before an execution.
  static void set_light_fence(bool light) { light_fence_ = light; }
  static bool HasLightFence() { return light_fence_; }
  static void FenceLight() {}

  // Set before an execution: nothing but the replacement of an extent ends an
  // epoch.
  static void set_long_epochs(bool are_long) { long_epochs_ = are_long; }
  static bool long_epochs() { return long_epochs_; }
  // Set before an execution: strings move with each extent that is replaced.
  static void set_moving_texts(bool move) { moving_texts_ = move; }
  static bool moving_texts() { return moving_texts_; }

  static bool FenceHeavy() {
    sim::Simulation* simulation = sim::Simulation::Current();
    if (simulation == nullptr || planted_ == Planted::kNoSeqCstFence) {
      return true;
    }
    if (light_fence_) {
      simulation->FenceAll();
    } else {
      simulation->FenceSeqCst();
    }
    return true;
  }

  // Time stands still: garbage is looked at by what there is of it.
  static std::uint64_t Milliseconds() { return 0; }

  static void Pause() { Yield(); }
  static void Yield() {
    if (auto* simulation = sim::Simulation::Current()) simulation->Yield();
  }

  // A fiber's own, zero at its start; nobody's outside of an execution.
  template <class Owner, class T>
  static T& ThreadLocal() {
    static_assert(std::is_trivially_copyable_v<T> &&
                  sizeof(T) <= sim::Simulation::kLocalBytes);
    static const int slot = sim::Simulation::NewLocalSlot();
    static T nobodys{};
    sim::Simulation* const simulation = sim::Simulation::Current();
    return simulation == nullptr ? nobodys
                                 : *static_cast<T*>(simulation->Local(slot));
  }
  template <void (*function)()>
  static void AtThreadExit() {
    sim::Simulation::Current()->AtExit(function);
  }

 private:
  static inline bool light_fence_ = true;
  static inline bool long_epochs_ = false;
  static inline bool moving_texts_ = false;
  static inline Planted planted_ = Planted::kNothing;
};

// As small as it gets: a few insertions rebalance a window, a few more split an
// extent; two extents fill a chunk, of which a map may have one; a scan of
// three segments renews its pin, two boxes are garbage enough. But where epochs
// end at every other call, the short ways to what lies in boxes nearly always
// decline: so some programs have long ones.
struct SimTuning : TinyTuning {
  using Platform = SimPlatform;
  static constexpr std::size_t kChunkBytes = 2048;
  // Never pages of boxes: the simulated heap notices what is used when freed.
  static constexpr std::size_t kTextBytesApart = SIZE_MAX;
  static bool MovesAllTexts() { return SimPlatform::moving_texts(); }
  static constexpr std::size_t kMostPiecesInChunks = 1;
  static constexpr std::size_t kLargeInChunks = 2;
  static constexpr std::size_t kHeadersInChunks = 2;
  static constexpr std::size_t kSpareFromChunks = 1;
  static constexpr std::size_t kMovesPerCall = 1;
  static constexpr std::size_t kSegmentsPerPin = 2;
  static constexpr std::size_t kSegmentsShown = 2;
  static constexpr std::size_t kSegmentsToCross = 3;
  static constexpr std::uint32_t kMostPauses = 2;
  static constexpr int kHoldPatience = 3;
  static std::size_t BoxesPerCollection() {
    return SimPlatform::long_epochs() ? 64 : 2;
  }
  static std::size_t BirthsPerEpoch() {
    return SimPlatform::long_epochs() ? 1000 : 3;
  }
  static constexpr std::size_t kReservationsApart = 2;
  static constexpr std::size_t kStripes = 3;
};

}  // namespace pma::programs

#endif  // PMA_FUZZ_PROGRAMS_SIM_PLATFORM_H_
