// SPDX-License-Identifier: Apache-2.0

#include "bench/report/page.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_replace.h"
#include "bench/report/embedded.h"

namespace pma::bench {
namespace {

// "</script>" in a string would end the element that holds the data.
std::string InsideScript(std::string_view json) {
  return absl::StrReplaceAll(json, {{"<", "\\u003c"}});
}

// Replaces the first place in the page that reads `mark`.
void Fill(std::string& page, std::string_view mark, std::string_view contents) {
  const size_t at = page.find(mark);
  if (at != page.npos) page.replace(at, mark.size(), contents);
}

}  // namespace

std::string ReportPage(std::string_view json) {
  std::string page(kReportHtml);
  // From the end of the page to its start, so that no inserted text can be
  // taken for a mark.
  Fill(page, "/*SCRIPT*/", kReportJs);
  Fill(page, "/*CHART_JS*/", kChartJs);
  Fill(page, "/*RESULTS*/", InsideScript(json));
  Fill(page, "/*STYLE*/", kReportCss);
  return page;
}

}  // namespace pma::bench
