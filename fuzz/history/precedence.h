// SPDX-License-Identifier: Apache-2.0

// Which operations of a short history certainly happened before which others.
//
// A linearization may not reverse it; operations that it leaves unordered may
// take effect in either order. Real threads: a before b if a returned before b
// was invoked. A simulated weak memory: a before b if a happens-before b, since
// a clock that no thread reads orders nothing there.

#ifndef PMA_FUZZ_HISTORY_PRECEDENCE_H_
#define PMA_FUZZ_HISTORY_PRECEDENCE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "fuzz/history/history.h"

namespace pma::history {

class Precedence {
 public:
  // A set of operations is a word of bits, by index.
  using Set = std::uint64_t;
  static constexpr std::size_t kMaxOperations = 64;

  // By the operations' stamps. Equal stamps order nothing.
  static Precedence ByTime(std::span<const Operation> operations);

  // By any relation: precedes(a, b) for indices a != b. It must be a strict
  // partial order (happens-before is).
  static Precedence By(
      std::span<const Operation> operations,
      const std::function<bool(std::size_t, std::size_t)>& precedes);

  // Both also order the operations of one thread as they stand in the history.

  std::size_t size() const { return before_.size(); }
  // All operations that precede operation `i`.
  Set Before(std::size_t i) const { return before_[i]; }
  // All operations that operation `i` precedes.
  Set After(std::size_t i) const { return after_[i]; }
  bool Concurrent(std::size_t a, std::size_t b) const {
    return a != b && ((before_[a] | after_[a]) >> b & 1) == 0;
  }

 private:
  explicit Precedence(std::size_t count) : before_(count), after_(count) {}
  void Close();

  std::vector<Set> before_;
  std::vector<Set> after_;
};

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_PRECEDENCE_H_
