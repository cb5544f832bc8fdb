// SPDX-License-Identifier: Apache-2.0

// Aborts on inputs that begin with "PMA!": found within a moment by an engine
// that sees coverage, practically never by one that does not.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size > 4 && data[0] == 'P' && data[1] == 'M' && data[2] == 'A' &&
      data[3] == '!') {
    std::abort();
  }
  return 0;
}
