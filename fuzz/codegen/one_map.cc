// SPDX-License-Identifier: Apache-2.0

// A program with a map of one type.

#include "fuzz/codegen/six_operations.h"

template struct SixOperations<uint64_t, uint64_t>;
