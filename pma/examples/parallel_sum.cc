// SPDX-License-Identifier: Apache-2.0

// The sum of all values by two threads, each of half of the map: split_keys()
// says where the halves meet, scan_columns() gives arrays to loop over.
//
// Prints:
//   1000000 values, sum 499999500000

#include <cstdint>
#include <iostream>
#include <span>
#include <thread>
#include <vector>

#include "pma/concurrent_map.h"

int main() {
  using Map = pma::ConcurrentMap<std::uint64_t, std::uint64_t>;
  Map map;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) map.insert(7 * i, i);

  std::uint64_t sums[2] = {};
  std::size_t counts[2] = {};
  const auto sum_up = [&](int half, std::uint64_t lo, std::uint64_t hi) {
    counts[half] = map.scan_columns(lo, hi,
                                    [&](std::span<const std::uint64_t>,
                                        std::span<const std::uint64_t> values) {
                                      for (const std::uint64_t value : values)
                                        sums[half] += value;
                                    });
  };
  const std::vector<std::uint64_t> middle = map.split_keys(2);
  std::thread first(sum_up, 0, 0, middle[0]);
  std::thread second(sum_up, 1, middle[0], 7'000'000);
  first.join();
  second.join();

  std::cout << counts[0] + counts[1] << " values, sum " << sums[0] + sums[1]
            << '\n';
}
