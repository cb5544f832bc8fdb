// SPDX-License-Identifier: Apache-2.0

// The ratios as text, JSON and a page.

#ifndef BENCH_RATIOS_RATIO_REPORT_H_
#define BENCH_RATIOS_RATIO_REPORT_H_

#include <string>

#include "bench/ratios/ratio_result.h"

namespace pma::bench {

// "met", "missed", "-" without a target or "not measured".
std::string VerdictOf(const RatioRow& row);

std::string RatioTable(const RatioResults& results);
std::string RatioJson(const RatioResults& results);
// One page that needs neither a network nor scripts.
std::string RatioPage(const RatioResults& results);

}  // namespace pma::bench

#endif  // BENCH_RATIOS_RATIO_REPORT_H_
