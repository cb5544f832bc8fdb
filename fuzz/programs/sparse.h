// SPDX-License-Identifier: Apache-2.0

// Sparse schedules taken apart (sim/chooser.h: Mode::kSparse).

#ifndef PMA_FUZZ_PROGRAMS_SPARSE_H_
#define PMA_FUZZ_PROGRAMS_SPARSE_H_

#include <cstdint>
#include <span>
#include <vector>

namespace pma::programs {

// A decision that is not the dull one, and how many dull ones come before it.
struct SparsePair {
  unsigned skip;
  uint8_t choice;
};

std::vector<SparsePair> PairsOf(std::span<const uint8_t> sparse);
std::vector<uint8_t> BytesOf(std::span<const SparsePair> pairs);

}  // namespace pma::programs

#endif  // PMA_FUZZ_PROGRAMS_SPARSE_H_
