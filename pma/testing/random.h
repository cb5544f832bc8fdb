// SPDX-License-Identifier: Apache-2.0

// A small seeded generator: the same numbers with every standard library, so
// that a failure seen on one machine repeats on another.

#ifndef PMA_TESTING_RANDOM_H_
#define PMA_TESTING_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pma::testing {

// SplitMix64's finaliser: a bijection that spreads consecutive numbers over the
// whole 64-bit range.
constexpr std::uint64_t Mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// SplitMix64 (Steele, Lea, Flood, 2014). Not thread-safe: one per thread.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    const std::uint64_t mixed = Mix64(state_);
    state_ += 0x9e3779b97f4a7c15u;
    return mixed;
  }
  std::uint8_t Byte() { return static_cast<std::uint8_t>(Next()); }

  // Uniform enough in [0, bound); bound > 0.
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }

  template <class T>
  void Shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[static_cast<std::size_t>(Below(i))]);
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace pma::testing

#endif  // PMA_TESTING_RANDOM_H_
