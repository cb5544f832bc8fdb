// SPDX-License-Identifier: Apache-2.0

// The machinery's random numbers: the same from the same seed on every machine.

#ifndef PMA_FUZZ_SCHEDULE_RANDOM_H_
#define PMA_FUZZ_SCHEDULE_RANDOM_H_

#include <cstddef>
#include <cstdint>

namespace pma::schedule {

// splitmix64 (Steele, Lea, Flood, 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint8_t Byte() { return static_cast<uint8_t>(Next()); }
  // A number below `bound`, which is not 0.
  size_t Below(size_t bound) { return Next() % bound; }

 private:
  uint64_t state_;
};

}  // namespace pma::schedule

#endif  // PMA_FUZZ_SCHEDULE_RANDOM_H_
