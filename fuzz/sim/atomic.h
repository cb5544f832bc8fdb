// SPDX-License-Identifier: Apache-2.0

// What a program under simulation is made of: atomics, fences, plain data whose
// races are noticed, a mutex, and an allocator.
//
// An object is where its address is: it has the size of what it holds, needs no
// destructor, and an atomic works in zeroed memory in which it was never
// constructed. Outside of an execution all of it is ordinary, unsynchronized
// memory.

#ifndef FUZZ_SIM_ATOMIC_H_
#define FUZZ_SIM_ATOMIC_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "fuzz/sim/simulation.h"

namespace pma::sim {

template <class T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);

 public:
  constexpr Atomic() noexcept : Atomic(T{}) {}
  constexpr explicit Atomic(T value) noexcept : value_(value) {
    if (!std::is_constant_evaluated()) {
      if (Simulation* s = Simulation::Current()) {
        s->Construct(&value_, sizeof(T), ToBits(value));
      }
    }
  }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  // Inlined always, so that the simulation sees which place in the program an
  // access comes from.
  [[gnu::always_inline]] T Load(Order order) const {
    if (Simulation* s = Simulation::Current()) {
      return FromBits(s->Load(&value_, sizeof(T), order));
    }
    return value_;
  }
  [[gnu::always_inline]] void Store(T value, Order order) {
    if (Simulation* s = Simulation::Current()) {
      s->Store(&value_, sizeof(T), ToBits(value), order);
    } else {
      value_ = value;
    }
  }
  [[gnu::always_inline]] T Exchange(T value, Order order) {
    if (Simulation* s = Simulation::Current()) {
      return FromBits(s->Modify(&value_, sizeof(T), Operation::kExchange,
                                ToBits(value), order));
    }
    return std::exchange(value_, value);
  }
  [[gnu::always_inline]] T FetchAdd(T delta, Order order) {
    if (Simulation* s = Simulation::Current()) {
      return FromBits(
          s->Modify(&value_, sizeof(T), Operation::kAdd, ToBits(delta), order));
    }
    return std::exchange(value_, static_cast<T>(value_ + delta));
  }
  // Strong: fails only if it read something other than `expected`, which then
  // holds that.
  [[gnu::always_inline]] bool CompareExchange(T& expected, T desired,
                                              Order success, Order failure) {
    if (Simulation* s = Simulation::Current()) {
      uint64_t bits = ToBits(expected);
      const bool done = s->CompareExchange(&value_, sizeof(T), &bits,
                                           ToBits(desired), success, failure);
      if (!done) expected = FromBits(bits);
      return done;
    }
    if (ToBits(value_) != ToBits(expected)) {
      expected = value_;
      return false;
    }
    value_ = desired;
    return true;
  }

  // Each access by its own name, as pma::internal::RealAtomic has them.
  [[gnu::always_inline]] T LoadRelaxed() const { return Load(Order::kRelaxed); }
  [[gnu::always_inline]] T LoadAcquire() const { return Load(Order::kAcquire); }
  [[gnu::always_inline]] void StoreRelaxed(T value) {
    Store(value, Order::kRelaxed);
  }
  [[gnu::always_inline]] void StoreRelease(T value) {
    Store(value, Order::kRelease);
  }
  [[gnu::always_inline]] T ExchangeAcqRel(T value) {
    return Exchange(value, Order::kAcqRel);
  }
  [[gnu::always_inline]] T FetchAddRelaxed(T delta) {
    return FetchAdd(delta, Order::kRelaxed);
  }
  [[gnu::always_inline]] bool CompareExchangeAcqRel(T& expected, T desired) {
    return CompareExchange(expected, desired, Order::kAcqRel, Order::kAcquire);
  }
  // As weak as the name: a release store, then the fence.
  [[gnu::always_inline]] void StoreThenFenceSeqCst(T value) {
    Store(value, Order::kRelease);
    if (Simulation* s = Simulation::Current()) s->FenceSeqCst();
  }

 private:
  static uint64_t ToBits(T value) {
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    return bits;
  }
  static T FromBits(uint64_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof(T));
    return value;
  }

  T value_;
};

inline void FenceAcquire() {
  if (Simulation* s = Simulation::Current()) s->FenceAcquire();
}
inline void FenceRelease() {
  if (Simulation* s = Simulation::Current()) s->FenceRelease();
}
inline void FenceSeqCst() {
  if (Simulation* s = Simulation::Current()) s->FenceSeqCst();
}

// Data that is not atomic: an access that is not ordered with a conflicting one
// ends the execution as a data race.
template <class T>
class Var {
 public:
  Var() : Var(T{}) {}
  explicit Var(T value) : value_(std::move(value)) { Writing(); }
  Var(const Var&) = delete;
  Var& operator=(const Var&) = delete;

  const T& Read() const {
    if (Simulation* s = Simulation::Current()) s->ReadPlain(this, sizeof(T));
    return value_;
  }
  void Write(T value) {
    Writing();
    value_ = std::move(value);
  }

 private:
  void Writing() {
    if (Simulation* s = Simulation::Current()) s->WritePlain(this, sizeof(T));
  }

  T value_;
};

// A fiber that waits for it is not runnable. For use within executions only.
class Mutex {
 public:
  void Lock() {
    while (locked_.Exchange(true, Order::kAcquire)) {
      Simulation::Current()->Block(this);
    }
  }
  void Unlock() {
    locked_.Exchange(false, Order::kRelease);
    Simulation::Current()->Unblock(this);
  }

 private:
  Atomic<bool> locked_;
};

// Memory from the simulated heap, all of which has to be given back before the
// execution ends (Heap::live_blocks).
template <class T>
struct Allocator {
  using value_type = T;

  Allocator() = default;
  template <class U>
  Allocator(const Allocator<U>&) {}  // NOLINT: conversions are what it is for

  T* allocate(size_t n) {
    return static_cast<T*>(Simulation::Current()->Allocate(
        n * sizeof(T), alignof(T), Heap::Owner::kAllocator));
  }
  void deallocate(T* begin, size_t) { Simulation::Current()->Free(begin); }

  friend bool operator==(const Allocator&, const Allocator&) { return true; }
};

}  // namespace pma::sim

#endif  // FUZZ_SIM_ATOMIC_H_
