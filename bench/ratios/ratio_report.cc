// SPDX-License-Identifier: Apache-2.0

#include "bench/ratios/ratio_report.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/measure/durations.h"
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

std::string RatioJson(const RatioResults& results, int indent) {
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
                     {"ratios", rows}};
  return JsonText(json, indent);
}

}  // namespace pma::bench
