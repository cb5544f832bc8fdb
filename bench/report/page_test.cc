// SPDX-License-Identifier: Apache-2.0

// The page holds the results and all that shows them, and needs no network.

#include "bench/report/page.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace pma::bench {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

TEST(ReportPage, HoldsTheResultsAndTheChartLibrary) {
  const std::string page = ReportPage(R"({"rate":12.34})");
  EXPECT_TRUE(Contains(page, R"({"rate":12.34})"));
  EXPECT_TRUE(Contains(page, "Chart.js v"));
  EXPECT_TRUE(Contains(page, "--accent"));
  for (const std::string_view mark :
       {"/*RESULTS*/", "/*CHART_JS*/", "/*STYLE*/", "/*SCRIPT*/"}) {
    EXPECT_FALSE(Contains(page, mark)) << mark << " was not filled";
  }
}

TEST(ReportPage, HoldsEveryPartOfItsScript) {
  const std::string page = ReportPage("{}");
  size_t last = 0;
  for (const std::string_view part :
       {"\"use strict\";", "const barLabels =", "function drawThroughput(",
        "const shootoutPart =", "const ratiosPart =", "const parts ="}) {
    const size_t at = page.find(part);
    ASSERT_NE(at, page.npos) << part;
    EXPECT_GT(at, last) << part << " comes too early";
    last = at;
  }
}

TEST(ReportPage, LoadsNothingFromElsewhere) {
  const std::string page = ReportPage("{}");
  for (const std::string_view reference :
       {"src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest",
        "sourceMappingURL"}) {
    EXPECT_FALSE(Contains(page, reference)) << reference;
  }
}

TEST(ReportPage, DataCannotEndItsScript) {
  const std::string page = ReportPage(R"({"a":"</script><b>"})");
  EXPECT_TRUE(Contains(page, "\\u003c/script>\\u003cb>"));
  EXPECT_FALSE(Contains(page, R"("</script><b>")"));
}

}  // namespace
}  // namespace pma::bench
