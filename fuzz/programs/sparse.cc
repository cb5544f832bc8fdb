// SPDX-License-Identifier: Apache-2.0

#include "fuzz/programs/sparse.h"

#include <cstddef>

namespace pma::programs {

std::vector<SparsePair> PairsOf(std::span<const uint8_t> sparse) {
  std::vector<SparsePair> pairs;
  unsigned carried = 0;
  for (size_t i = 0; i + 1 < sparse.size(); i += 2) {
    if (sparse[i + 1] == 0) {
      carried += sparse[i] + 1u;  // it chooses nothing
    } else {
      pairs.push_back({carried + sparse[i], sparse[i + 1]});
      carried = 0;
    }
  }
  return pairs;
}

std::vector<uint8_t> BytesOf(std::span<const SparsePair> pairs) {
  std::vector<uint8_t> sparse;
  for (SparsePair pair : pairs) {
    for (; pair.skip > 0xff; pair.skip -= 0x100) {
      sparse.push_back(0xff);
      sparse.push_back(0);
    }
    sparse.push_back(static_cast<uint8_t>(pair.skip));
    sparse.push_back(pair.choice);
  }
  return sparse;
}

}  // namespace pma::programs
