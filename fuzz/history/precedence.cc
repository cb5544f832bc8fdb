// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/precedence.h"

#include <cassert>
#include <cstddef>
#include <functional>
#include <span>

#include "fuzz/history/history.h"

namespace pma::history {

Precedence Precedence::ByTime(std::span<const Operation> operations) {
  return By(operations, [operations](std::size_t a, std::size_t b) {
    return operations[a].returned < operations[b].invoked;
  });
}

Precedence Precedence::By(
    std::span<const Operation> operations,
    const std::function<bool(std::size_t, std::size_t)>& precedes) {
  const std::size_t count = operations.size();
  assert(count <= kMaxOperations);
  Precedence result(count);
  for (std::size_t a = 0; a < count; ++a) {
    for (std::size_t b = 0; b < count; ++b) {
      if (a == b) continue;
      const bool program_order = operations[a].thread == operations[b].thread &&
                                 a < b &&
                                 !OfOneCall(operations[a], operations[b]);
      if (program_order || precedes(a, b)) result.before_[b] |= Set{1} << a;
    }
  }
  result.Close();
  return result;
}

// Warshall's algorithm, a row of bits at a time.
void Precedence::Close() {
  for (std::size_t via = 0; via < size(); ++via) {
    for (Set& before : before_) {
      if ((before >> via & 1) != 0) before |= before_[via];
    }
  }
  for (std::size_t b = 0; b < size(); ++b) {
    assert((before_[b] >> b & 1) == 0 && "precedence is not a partial order");
    for (std::size_t a = 0; a < size(); ++a) {
      if ((before_[b] >> a & 1) != 0) after_[a] |= Set{1} << b;
    }
  }
}

}  // namespace pma::history
