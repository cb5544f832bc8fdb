// SPDX-License-Identifier: Apache-2.0

// Histories to test checkers with: honest ones, honest ones with one answer
// changed, and all there are of a small size.

#ifndef PMA_FUZZ_HISTORY_SAMPLE_HISTORIES_H_
#define PMA_FUZZ_HISTORY_SAMPLE_HISTORIES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "fuzz/history/history.h"
#include "pma/testing/random.h"

namespace pma::history {

struct SampleShape {
  std::size_t operations = 6;
  std::uint32_t threads = 3;
  Key keys = 3;               // keys are 1 .. keys
  std::size_t initial = 1;    // entries before the first operation, at most
  bool unique_values = true;  // otherwise values are 1 or 2
  std::vector<OperationKind> kinds = {};  // empty: all there are
};

// A history as a perfect map would have answered it: operations take effect at
// random instants of their random intervals, scans read each key at an instant
// of its own. If `order` is given it becomes the order in which they took
// effect.
History HonestHistory(const SampleShape& shape, pma::testing::Random& random,
                      std::vector<std::size_t>* order = nullptr);

// Changes the answer of one operation at random. (The new answer may be a
// possible one as well.)
void ChangeOneAnswer(History& history, pma::testing::Random& random);

// Calls `judge` with every history of `size` operations, each on a thread of
// its own, whose calls and answers are among `choices` and whose intervals
// overlap in every possible way.
void ForEachHistory(std::size_t size, std::span<const Operation> choices,
                    const std::function<void(const History&)>& judge);

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_SAMPLE_HISTORIES_H_
