// As users have it.

#include "fuzz/codegen/hot_functions.h"
