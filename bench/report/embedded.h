// SPDX-License-Identifier: Apache-2.0

// Files that are compiled into the program (see embed.cc), so that a report is
// one file that opens offline.

#ifndef BENCH_REPORT_EMBEDDED_H_
#define BENCH_REPORT_EMBEDDED_H_

#include <string_view>

namespace pma::bench {

extern const std::string_view kChartJs;  // Chart.js, minified (MIT)
extern const std::string_view kReportCss;
extern const std::string_view kReportHtml;
extern const std::string_view kReportJs;

}  // namespace pma::bench

#endif  // BENCH_REPORT_EMBEDDED_H_
