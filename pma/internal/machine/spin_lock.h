// SPDX-License-Identifier: Apache-2.0

// A lock for what is done in a few instructions and seldom.

#ifndef PMA_INTERNAL_MACHINE_SPIN_LOCK_H_
#define PMA_INTERNAL_MACHINE_SPIN_LOCK_H_

#include "pma/internal/machine/backoff.h"
#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

// Held while the object lives.
template <class Platform>
class SpinLock {
 public:
  using Flag = typename Platform::template Atomic<bool>;

  explicit SpinLock(Flag& locked) : locked_(locked) {
    Backoff<Platform> backoff;
    while (locked_.ExchangeAcqRel(true)) backoff.Wait();
  }
  ~SpinLock() { locked_.StoreRelease(false); }
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

 private:
  Flag& locked_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_SPIN_LOCK_H_
