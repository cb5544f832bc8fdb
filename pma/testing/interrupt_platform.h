// SPDX-License-Identifier: Apache-2.0

// A platform that calls a handler between any two accesses of an operation to
// shared memory: after every store, to see what another thread would see if
// this one were stopped there for good; or before every load, to change what a
// reader is in the middle of reading.

#ifndef PMA_TESTING_INTERRUPT_PLATFORM_H_
#define PMA_TESTING_INTERRUPT_PLATFORM_H_

#include <functional>
#include <utility>

#include "pma/internal/machine/platform.h"
#include "pma/options.h"

namespace pma::testing {

class Interrupt {
 public:
  using Handler = std::function<void()>;

  // Calls `handler` after every store, or before every load, of the calling
  // thread until `operation` returns. The handler's own accesses do not
  // interrupt it.
  static void AfterStores(const Handler& operation, Handler handler) {
    Run(operation, std::move(handler), /*stores=*/true);
  }
  static void BeforeLoads(const Handler& operation, Handler handler) {
    Run(operation, std::move(handler), /*stores=*/false);
  }

  static void Stored() {
    if (stores_) Call();
  }
  static void Loading() {
    if (!stores_) Call();
  }

 private:
  static void Run(const Handler& operation, Handler handler, bool stores) {
    handler_ = std::move(handler);
    stores_ = stores;
    operation();
    handler_ = nullptr;
  }
  static void Call() {
    if (!handler_ || in_handler_) return;
    in_handler_ = true;
    handler_();
    in_handler_ = false;
  }

  static inline thread_local Handler handler_;
  static inline thread_local bool stores_ = false;
  static inline thread_local bool in_handler_ = false;
};

template <class T>
class InterruptAtomic {
 public:
  constexpr InterruptAtomic() noexcept = default;
  constexpr explicit InterruptAtomic(T value) noexcept : atomic_(value) {}

  T LoadRelaxed() const {
    Interrupt::Loading();
    return atomic_.LoadRelaxed();
  }
  T LoadAcquire() const {
    Interrupt::Loading();
    return atomic_.LoadAcquire();
  }
  void StoreRelaxed(T value) {
    atomic_.StoreRelaxed(value);
    Interrupt::Stored();
  }
  void StoreRelease(T value) {
    atomic_.StoreRelease(value);
    Interrupt::Stored();
  }
  bool CompareExchangeAcqRel(T& expected, T desired) {
    const bool done = atomic_.CompareExchangeAcqRel(expected, desired);
    Interrupt::Stored();
    return done;
  }
  T ExchangeAcqRel(T value) {
    const T old = atomic_.ExchangeAcqRel(value);
    Interrupt::Stored();
    return old;
  }
  T FetchAddRelaxed(T delta) {
    const T old = atomic_.FetchAddRelaxed(delta);
    Interrupt::Stored();
    return old;
  }
  void StoreThenFenceSeqCst(T value) {
    atomic_.StoreThenFenceSeqCst(value);
    Interrupt::Stored();
  }

 private:
  internal::RealAtomic<T> atomic_;
};

struct InterruptPlatform : internal::RealPlatform {
  template <class T>
  using Atomic = InterruptAtomic<T>;
};

struct InterruptTuning : TinyTuning {
  using Platform = InterruptPlatform;
  // Nobody leaves while the handler runs.
  static constexpr int kHoldPatience = 1;
};

}  // namespace pma::testing

#endif  // PMA_TESTING_INTERRUPT_PLATFORM_H_
