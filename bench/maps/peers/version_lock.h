// SPDX-License-Identifier: Apache-2.0

// The lock of a node under optimistic lock coupling: a version, odd while a
// writer is at work.
//
//   reader                                   writer
//   v = AwaitUnlocked()          (acquire)   TryLock(v): v -> v + 1   (acquire)
//   read words                   (relaxed)   fence release
//   Unchanged(v): fence acquire              store words              (relaxed)
//                 version == v?  (relaxed)   Unlock: v + 1 -> v + 2   (release)
//
// If a reader has loaded a word stored under the lock, the two fences make the
// odd version (or a later one) visible to its second load of the version.

#ifndef BENCH_MAPS_PEERS_VERSION_LOCK_H_
#define BENCH_MAPS_PEERS_VERSION_LOCK_H_

#include <sched.h>

#include <atomic>
#include <cstdint>

namespace pma::bench {

// Between two attempts: short spins first, then the scheduler, since there may
// be more threads than processors.
class SpinWait {
 public:
  void operator()() {
    if (++rounds_ < kSpinRounds) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    } else {
      sched_yield();
    }
  }

 private:
  static constexpr int kSpinRounds = 32;
  int rounds_ = 0;
};

class VersionLock {
 public:
  uint64_t AwaitUnlocked() const {
    uint64_t version = version_.load(std::memory_order_acquire);
    for (SpinWait wait; (version & 1) != 0; wait()) {
      version = version_.load(std::memory_order_acquire);
    }
    return version;
  }

  // False while a writer is at work. A lock that is never unlocked again turns
  // everybody away who still finds it.
  bool TryRead(uint64_t& version) const {
    version = version_.load(std::memory_order_acquire);
    return (version & 1) == 0;
  }

  // True if all that was read since the lock had `version` belongs to it.
  bool Unchanged(uint64_t version) const {
    std::atomic_thread_fence(std::memory_order_acquire);
    return version_.load(std::memory_order_relaxed) == version;
  }

  // False if the version is another one by now. Never waits.
  bool TryLock(uint64_t version) {
    if (!version_.compare_exchange_strong(version, version + 1,
                                          std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
      return false;
    }
    std::atomic_thread_fence(std::memory_order_release);
    return true;
  }

  void Unlock() {
    const uint64_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_release);
  }

 private:
  std::atomic<uint64_t> version_{0};
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_PEERS_VERSION_LOCK_H_
