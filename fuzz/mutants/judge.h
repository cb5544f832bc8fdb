// SPDX-License-Identifier: Apache-2.0

// A map before one of the layers that are to notice its bugs: runs trials, each
// named by its number, until one finds something or a limit is reached.
//
// judge.cc is the program; a source of one layer completes it. Only that source
// is compiled against the map, mutated or not.

#ifndef PMA_FUZZ_MUTANTS_JUDGE_H_
#define PMA_FUZZ_MUTANTS_JUDGE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace pma::mutants {

// The same number is the same trial; only threads make it another one.
using Trial = std::string (*)(uint64_t number);

// What the linked layer calls its trials' kind `name`, or null if it has no
// such kind. A trial returns what went wrong, or nothing.
Trial FindLayer(std::string_view name);

// One line: the names that FindLayer knows.
std::string_view LayerNames();

}  // namespace pma::mutants

#endif  // PMA_FUZZ_MUTANTS_JUDGE_H_
