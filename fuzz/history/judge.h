// SPDX-License-Identifier: Apache-2.0

// The verdict of all checkers on a history with stamps.

#ifndef PMA_FUZZ_HISTORY_JUDGE_H_
#define PMA_FUZZ_HISTORY_JUDGE_H_

#include <string>

#include "fuzz/history/history.h"
#include "fuzz/history/judgement.h"

namespace pma::history {

struct OverallJudgement {
  Judgement judgement;
  // One line: what was examined, and how far.
  std::string summary;
};

// Key by key (per_key.h), then window by window (windows.h), unless the first
// finds something.
OverallJudgement JudgeHistory(const History& history);

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_JUDGE_H_
