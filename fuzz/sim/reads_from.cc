// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sim/reads_from.h"

// The program, for the linker.
extern "C" const char __executable_start[];

namespace pma::sim {

uint32_t ReadsFrom::Offset(const void* site) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(site) -
                               reinterpret_cast<uintptr_t>(__executable_start));
}

}  // namespace pma::sim
