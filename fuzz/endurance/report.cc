// SPDX-License-Identifier: Apache-2.0

#include "fuzz/endurance/report.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "fuzz/endurance/chart.h"
#include "fuzz/endurance/flat.h"
#include "fuzz/endurance/memory.h"
#include "fuzz/endurance/run.h"
#include "pma/testing/build_variant.h"

namespace pma::endurance {
namespace {

double MiB(double bytes) { return bytes / (1024 * 1024); }

const char* Unit(const Settings& settings) {
  return settings.steps == 0 ? "seconds" : "of all";
}

std::string TrendLine(const char* what, const Trend& trend) {
  if (!trend.judged) {
    return absl::StrFormat(
        "  %-28s not judged: less than %d samples in the second half\n", what,
        Trend::kLeastMeasured);
  }
  return absl::StrFormat("  %-28s %+.3f MiB of %.3f; allowed %.3f: %s\n", what,
                         MiB(trend.growth), MiB(trend.median),
                         MiB(trend.allowed), trend.flat() ? "flat" : "GROWS");
}

std::string Growth(const Trend& trend) {
  if (!trend.judged) return "not judged";
  return absl::StrFormat("%+.2f of %.1f MiB", MiB(trend.growth),
                         MiB(trend.median));
}

std::uint64_t Steps(const Result& result) {
  std::uint64_t sum = 0;
  for (const auto& [role, steps] : result.steps_by_role) sum += steps;
  return sum;
}

ChartLine LineOf(const char* name, const Result& result,
                 double Sample::* member) {
  ChartLine line{.name = name};
  for (const Sample& sample : result.samples) {
    line.points.emplace_back(sample.at, MiB(sample.*member));
  }
  return line;
}

void AddTrend(ChartPanel& panel, const char* name, const Result& result,
              const Trend& trend) {
  if (!trend.judged) return;
  panel.lines.push_back(
      {.name = name,
       .points = {{result.samples[result.samples.size() / 2].at,
                   MiB(trend.at_middle)},
                  {result.samples.back().at,
                   MiB(trend.at_middle + trend.growth)}},
       .look = ChartLine::Look::kDashed});
}

}  // namespace

std::string VariantName() {
  if (testing::kAddressSanitizer) return "asan";
  if (testing::kThreadSanitizer) return "tsan";
  if (testing::kUndefinedSanitizer) return "ubsan";
  return "plain";
}

std::string ProgressHead(const Settings& settings) {
  return absl::StrFormat(
      "%9s %12s %10s %10s %10s %10s %10s\n%9s %12s %10s "
      "%10s %10s %10s %10s\n",
      Unit(settings), "steps", "entries", "live", "map says", "retired",
      "process", "", "", "", "MiB", "MiB", "MiB", "MiB");
}

std::string ProgressLine(const Sample& sample) {
  return absl::StrFormat("%9.0f %12d %10.0f %10.3f %10.3f %10.3f %10.1f\n",
                         sample.at, sample.steps, sample.entries,
                         MiB(sample.live), MiB(sample.allocated),
                         MiB(sample.retired), MiB(sample.resident));
}

std::string Summary(const Settings& settings, const Result& result) {
  std::string text = "\nsteps of each role:\n";
  for (const auto& [role, steps] : result.steps_by_role) {
    absl::StrAppendFormat(&text, "  %-28s %d\n", role, steps);
  }
  absl::StrAppendFormat(
      &text,
      "growth in the second half; allowed is %.1f %% of the median, or "
      "chance:\n",
      100 * settings.allowance.part);
  text += TrendLine("given out by the allocator", result.trends.live);
  text += TrendLine("what the maps say", result.trends.allocated);
  text += TrendLine("the process", result.trends.resident);
  absl::StrAppendFormat(&text,
                        "left with all entries erased:  %.3f MiB\n"
                        "left with the maps destroyed:  %.0f bytes\n",
                        MiB(result.erased_bytes), result.destroyed_bytes);
  absl::StrAppend(&text, "\n",
                  result.failure.empty() ? "clean" : result.failure, "\n");
  return text;
}

std::string TableRow(const Result& result, const std::string& date,
                     const std::string& commit, const std::string& command) {
  return absl::StrFormat(
      "| %s | `%s` | %s | `%s` | %.0f | %.2f | %s | %s | %s |\n", date, commit,
      VariantName(), command, result.seconds,
      static_cast<double>(Steps(result)) / 1e6, Growth(result.trends.live),
      Growth(result.trends.resident),
      result.failure.empty() ? "clean" : result.failure);
}

std::string MemoryChart(const Settings& settings, const Result& result,
                        const std::string& subtitle) {
  ChartPanel maps{
      .title = "Both maps, MiB",
      .lines = {LineOf("what the maps say", result, &Sample::allocated),
                LineOf("given out by the allocator", result, &Sample::live),
                LineOf("garbage", result, &Sample::retired)}};
  // As the two are nearly the same, one goes behind the other.
  maps.lines.front().look = ChartLine::Look::kWide;
  AddTrend(maps, "trend", result, result.trends.live);
  ChartPanel process{.title = "The process, resident, MiB",
                     .lines = {LineOf("resident", result, &Sample::resident)}};
  AddTrend(process, "trend", result, result.trends.resident);
  Chart chart{
      .title = "Memory over time: " +
               (result.failure.empty() ? std::string("clean") : result.failure),
      .subtitle = subtitle,
      .x_label = settings.steps == 0 ? "time, seconds" : "steps of all threads",
      .shade_words = "judged",
      .panels = {std::move(maps), std::move(process)}};
  if (result.trends.live.judged) {
    chart.shade_from = result.samples[result.samples.size() / 2].at;
  }
  return Svg(chart);
}

}  // namespace pma::endurance
