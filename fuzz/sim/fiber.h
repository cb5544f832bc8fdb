// SPDX-License-Identifier: Apache-2.0

// Fibers: call stacks that hand the one thread they share to each other.
//
// The switch is a dozen instructions by hand (x86-64, aarch64). What else a
// thread of C++ carries with it is switched too: the state of exception
// handling, so that a fiber may be switched away from inside a catch block, and
// AddressSanitizer's idea of the stack.

#ifndef FUZZ_SIM_FIBER_H_
#define FUZZ_SIM_FIBER_H_

#include <cstddef>

namespace pma::sim {

// A call stack and the registers with which it goes on.
class Fiber {
 public:
  // A fiber without a stack of its own: whatever runs when it is first switched
  // away from.
  Fiber() = default;
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  // Makes the next switch to this fiber call entry(), which must not return.
  // The stack is kept from one call to the next.
  void Prepare(void (*entry)());

  // Suspends `from`, which is running, and goes on with this fiber.
  void SwitchFrom(Fiber& from);
  // Leaves `from` for good: it has come to its end and will be prepared anew.
  void SwitchFromFinished(Fiber& from);

  // First of all at the beginning of each entry().
  void Entered();

 private:
  struct ExceptionState {
    void* words[2] = {};
  };

  void* stack_pointer_ = nullptr;
  std::byte* mapping_ = nullptr;
  const void* stack_ = nullptr;  // the lowest address
  size_t stack_bytes_ = 0;
  bool finished_ = false;
  [[maybe_unused]] void* fake_stack_ = nullptr;  // AddressSanitizer's
  [[maybe_unused]] unsigned uses_ = 0;
  Fiber* came_from_ = nullptr;
  ExceptionState exceptions_;
};

}  // namespace pma::sim

#endif  // FUZZ_SIM_FIBER_H_
