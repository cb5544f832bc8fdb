// SPDX-License-Identifier: Apache-2.0

// A small deterministic generator: the same seed gives the same race on every
// machine and standard library (std:: distributions promise no such thing).

#ifndef BENCH_KEYS_RANDOM_H_
#define BENCH_KEYS_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "pma/testing/random.h"

namespace pma::bench {

using testing::Mix64;

// Not thread-safe: one per thread.
class Random {
 public:
  explicit Random(uint64_t seed) : bits_(Mix64(seed)) {}

  uint64_t Next() { return bits_.Next(); }

  // Uniform in [0, bound); bound > 0. Lemire's multiplication: its bias is
  // below bound / 2^64.
  uint64_t Below(uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>((Wide{Next()} * bound) >> 64);
  }

  // Uniform in [low, high], both ends included.
  uint64_t Between(uint64_t low, uint64_t high) {
    const uint64_t width = high - low;
    return width == ~uint64_t{0} ? Next() : low + Below(width + 1);
  }

  // Uniform in [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  testing::Random bits_;
};

// Fisher-Yates.
template <class T>
void Shuffle(std::vector<T>& items, Random& random) {
  for (size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[random.Below(i)]);
  }
}

}  // namespace pma::bench

#endif  // BENCH_KEYS_RANDOM_H_
