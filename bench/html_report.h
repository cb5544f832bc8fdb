// SPDX-License-Identifier: Apache-2.0

// The results as one HTML page that needs no network: the data, the chart
// library and the styles are all inside.

#ifndef BENCH_HTML_REPORT_H_
#define BENCH_HTML_REPORT_H_

#include <string>

#include "bench/result.h"

namespace pma::bench {

std::string HtmlReport(const Results& results);

}  // namespace pma::bench

#endif  // BENCH_HTML_REPORT_H_
