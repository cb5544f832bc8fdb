// SPDX-License-Identifier: Apache-2.0

// Judges whole-map linearizability of long histories, window by window.
//
// Where no operation is under way a history can be cut: what came before is
// over, and only the contents of the map carry on. Each window between such
// cuts is searched as a whole (linearizability.h), from everything that the map
// can have held at the cut. A history without cuts is one window.
//
// Windows that are too large for the search, or that leave too many possible
// contents, are passed over and counted; the judgement goes on behind the next
// scan_all that had the map to itself, which tells what the map holds.

#ifndef PMA_FUZZ_HISTORY_WINDOWS_H_
#define PMA_FUZZ_HISTORY_WINDOWS_H_

#include <cstddef>

#include "fuzz/history/history.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/linearizability.h"

namespace pma::history {

struct WindowsJudgement {
  Judgement judgement;  // kOk if no window searched is a violation
  std::size_t windows = 0;
  std::size_t windows_searched = 0;
  std::size_t operations_searched = 0;
  std::size_t overlapping =
      0;  // operations that ran at the same time as others
};

WindowsJudgement CheckByWindows(const History& history,
                                SearchLimits limits = {});

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_WINDOWS_H_
