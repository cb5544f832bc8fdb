// SPDX-License-Identifier: Apache-2.0

// As users have it.

#include "fuzz/codegen/hot_functions.h"
