// SPDX-License-Identifier: Apache-2.0

// Tells libFuzzer which pairs of loads and stores an execution had: it keeps
// inputs with new ones, as it keeps those that reach new code.

#ifndef PMA_FUZZ_PROGRAMS_FEEDBACK_H_
#define PMA_FUZZ_PROGRAMS_FEEDBACK_H_

#include <cstdint>
#include <span>

#include "fuzz/sim/reads_from.h"

namespace pma::programs {

// A counter for each hash of a pair. libFuzzer finds them by their section and
// clears them before each input.
std::span<uint8_t> ReadsFromCounters();

void CountReadsFrom(const sim::ReadsFrom& reads_from);

}  // namespace pma::programs

#endif  // PMA_FUZZ_PROGRAMS_FEEDBACK_H_
