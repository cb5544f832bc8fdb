// SPDX-License-Identifier: Apache-2.0

// The results as a text table.

#ifndef BENCH_SHOOTOUT_TABLE_H_
#define BENCH_SHOOTOUT_TABLE_H_

#include <string>

#include "bench/shootout/result.h"

namespace pma::bench {

std::string ResultTable(const Results& results);

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_TABLE_H_
