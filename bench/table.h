// SPDX-License-Identifier: Apache-2.0

// The results as a text table.

#ifndef BENCH_TABLE_H_
#define BENCH_TABLE_H_

#include <string>

#include "bench/result.h"

namespace pma::bench {

// A duration with three significant digits and its unit: "412 ns", "1.3 ms".
std::string FormatNanoseconds(double nanoseconds);

std::string ResultTable(const Results& results);

}  // namespace pma::bench

#endif  // BENCH_TABLE_H_
