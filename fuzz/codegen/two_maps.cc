// SPDX-License-Identifier: Apache-2.0

// The program of one_map.cc with a map of another type, too.

#include "fuzz/codegen/six_operations.h"

template struct SixOperations<uint64_t, uint64_t>;
template struct SixOperations<uint32_t, uint64_t>;
