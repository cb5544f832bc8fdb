// SPDX-License-Identifier: Apache-2.0

// Exceptions at a chosen step of users' code: of a comparator, a copy, a
// callback.

#ifndef PMA_TESTING_PLANNED_FAILURES_H_
#define PMA_TESTING_PLANNED_FAILURES_H_

#include <stdexcept>

namespace pma::testing {

struct Planned : std::runtime_error {
  Planned() : std::runtime_error("planned by the test") {}
};

// Throws at the chosen step from now; 0 is never.
class Trap {
 public:
  void Set(int steps) { steps_ = steps; }
  void Step() {
    if (steps_ != 0 && --steps_ == 0) throw Planned();
  }

 private:
  int steps_ = 0;
};

// For the types of keys and values of a test, which know no other.
inline Trap compare_trap;
inline Trap copy_trap;

template <class Key>
struct ThrowingLess {
  bool operator()(const Key& a, const Key& b) const {
    compare_trap.Step();
    return a < b;
  }
};

}  // namespace pma::testing

#endif  // PMA_TESTING_PLANNED_FAILURES_H_
