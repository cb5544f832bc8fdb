// SPDX-License-Identifier: Apache-2.0

#include "fuzz/endurance/chart.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace pma::endurance {
namespace {

constexpr double kWidth = 920;
constexpr double kLeft = 70;
constexpr double kRight = kWidth - 24;
constexpr double kHead = 64;
constexpr double kPanel = 250;   // with its title and ticks
constexpr double kPlotTop = 46;  // in its panel
constexpr double kPlotBottom = 226;
constexpr double kFoot = 40;

// Colours that people who see few of them can tell apart (Okabe and Ito).
constexpr std::string_view kStyle = R"(<style>
  svg { background: #ffffff; font-family: system-ui, sans-serif; font-size: 12px;
    --ink: #1b1f24; --soft: #57606a; --grid: #d8dee4; --shade: #f3f5f7;
    --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #aa4499; }
  @media (prefers-color-scheme: dark) {
    svg { background: #12161c; --ink: #e8edf2; --soft: #9ba7b4;
      --grid: #2c333c; --shade: #1a2028;
      --c0: #56b4e9; --c1: #f0905a; --c2: #3fc79a; --c3: #dd88cc; }
  }
  text { fill: var(--soft); }
  .strong { fill: var(--ink); font-weight: 600; }
  .title { font-size: 17px; }
  .grid { stroke: var(--grid); stroke-width: 1; }
  .shade { fill: var(--shade); }
  .line { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
  .dashed { stroke-dasharray: 6 4; }
  .wide { stroke-width: 6; opacity: 0.4; }
</style>
)";

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(text,
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

std::string Text(double x, double y, std::string_view css,
                 std::string_view anchor, std::string_view text) {
  return absl::StrFormat(
      "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" text-anchor=\"%s\">%s</text>\n",
      x, y, css, anchor, Escaped(text));
}

std::string GridLine(double x1, double y1, double x2, double y2) {
  return absl::StrFormat(
      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
      "class=\"grid\"/>\n",
      x1, y1, x2, y2);
}

const char* Class(const ChartLine& line) {
  switch (line.look) {
    case ChartLine::Look::kPlain:
      return "";
    case ChartLine::Look::kDashed:
      return " dashed";
    case ChartLine::Look::kWide:
      return " wide";
  }
  return "";
}

// From 0 to at least the largest of the values.
struct Axis {
  double most = 0;
  double tick = 1;

  explicit Axis(double largest, bool ends_on_tick)
      : most(std::max(largest, 1e-9)), tick(TickDistance(most)) {
    if (ends_on_tick) most = tick * std::ceil(most / tick);
  }
};

template <class Get>
double Largest(const ChartPanel& panel, Get get) {
  double largest = 0;
  for (const ChartLine& line : panel.lines) {
    for (const auto& point : line.points) {
      largest = std::max(largest, get(point));
    }
  }
  return largest;
}

std::string Legend(const ChartPanel& panel, double y) {
  std::string svg;
  double x = kRight;
  for (std::size_t i = panel.lines.size(); i-- > 0;) {
    const ChartLine& line = panel.lines[i];
    // Letters of this size are some 6.2 wide.
    x -= 6.2 * static_cast<double>(line.name.size());
    svg += Text(x, y, "", "start", line.name);
    absl::StrAppendFormat(
        &svg,
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
        "class=\"line%s\" stroke=\"var(--c%d)\"/>\n",
        x - 28, y - 4, x - 6, y - 4, Class(line), i % 4);
    x -= 48;
  }
  return svg;
}

std::string Panel(const Chart& chart, const ChartPanel& panel, double top,
                  const Axis& x_axis) {
  const Axis y_axis(Largest(panel, [](auto& point) { return point.second; }),
                    /*ends_on_tick=*/true);
  const double bottom = top + kPlotBottom;
  const auto x_of = [&](double x) {
    return kLeft + x / x_axis.most * (kRight - kLeft);
  };
  const auto y_of = [&](double y) {
    return bottom - y / y_axis.most * (kPlotBottom - kPlotTop);
  };
  std::string svg = Text(kLeft, top + 30, "strong", "start", panel.title);
  svg += Legend(panel, top + 30);
  if (chart.shade_from > 0 && chart.shade_from < x_axis.most) {
    const double left = x_of(chart.shade_from);
    absl::StrAppendFormat(&svg,
                          "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                          "height=\"%.1f\" class=\"shade\"/>\n",
                          left, top + kPlotTop, kRight - left,
                          kPlotBottom - kPlotTop);
    svg += Text(left + 6, bottom - 6, "", "start", chart.shade_words);
  }
  for (int i = 0; i * y_axis.tick <= y_axis.most * 1.0001; ++i) {
    const double y = y_of(i * y_axis.tick);
    svg += GridLine(kLeft, y, kRight, y);
    svg += Text(kLeft - 8, y + 4, "", "end", absl::StrCat(i * y_axis.tick));
  }
  for (int i = 0; i * x_axis.tick <= x_axis.most * 1.0001; ++i) {
    const double x = x_of(i * x_axis.tick);
    svg += GridLine(x, bottom, x, bottom + 5);
    svg += Text(x, bottom + 18, "", "middle", absl::StrCat(i * x_axis.tick));
  }
  for (std::size_t i = 0; i < panel.lines.size(); ++i) {
    const ChartLine& line = panel.lines[i];
    absl::StrAppendFormat(
        &svg, "<polyline class=\"line%s\" stroke=\"var(--c%d)\" points=\"",
        Class(line), i % 4);
    for (const auto& [x, y] : line.points) {
      absl::StrAppendFormat(&svg, "%.1f,%.1f ", x_of(x), y_of(y));
    }
    svg += "\"/>\n";
  }
  return svg;
}

}  // namespace

double TickDistance(double most) {
  const double power = std::pow(10, std::floor(std::log10(most)));
  const double digits = most / power;  // from 1 to 10
  if (digits < 2) return power / 5;
  if (digits < 5) return power / 2;
  return power;
}

std::string Svg(const Chart& chart) {
  double last = 0;
  for (const ChartPanel& panel : chart.panels) {
    last =
        std::max(last, Largest(panel, [](auto& point) { return point.first; }));
  }
  const Axis x_axis(last, /*ends_on_tick=*/false);
  const double height =
      kHead + kPanel * static_cast<double>(chart.panels.size()) + kFoot;
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
      "width=\"%.0f\" height=\"%.0f\" role=\"img\">\n<title>%s</title>\n",
      kWidth, height, kWidth, height, Escaped(chart.title));
  absl::StrAppend(&svg, kStyle,
                  Text(kLeft, 32, "strong title", "start", chart.title),
                  Text(kLeft, 52, "", "start", chart.subtitle));
  double top = kHead;
  for (const ChartPanel& panel : chart.panels) {
    svg += Panel(chart, panel, top, x_axis);
    top += kPanel;
  }
  svg += Text((kLeft + kRight) / 2, top + 18, "", "middle", chart.x_label);
  return svg + "</svg>\n";
}

}  // namespace pma::endurance
