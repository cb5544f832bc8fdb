// SPDX-License-Identifier: Apache-2.0

// The real platform, but threads give way in the middle of operations.
//
// An operation takes less time than a core takes to switch threads, so that on
// few cores most operations meet nobody. Here a thread yields before one access
// to shared memory in kAccessesPerYield, at random: others find the map in
// every state between two accesses, on one core too. The accesses themselves
// and their orders are the real ones.

#ifndef PMA_TESTING_YIELDING_PLATFORM_H_
#define PMA_TESTING_YIELDING_PLATFORM_H_

#include <cstdint>
#include <thread>

#include "pma/internal/machine/platform.h"
#include "pma/options.h"

namespace pma::testing {

class Yielding {
 public:
  static constexpr std::uint64_t kAccessesPerYield = 32;

  static void MaybeYield() {
    // A multiplicative generator, of which the upper bits are random enough.
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    if ((state_ >> 33) % kAccessesPerYield == 0) std::this_thread::yield();
  }

 private:
  // All threads draw the same numbers, but for different accesses.
  static inline thread_local constinit std::uint64_t state_ = 1;
};

// Only the accesses that an algorithm is made of; what else a platform's atomic
// can do is inherited.
template <class T>
class YieldingAtomic : public internal::RealAtomic<T> {
  using Real = internal::RealAtomic<T>;

 public:
  constexpr YieldingAtomic() noexcept = default;
  constexpr explicit YieldingAtomic(T value) noexcept : Real(value) {}

  T LoadRelaxed() const {
    Yielding::MaybeYield();
    return Real::LoadRelaxed();
  }
  T LoadAcquire() const {
    Yielding::MaybeYield();
    return Real::LoadAcquire();
  }
  void StoreRelaxed(T value) {
    Yielding::MaybeYield();
    Real::StoreRelaxed(value);
  }
  void StoreRelease(T value) {
    Yielding::MaybeYield();
    Real::StoreRelease(value);
  }
  bool CompareExchangeAcqRel(T& expected, T desired) {
    Yielding::MaybeYield();
    return Real::CompareExchangeAcqRel(expected, desired);
  }
};

struct YieldingPlatform : internal::RealPlatform {
  template <class T>
  using Atomic = YieldingAtomic<T>;
};

// Tiny segments, too: what yields most is a test's first choice.
struct YieldingTuning : TinyTuning {
  using Platform = YieldingPlatform;
};

}  // namespace pma::testing

#endif  // PMA_TESTING_YIELDING_PLATFORM_H_
