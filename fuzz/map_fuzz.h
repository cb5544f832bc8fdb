// SPDX-License-Identifier: Apache-2.0

// Maps of words as //fuzz:map_fuzz drives them.

#ifndef PMA_FUZZ_MAP_FUZZ_H_
#define PMA_FUZZ_MAP_FUZZ_H_

#include <cstdint>
#include <functional>

#include "fuzz/map_input.h"
#include "pma/options.h"
#include "pma/testing/differential_map.h"

namespace pma::map_input {

template <class Compare, class Tuning>
struct Words {
  using Checked =
      testing::DifferentialMap<std::uint64_t, std::uint64_t, Compare, Tuning>;

  // In order; the last hundred lie at the top of the key range.
  static std::uint64_t KeyAt(std::uint32_t number) {
    constexpr std::uint32_t kLow = kKeyCount - 100;
    if (number < kLow) return number;
    return ~std::uint64_t{0} - (kKeyCount - 1 - number);
  }
  static std::uint64_t ValueAt(std::uint8_t number) {
    return number * 0x0101010101010101u;
  }
};

using TinyWords = Words<std::less<>, TinyTuning>;
using DefaultWords = Words<std::less<>, DefaultTuning>;

// As on a processor that has nothing but what the compiler may use: compiled
// apart, in map_fuzz_baseline.cc.
void RunTinyWordsOnBaseline(ByteReader bytes);
void RunDefaultWordsOnBaseline(ByteReader bytes);

}  // namespace pma::map_input

#endif  // PMA_FUZZ_MAP_FUZZ_H_
