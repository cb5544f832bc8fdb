// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/table.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/measure/durations.h"
#include "bench/shootout/result.h"
#include "bench/shootout/summary.h"

namespace pma::bench {
namespace {

std::string Row(const Measurement& m, int map_width) {
  if (!m.available) {
    return absl::StrFormat("  %-*s %10s\n", map_width, m.map, "n/a");
  }
  return absl::StrFormat(
      "  %-*s %10s %9s %9s %9s %9s %8.1f %8.1f %9s\n", map_width, m.map,
      ThreeDigits(m.rate), FormatNanoseconds(m.p50), FormatNanoseconds(m.p99),
      FormatNanoseconds(m.p999), FormatNanoseconds(m.max), m.bytes_per_entry,
      m.resident_bytes_per_entry,
      m.ratio_to_best_other > 0
          ? absl::StrCat(ThreeDigits(m.ratio_to_best_other), "x")
          : "-");
}

}  // namespace

std::string ResultTable(const Results& results) {
  size_t map_width = 4;
  for (const MapInfo& map : results.maps) {
    map_width = std::max(map_width, map.name.size());
  }
  const int width = static_cast<int>(map_width);
  std::string table;
  for (const size_t thread_count : results.thread_counts) {
    absl::StrAppendFormat(&table, "\n%d thread%s, %d keys (%s)\n", thread_count,
                          thread_count == 1 ? "" : "s",
                          results.key_set.key_count, results.key_set.name);
    for (const MixInfo& mix : results.mixes) {
      absl::StrAppendFormat(&table, "\n%s: %s\n", mix.name, mix.description);
      absl::StrAppendFormat(&table, "  %-*s %10s %9s %9s %9s %9s %8s %8s %9s\n",
                            width, "map", mix.unit, "p50", "p99", "p99.9",
                            "max", "B/entry", "resident", "vs best");
      for (const MapInfo& map : results.maps) {
        const Measurement* m =
            FindMeasurement(results, map.name, mix.name, thread_count);
        if (m != nullptr) table += Row(*m, width);
      }
    }
  }
  return table;
}

}  // namespace pma::bench
