// SPDX-License-Identifier: Apache-2.0

// The ratios as text and as JSON.

#ifndef BENCH_RATIOS_RATIO_REPORT_H_
#define BENCH_RATIOS_RATIO_REPORT_H_

#include <string>

#include "bench/ratios/ratio_result.h"

namespace pma::bench {

// "met", "missed", "-" without a target or "not measured".
std::string VerdictOf(const RatioRow& row);

std::string RatioTable(const RatioResults& results);
// For --json, and as the data inside the report page. `indent` < 0 writes one
// line.
std::string RatioJson(const RatioResults& results, int indent);

}  // namespace pma::bench

#endif  // BENCH_RATIOS_RATIO_REPORT_H_
