// Histories as text, so that an independent checker can judge them.
//
//   # anything after a hash sign is a comment
//   history 1
//   initial 3 30
//   0 100 140 insert 5 50 -> true
//   1 120 180 find 5 -> 50
//   1 190 230 floor 4 -> 3:30
//   2 110 400 scan 0 100 -> [3:30 5:50]
//   0 150 160 erase 9 -> false
//   0 170 175 clear -> done
//
// The first line names the format and its version. `initial KEY VALUE` lines
// tell what the map held before the first operation. Every other line is one
// operation: thread, invoke time, return time, operation, its arguments, an
// arrow, its result; all numbers are decimal and below 2^64, words are
// separated by blanks. Times are stamps of one clock, in any unit: the
// operation took place between them. Operations of one thread stand in the
// order of their calls.
//
//   operation                               result
//   insert K V, try_emplace K V,            true | false (was it inserted)
//     insert_or_assign K V
//   erase K, contains K, empty              true | false
//   find K                                  V | none
//   first, last                             K:V | none
//   floor K, ceiling K, lower K, higher K   K:V | none
//   scan LO HI, scan_reverse LO HI,         [K:V K:V ...] as visited; the range
//     scan_all, scan_from LO,               is LO <= key < HI
//     find_batch LO HI
//   scan_first LO HI N,                     the same, stopped after N entries
//     scan_reverse_first LO HI N
//   clear                                   done
//   size                                    N

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
