// SPDX-License-Identifier: Apache-2.0

// Judges long histories key by key, by the stamps of the operations.
//
// What an operation says about one key is judged together with what all others
// say about that key, as if every key were a map of its own: calls on the key,
// clear(), and each claim that a scan, a neighbour or empty() makes about it
// (claims.h). The judgement about each key is exact: a violation is reported if
// and only if no order of these, within their intervals, explains them. So it
// knows every read of a value that was never written, not written yet or
// certainly overwritten, of an absence that cannot have been, every insert or
// erase whose answer does not fit the others'.
//
// WHAT IT PROVES. Every single-key operation is linearizable (linearizability
// is local: keys are independent objects). Scans keep their whole contract,
// which is one about single keys.
//
// WHAT IT CANNOT SEE. That operations on several keys happen at one instant:
// that clear() erased all keys at once, that a neighbour was the nearest at the
// same moment at which the keys between were absent, what size() answered. Nor
// anything that the stamps leave open: operations that overlap may be taken in
// either order. Values that repeat are judged correctly, but hide more: with
// unique ones a read names the write it saw.
//
// METHOD. The calls on a key are swept in time, carrying every (state of the
// key, subset of the calls under way that have taken effect) that explains what
// was answered so far; a call takes effect no earlier than some answer demands
// (Lowe 2017, "just-in-time linearization"). Reads take effect at the first
// instant that explains them. O(n log n) for n operations, times a factor that
// is exponential in the number of writes to one key under way at once, which is
// at most the number of threads; beyond 64 of them the verdict is kUndecided.

#ifndef PMA_FUZZ_HISTORY_PER_KEY_H_
#define PMA_FUZZ_HISTORY_PER_KEY_H_

#include "fuzz/history/history.h"
#include "fuzz/history/judgement.h"

namespace pma::history {

// Explains the first key, in their order, that nothing explains.
Judgement CheckKeyByKey(const History& history);

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_PER_KEY_H_
