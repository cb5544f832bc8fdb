// SPDX-License-Identifier: Apache-2.0

// Atomics, fences, time and threads: what the map needs of the machine.
//
// No algorithm file names std::atomic: the memory order is in the method's
// name, so that each use shows what it relies on, and a simulated platform can
// stand in for the real one. RealPlatform adds nothing to plain std::atomic.
// (Vector instructions go past it, on the real platform only: word_copy.h.)

#ifndef PMA_INTERNAL_MACHINE_PLATFORM_H_
#define PMA_INTERNAL_MACHINE_PLATFORM_H_

#include <sched.h>
#include <time.h>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "pma/internal/machine/atomic.h"
#include "pma/internal/machine/process_fence.h"
#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

struct PMA_PROCESS_WIDE RealPlatform {
  template <class Type>
  using Atomic = RealAtomic<Type>;

  static void FenceAcquire() { Fence(std::memory_order_acquire); }
  static void FenceRelease() { Fence(std::memory_order_release); }
  static void FenceSeqCst() { Fence(std::memory_order_seq_cst); }

  // Orders what this thread has done up to its last read-modify-write before
  // every later load, as a seq_cst fence would. On x86 a locked instruction is
  // that fence already.
  static void FenceAfterRmw() {
#if defined(__x86_64__)
    std::atomic_signal_fence(std::memory_order_seq_cst);
#else
    FenceSeqCst();
#endif
  }

  // A pair of fences that together are two sequentially consistent ones, the
  // light one for the side that runs often: it costs nothing, and FenceHeavy
  // stands for it in every thread. Only if HasLightFence(), which never
  // changes; otherwise that side uses a fence of its own (FenceSeqCst,
  // StoreThenFenceSeqCst).
  static bool HasLightFence() { return ProcessFence::Available(); }
  static void FenceLight() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  // False if the other threads' light fences have not been stood for.
  static bool FenceHeavy() {
    if (HasLightFence()) return ProcessFence::Execute();
    FenceSeqCst();
    return true;
  }

  // Tells the processor that this thread spins.
  static void Pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  // Gives the processor to another thread.
  static void Yield() { sched_yield(); }

  // Milliseconds since some moment, cheaply: it may stand still for ten of
  // them.
  static uint64_t Milliseconds() {
#if defined(CLOCK_MONOTONIC_COARSE)
    constexpr clockid_t kClock = CLOCK_MONOTONIC_COARSE;
#else
    constexpr clockid_t kClock = CLOCK_MONOTONIC;
#endif
    timespec now;
    clock_gettime(kClock, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1000 +
           static_cast<uint64_t>(now.tv_nsec) / 1000000;
  }

  // The calling thread's own T, value-initialised at first; one for each pair
  // of Owner and T. T needs no destructor and no code to construct it, so that
  // an access is one to thread-local memory and nothing else.
  template <class Owner, class Type>
  static Type& ThreadLocal() {
    return Own<Owner, Type>::value;
  }

  // Has `function` called when the calling thread exits, once, however often
  // the thread asks.
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
  // g++ warns that ThreadSanitizer does not know of fences. Here they only
  // order atomics, so that it reports nothing false.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
  PMA_ALWAYS_INLINE static void Fence(std::memory_order order) {
    std::atomic_thread_fence(order);
  }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

  // Not in the function, whose visibility would be the compiler's choice.
  template <class Owner, class Type>
  struct PMA_PROCESS_WIDE Own {
    static_assert(std::is_trivially_destructible_v<Type>);
    static inline constinit thread_local Type value{};
  };
};

// What the map asks of a platform, which RealPlatform tells the meaning of.
// Tests have others, whose threads stop where they are told, or are simulated.
template <class Type>
concept IsPlatform =
    requires(typename Type::template Atomic<uint64_t>& word, uint64_t value) {
      { word.LoadRelaxed() } -> std::same_as<uint64_t>;
      { word.LoadAcquire() } -> std::same_as<uint64_t>;
      word.StoreRelaxed(value);
      word.StoreRelease(value);
      word.StoreThenFenceSeqCst(value);
      { word.CompareExchangeAcqRel(value, value) } -> std::same_as<bool>;
      { word.ExchangeAcqRel(value) } -> std::same_as<uint64_t>;
      { word.FetchAddRelaxed(value) } -> std::same_as<uint64_t>;
      Type::FenceAcquire();
      Type::FenceRelease();
      Type::FenceSeqCst();
      Type::FenceAfterRmw();
      Type::FenceLight();
      { Type::HasLightFence() } -> std::same_as<bool>;
      { Type::FenceHeavy() } -> std::same_as<bool>;
      { Type::Milliseconds() } -> std::same_as<uint64_t>;
      Type::Pause();
      Type::Yield();
      {
        Type::template ThreadLocal<Type, uint64_t>()
      } -> std::same_as<uint64_t&>;
    };

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_PLATFORM_H_
