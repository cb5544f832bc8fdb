// SPDX-License-Identifier: Apache-2.0

// A program of somebody else's.

#include <cstdint>
#include <cstdio>
#include <thread>

#include "pma/concurrent_map.h"
#include "pma/version.h"

int main() {
  pma::ConcurrentMap<uint64_t, uint64_t> map;
  std::thread other([&map] {
    for (uint64_t i = 0; i < 1000; ++i) map.insert(2 * i, i);
  });
  for (uint64_t i = 0; i < 1000; ++i) map.insert(2 * i + 1, i);
  other.join();
  std::printf("pma %d.%d.%d: %zu entries\n", PMA_VERSION_MAJOR,
              PMA_VERSION_MINOR, PMA_VERSION_PATCH, map.size());
  return map.size() == 2000 ? 0 : 1;
}
