// SPDX-License-Identifier: Apache-2.0

// Line charts as SVG: panels one under the other over one horizontal axis. A
// browser opens the file offline and shows it light or dark as the system is.
//
// By hand, since the chart library of bench/report draws in a browser only, and
// a document can include an SVG file as a picture.

#ifndef FUZZ_ENDURANCE_CHART_H_
#define FUZZ_ENDURANCE_CHART_H_

#include <string>
#include <utility>
#include <vector>

namespace pma::endurance {

struct ChartLine {
  std::string name;  // in the legend
  std::vector<std::pair<double, double>> points = {};
  enum class Look { kPlain, kDashed, kWide } look = Look::kPlain;
};

struct ChartPanel {
  std::string title = {};  // with the unit
  std::vector<ChartLine> lines;
};

struct Chart {
  std::string title = {};
  std::string subtitle = {};
  std::string x_label = {};  // with the unit
  // From here on there is a shade, with these words.
  double shade_from = 0;
  std::string shade_words = {};
  std::vector<ChartPanel> panels;
};

std::string Svg(const Chart& chart);

// A distance of 1, 2 or 5 times a power of ten between the ticks of an axis
// that ends at `most`, so that there are 4 to 10 of them.
double TickDistance(double most);

}  // namespace pma::endurance

#endif  // FUZZ_ENDURANCE_CHART_H_
