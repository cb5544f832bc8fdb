// SPDX-License-Identifier: Apache-2.0

// A report as one HTML page that needs no network: the data, the chart library
// and the styles are all inside.

#ifndef BENCH_REPORT_PAGE_H_
#define BENCH_REPORT_PAGE_H_

#include <string>
#include <string_view>

namespace pma::bench {

// `json` is one object: what a program writes for --json. The page shows a race
// if it has "measurements", and ratios with their targets if it has "ratios".
std::string ReportPage(std::string_view json);

}  // namespace pma::bench

#endif  // BENCH_REPORT_PAGE_H_
