// SPDX-License-Identifier: Apache-2.0

// Histories as text, so that an independent checker can judge them.
//
//   history 1
//   initial 3 30
//   0 100 140 insert 5 50 -> true
//   1 120 180 find 5 -> 50
//
// README.md has the whole format: a line for each operation, with its thread,
// invoke time, return time, name, arguments and result.

#ifndef PMA_FUZZ_HISTORY_TEXT_FORMAT_H_
#define PMA_FUZZ_HISTORY_TEXT_FORMAT_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fuzz/history/history.h"

namespace pma::history {

// "insert 5 50", "true", and the whole line without its newline.
std::string PrintCall(const Operation& operation);
std::string PrintResult(const Operation& operation);
std::string PrintOperation(const Operation& operation);
// "[3:30 5:50]"
std::string PrintEntries(std::span<const Entry> entries);

std::string PrintHistory(const History& history);

struct ParsedHistory {
  std::optional<History> history;
  // "line 7: 'insert' takes KEY VALUE, but this is 'x'". Empty if parsed.
  std::string error;
};

ParsedHistory ParseHistory(std::string_view text);

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_TEXT_FORMAT_H_
