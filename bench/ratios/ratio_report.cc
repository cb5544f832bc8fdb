// SPDX-License-Identifier: Apache-2.0

#include "bench/ratios/ratio_report.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "bench/measure/durations.h"
#include "bench/measure/environment.h"
#include "bench/ratios/ratio_result.h"
#include "bench/report/environment_json.h"

namespace pma::bench {
namespace {

std::string Figure(double value) {
  return value < 10 ? absl::StrFormat("%.2f ns", value)
                    : FormatNanoseconds(value);
}

std::string TargetOf(const RatioRow& row) {
  if (row.goal == Goal::kNone) return "-";
  return absl::StrCat(row.goal == Goal::kAtLeast ? ">= " : "<= ", row.target);
}

std::string RatioOf(const RatioRow& row) {
  return row.available() ? absl::StrFormat("%.2f", row.ratio) : "n/a";
}

// How full the bar of a row is: one half where it meets its target exactly, and
// more where it is better, on a logarithmic scale.
double BarOf(const RatioRow& row) {
  if (!row.available() || row.ratio <= 0) return 0;
  const double target = row.goal == Goal::kNone ? 1 : row.target;
  const double better =
      row.goal == Goal::kAtMost ? target / row.ratio : row.ratio / target;
  return std::clamp(0.5 + std::log2(better) / 8, 0.02, 1.0);
}

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(text,
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

constexpr std::string_view kPageHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>pma ratios</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto;
       padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem; }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.group th { padding-top: 1.2rem; border-bottom: 1px solid #8886; }
.bar { position: relative; width: 12rem; height: .9rem; background: #8882; }
.bar i { position: absolute; inset: 0 auto 0 0; }
.bar b { position: absolute; inset: -2px auto -2px 50%; width: 2px;
         background: currentColor; }
.met i { background: #2a9d6f; } .missed i { background: #d1603d; }
.none i { background: #8888; }
</style></head><body>
)";

std::string PageRow(const RatioRow& row) {
  const std::string verdict = VerdictOf(row);
  const std::string_view style = verdict == "met"      ? "met"
                                 : verdict == "missed" ? "missed"
                                                       : "none";
  std::string figures;
  for (const MapFigure& figure : row.figures) {
    absl::StrAppend(&figures, figures.empty() ? "" : ", ", figure.map, " ",
                    Figure(figure.value));
  }
  return absl::StrCat(
      "<tr class=\"", style, "\" title=\"", Escaped(figures), "\"><td>",
      Escaped(row.what), "</td><td class=\"n\">", Figure(row.ours),
      "</td><td class=\"n\">", Figure(row.theirs), "</td><td>",
      Escaped(row.against), "</td><td class=\"n\">", RatioOf(row),
      "</td><td class=\"n\">", Escaped(TargetOf(row)),
      "</td><td><div class=\"bar\"><i style=\"width:",
      absl::StrFormat("%.1f", BarOf(row) * 100),
      "%\"></i><b></b></div></td><td>", verdict, "</td></tr>\n");
}

}  // namespace

std::string VerdictOf(const RatioRow& row) {
  if (!row.available()) return "not measured";
  if (row.goal == Goal::kNone) return "-";
  return row.met() ? "met" : "missed";
}

std::string RatioTable(const RatioResults& results) {
  size_t width = 0;
  for (const RatioRow& row : results.rows) {
    width = std::max(width, row.what.size());
  }
  std::string table;
  std::string_view group;
  for (const RatioRow& row : results.rows) {
    if (row.group != group) {
      group = row.group;
      absl::StrAppendFormat(&table, "\n%-*s %10s %10s %7s %8s  %-12s %s\n",
                            static_cast<int>(width) + 2, row.group, "pma",
                            "other", "ratio", "target", "", "other is");
    }
    absl::StrAppendFormat(&table, "  %-*s %10s %10s %7s %8s  %-12s %s\n",
                          static_cast<int>(width), row.what, Figure(row.ours),
                          Figure(row.theirs), RatioOf(row), TargetOf(row),
                          VerdictOf(row), row.against);
  }
  return table;
}

std::string RatioJson(const RatioResults& results) {
  Json rows = Json::array();
  for (const RatioRow& row : results.rows) {
    Json figures = Json::object();
    for (const MapFigure& figure : row.figures) {
      figures[figure.map] = figure.value;
    }
    Json json = {{"group", row.group},        {"what", row.what},
                 {"unit", row.unit},          {"pma", row.ours},
                 {"against", row.against},    {"other", row.theirs},
                 {"verdict", VerdictOf(row)}, {"figures", figures}};
    if (row.available()) json["ratio"] = row.ratio;
    if (row.goal != Goal::kNone) {
      json["goal"] = row.goal == Goal::kAtLeast ? "at least" : "at most";
      json["target"] = row.target;
    }
    rows.push_back(std::move(json));
  }
  const Json json = {{"environment", EnvironmentJson(results.environment)},
                     {"key_count", results.key_count},
                     {"threads", results.thread_count},
                     {"wall_seconds", results.wall_seconds},
                     {"other_work_share", results.other_work_share},
                     {"rows", rows}};
  return JsonText(json, /*indent=*/2) + "\n";
}

std::string RatioPage(const RatioResults& results) {
  const Environment& env = results.environment;
  std::string page(kPageHead);
  absl::StrAppend(
      &page, "<h1>pma: ratios and their targets</h1>\n<p>", results.key_count,
      " random 64-bit keys, ", results.thread_count, " thread(s), ",
      Escaped(env.cpu), ", ", Escaped(env.compiler), ", ",
      Escaped(env.vector_unit), ", ", env.date,
      absl::StrFormat("; other work took %.0f %% of the processors.",
                      results.other_work_share * 100),
      " Medians of interleaved slices; a bar that reaches the line meets its "
      "target.</p>\n<p><code>",
      Escaped(env.command_line), "</code></p>\n<table>\n");
  std::string_view group;
  for (const RatioRow& row : results.rows) {
    if (row.group != group) {
      group = row.group;
      absl::StrAppend(&page, "<tr class=\"group\"><th>", row.group,
                      "</th><th>pma</th><th>other</th><th>other is</th>"
                      "<th>ratio</th><th>target</th><th></th><th></th></tr>\n");
    }
    page += PageRow(row);
  }
  page += "</table></body></html>\n";
  return page;
}

}  // namespace pma::bench
