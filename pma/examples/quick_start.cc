// SPDX-License-Identifier: Apache-2.0

// Two threads fill a map; then a look-up, a neighbour and a range.
//
// Prints:
//   12 -> 144
//   at or before 13: 12
//   10 11 12 14 15
//   999 entries

#include <cstdint>
#include <iostream>
#include <thread>

#include "pma/concurrent_map.h"

int main() {
  pma::ConcurrentMap<std::uint64_t, std::uint64_t> squares;
  const auto fill = [&squares](std::uint64_t first) {
    for (std::uint64_t i = first; i < 1000; i += 2) squares.insert(i, i * i);
  };
  std::thread even(fill, 0);
  std::thread odd(fill, 1);
  even.join();
  odd.join();

  if (auto square = squares.find(12)) std::cout << "12 -> " << *square << '\n';
  squares.erase(13);
  if (auto entry = squares.floor(13)) {
    std::cout << "at or before 13: " << entry->first << '\n';
  }
  const char* space = "";
  squares.scan(10, 16, [&](std::uint64_t number, std::uint64_t) {
    std::cout << space << number;
    space = " ";
  });
  std::cout << '\n' << squares.size() << " entries\n";
}
