// SPDX-License-Identifier: Apache-2.0

// Words for what a checker found, for the person who has to find the bug.
//
// A checker knows that nothing explains a history; which rule was broken is
// worked out afterwards, from the operations on the key in question.

#ifndef PMA_FUZZ_HISTORY_DIAGNOSIS_H_
#define PMA_FUZZ_HISTORY_DIAGNOSIS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "fuzz/history/claims.h"
#include "fuzz/history/history.h"

namespace pma::history {

// An operation that says something about a key: a call on it (or on all keys),
// or a claim of a range read.
struct Mention {
  const Operation* operation = nullptr;
  std::optional<Claim> claim;
};

// Empty, or the lines that say what is wrong with a range read whatever the map
// held.
std::string DescribeShapeError(const Operation& operation);

// Why no order explains the mentions of `key`: the one at whose return that
// became certain, the rule that it breaks if it is one of the simple ones
// (below), and the mentions around it.
//
//   never written        a value that no operation wrote to this key
//   not written yet      written only by operations invoked after the return
//   overwritten          certainly replaced or erased before the invocation
//   certainly present    said absent, or inserted again, while it was there
//   certainly absent     erased while it was not there
std::string DiagnoseKey(Key key, std::optional<Value> initial,
                        std::span<const Mention> mentions,
                        std::size_t unexplained);

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_DIAGNOSIS_H_
