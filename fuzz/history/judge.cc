// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/judge.h"

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "fuzz/history/history.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/per_key.h"
#include "fuzz/history/windows.h"

namespace pma::history {

OverallJudgement JudgeHistory(const History& history) {
  std::set<std::uint32_t> threads;
  for (const Operation& operation : history.operations) {
    threads.insert(operation.thread);
  }
  OverallJudgement result;
  result.summary = std::to_string(history.operations.size()) +
                   " operations of " + std::to_string(threads.size()) +
                   " threads, key by key";
  result.judgement = CheckKeyByKey(history);
  if (result.judgement.verdict == Verdict::kViolation) return result;
  WindowsJudgement windows = CheckByWindows(history);
  result.summary +=
      " (" + std::to_string(windows.overlapping) + " overlap others); " +
      std::to_string(windows.windows_searched) + " of " +
      std::to_string(windows.windows) +
      " windows between quiet moments as a whole (" +
      std::to_string(windows.operations_searched) + " operations)";
  if (windows.judgement.verdict == Verdict::kViolation) {
    result.judgement = std::move(windows.judgement);
  }
  return result;
}

}  // namespace pma::history
