// SPDX-License-Identifier: Apache-2.0

// The maps of map_fuzz.cc without what the processor at hand may have beyond
// what the compiler may use: machines that fuzz differ, and an input must mean
// the same on each.

#define PMA_BASELINE_ONLY 1

#include "fuzz/map_fuzz.h"
#include "fuzz/map_input.h"

namespace pma::map_input {

void RunTinyWordsOnBaseline(ByteReader bytes) { RunInput<TinyWords>(bytes); }
void RunDefaultWordsOnBaseline(ByteReader bytes) {
  RunInput<DefaultWords>(bytes);
}

}  // namespace pma::map_input
