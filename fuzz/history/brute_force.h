// SPDX-License-Identifier: Apache-2.0

// The definition of an explainable history, tried out order by order: what the
// checkers are tested against. Exponential; for a handful of operations.

#ifndef PMA_FUZZ_HISTORY_BRUTE_FORCE_H_
#define PMA_FUZZ_HISTORY_BRUTE_FORCE_H_

#include "fuzz/history/history.h"
#include "fuzz/history/precedence.h"

namespace pma::history {

// Whether some order of the operations, scans as two events with the others
// between them, respects the precedence and explains every answer.
bool ExplainableByBruteForce(const History& history,
                             const Precedence& precedence);

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_BRUTE_FORCE_H_
