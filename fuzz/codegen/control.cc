// SPDX-License-Identifier: Apache-2.0

// The engine without its platform layer: its atomics are std::atomic, and
// each access in its source is, by macro, a call of std::atomic's own member
// with the order written out. Never linked with the product: both have the same
// names, so that what is compiled differs in nothing but the layer.

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

// What the engine includes, before the macros: none of it may see them.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pma/internal/machine/process_fence.h"
#include "pma/internal/machine/variant.h"

// In place of the project's headers of these names.
#define PMA_INTERNAL_MACHINE_ATOMIC_H_
#define PMA_INTERNAL_MACHINE_PLATFORM_H_

namespace pma::inline PMA_VARIANT::internal {

template <class T>
concept IsPlatform = true;

// word_copy.h tells by this name which cells it may read as machine words.
template <class T>
using RealAtomic = std::atomic<T>;

struct RealPlatform {
  template <class T>
  using Atomic = std::atomic<T>;

  static void FenceAcquire() {
    std::atomic_thread_fence(std::memory_order_acquire);
  }
  static void FenceRelease() {
    std::atomic_thread_fence(std::memory_order_release);
  }
  static void FenceSeqCst() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  static void FenceAfterRmw() {
#if defined(__x86_64__)
    std::atomic_signal_fence(std::memory_order_seq_cst);
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
  }
  static bool HasLightFence() { return ProcessFence::Available(); }
  static void FenceLight() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  static bool FenceHeavy() {
    if (HasLightFence()) return ProcessFence::Execute();
    FenceSeqCst();
    return true;
  }
  static void Pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  static void Yield() { sched_yield(); }
  static uint64_t Milliseconds() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1000 +
           static_cast<uint64_t>(now.tv_nsec) / 1000000;
  }

  template <class Owner, class T>
  static T& ThreadLocal() {
    return Own<Owner, T>::value;
  }
  template <void (*function)()>
  static void AtThreadExit() {
    struct Caller {
      ~Caller() { function(); }
      void Arm() {}
    };
    static thread_local Caller caller;
    caller.Arm();
  }

 private:
  template <class Owner, class T>
  struct PMA_PROCESS_WIDE Own {
    static inline constinit thread_local T value{};
  };
};

}  // namespace pma::inline PMA_VARIANT::internal

#define LoadRelaxed() load(std::memory_order_relaxed)
#define LoadAcquire() load(std::memory_order_acquire)
#define StoreRelaxed(...) store((__VA_ARGS__), std::memory_order_relaxed)
#if defined(PMA_PLANTED_ORDER)
// One order that is not the product's, to see that it would be noticed.
#define StoreRelease(...) store((__VA_ARGS__), std::memory_order_seq_cst)
#else
#define StoreRelease(...) store((__VA_ARGS__), std::memory_order_release)
#endif
#define ExchangeAcqRel(...) exchange((__VA_ARGS__), std::memory_order_acq_rel)
#define FetchAddRelaxed(...) fetch_add((__VA_ARGS__), std::memory_order_relaxed)
#define CompareExchangeAcqRel(...)                                \
  compare_exchange_strong(__VA_ARGS__, std::memory_order_acq_rel, \
                          std::memory_order_acquire)
#if defined(__x86_64__)
#define StoreThenFenceSeqCst(...)                     \
  exchange((__VA_ARGS__), std::memory_order_seq_cst), \
      std::atomic_signal_fence(std::memory_order_seq_cst)
#else
#define StoreThenFenceSeqCst(...)                  \
  store((__VA_ARGS__), std::memory_order_release), \
      std::atomic_thread_fence(std::memory_order_seq_cst)
#endif

#include "fuzz/codegen/hot_functions.h"
