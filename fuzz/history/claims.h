// SPDX-License-Identifier: Apache-2.0

// What a range read (a scan, a neighbour, empty()) says about single keys.
//
// "scan 10 20 -> [12:1]" says that 12 had the value 1, and that every other key
// of [10, 20) was absent. A scan makes each of these claims about some instant
// of its interval, each about its own; a neighbour makes all of them about the
// same instant.

#ifndef PMA_FUZZ_HISTORY_CLAIMS_H_
#define PMA_FUZZ_HISTORY_CLAIMS_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fuzz/history/history.h"

namespace pma::history {

// Whether `operation` claims something about several keys.
bool IsRangeRead(const Operation& operation);

// The entries that a range read saw, in the order in which it saw them.
std::vector<Entry> EntriesSeen(const Operation& operation);

// The keys about which a range read claims something: those of its range up to
// where it stopped. Empty for empty() -> false, which names no key.
Range ClaimedRange(const Operation& operation);

// An empty string, or what is wrong with a range read whatever the map held:
// keys out of order, repeated, or out of range, or more of them than its limit.
std::string ShapeError(const Operation& operation);

// What a range read claims about a key of its claimed range.
struct Claim {
  Key key = 0;
  std::optional<Value> value;  // or nothing: absent
};

// The claims about those of `keys` (ascending) that lie in the claimed range,
// ascending.
std::vector<Claim> ClaimsAbout(const Operation& operation,
                               std::span<const Key> keys);

// Every key that the map can have held in the course of the history, ascending:
// about all others an honest answer is "absent".
std::vector<Key> KeysOf(const History& history);

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_CLAIMS_H_
