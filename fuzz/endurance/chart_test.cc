// SPDX-License-Identifier: Apache-2.0

#include "fuzz/endurance/chart.h"

#include <string>

#include "gtest/gtest.h"

namespace pma::endurance {
namespace {

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ChartTest, TicksAreRoundAndFourToTen) {
  for (double most = 0.001; most < 1e6; most *= 1.07) {
    const double tick = TickDistance(most);
    EXPECT_GE(most / tick, 4) << most;
    EXPECT_LE(most / tick, 10.0001) << most;
  }
  EXPECT_DOUBLE_EQ(TickDistance(60), 10);
  EXPECT_DOUBLE_EQ(TickDistance(1800), 200);
  EXPECT_DOUBLE_EQ(TickDistance(3), 0.5);
}

TEST(ChartTest, SaysWhatItShows) {
  const std::string svg =
      Svg({.title = "A < B",
           .x_label = "time, seconds",
           .shade_from = 5,
           .shade_words = "judged",
           .panels = {{"memory, MiB", {{"live", {{0, 1}, {10, 2}}}}}}});
  EXPECT_TRUE(Has(svg, "A &lt; B")) << svg;
  EXPECT_FALSE(Has(svg, "A < B")) << svg;
  for (const char* part : {"time, seconds", "memory, MiB", "live", "judged"}) {
    EXPECT_TRUE(Has(svg, part)) << part;
  }
}

// The largest value is at the top of the plot and the last at its right.
TEST(ChartTest, ValuesAreWhereTheAxesSay) {
  const std::string svg =
      Svg({.panels = {{"p", {{"l", {{0, 0}, {50, 1}, {100, 2}}}}}}});
  EXPECT_TRUE(Has(svg, "points=\"70.0,290.0 483.0,200.0 896.0,110.0 \""))
      << svg;
}

TEST(ChartTest, NothingMeasuredIsAnEmptyChart) {
  const std::string svg = Svg({.panels = {{"p", {{"l", {}}}}}});
  EXPECT_FALSE(Has(svg, "nan")) << svg;
  EXPECT_FALSE(Has(svg, "inf")) << svg;
}

}  // namespace
}  // namespace pma::endurance
