// SPDX-License-Identifier: Apache-2.0

// What a checker says about a history.

#ifndef PMA_FUZZ_HISTORY_JUDGEMENT_H_
#define PMA_FUZZ_HISTORY_JUDGEMENT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pma::history {

enum class Verdict : std::uint8_t {
  kOk,
  kViolation,
  kUndecided,  // a limit was reached first
};

struct Judgement {
  Verdict verdict = Verdict::kOk;
  // Why, if not kOk: several lines, each with its newline.
  std::string explanation;

  // Of a search for an order (linearizability.h) only: the operations' indices
  // in an order that explains them, scans where their last claim is borne out;
  // after a violation the longest beginning of one.
  std::vector<std::size_t> order;
  bool by_replay = false;    // the suggested order was enough
  std::uint64_t states = 0;  // visited by the search

  bool ok() const { return verdict == Verdict::kOk; }
};

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_JUDGEMENT_H_
