// SPDX-License-Identifier: Apache-2.0

// Memory as the system sees it: what an allocator says it has handed out is
// less.

#ifndef PMA_TESTING_RESIDENT_BYTES_H_
#define PMA_TESTING_RESIDENT_BYTES_H_

#include <malloc.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace pma::testing {

// Memory of this process that is really there.
inline int64_t ResidentBytes() {
  long pages_in_all = 0;
  long resident_pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &pages_in_all, &resident_pages) != 2) {
      resident_pages = 0;
    }
    std::fclose(file);
  }
  return int64_t{resident_pages} * sysconf(_SC_PAGESIZE);
}

// The same, after the allocator has given back what is free: so what is added
// from now on is not taken from what earlier work has left.
inline int64_t ResidentBytesInUse() {
  malloc_trim(0);
  return ResidentBytes();
}

}  // namespace pma::testing

#endif  // PMA_TESTING_RESIDENT_BYTES_H_
