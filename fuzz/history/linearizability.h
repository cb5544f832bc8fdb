// SPDX-License-Identifier: Apache-2.0

// Judges short histories of the whole map: is there an order of the operations
// that explains every answer?
//
// The order must respect the given precedence, and every linearizable operation
// must answer at its place what the specification answers there. Scans need not
// be explained as a whole. What they promise is
//
//   * sorted, without duplicates, within their range, and not past their limit;
//   * for each key of the range, what the scan said about it (this value, or
//     nothing) was true at some instant of its interval. So a key present
//     throughout is seen exactly once, one absent throughout never.
//
// size() may be off by the changes that run at the same time.
//
// METHOD. First the writes are replayed in a suggested order (the order in
// which they published, if the caller knows it), which is near-linear and
// nearly always enough. Otherwise a depth-first search over the orders of the
// writes (Wing and Gong 1993), which visits no pair of (operations done,
// contents) twice (Lowe 2017). Reads do not multiply the orders: a read changes
// nothing, so it is placed at the first instant that explains it. Pairs are
// remembered by a 64-bit hash of the contents: an unlucky collision (2^-64 per
// pair) could report a violation that is none, never hide one from the replay.

#ifndef PMA_FUZZ_HISTORY_LINEARIZABILITY_H_
#define PMA_FUZZ_HISTORY_LINEARIZABILITY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/history/history.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/precedence.h"

namespace pma::history {

struct SearchLimits {
  // The search gives up after this many states and the verdict is kUndecided.
  std::uint64_t max_states = 2'000'000;
};

// `suggested` is a permutation of the operations' indices, or only of those
// that write; only the order of the writes in it counts. Empty: the order of
// return. The history must have at most Precedence::kMaxOperations operations
// and match `precedence` in number.
Judgement CheckLinearizable(const History& history,
                            const Precedence& precedence,
                            std::span<const std::size_t> suggested = {},
                            SearchLimits limits = {});

// Everything that the map can hold after a history, given what it answered.
// Nothing if no order explains the answers.
struct FinalContents {
  std::vector<Contents> contents;  // distinct
  bool complete = true;            // false if the search gave up
};

FinalContents FindFinalContents(const History& history,
                                const Precedence& precedence,
                                SearchLimits limits = {});

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_LINEARIZABILITY_H_
