// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/summary.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measure/latency_histogram.h"
#include "bench/measure/tick_clock.h"
#include "bench/shootout/result.h"

namespace pma::bench {
namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

bool SameRun(const Trial& a, const Trial& b) {
  return a.map == b.map && a.mix == b.mix && a.thread_count == b.thread_count;
}

Measurement Join(const std::vector<const Trial*>& trials,
                 const TickClock& clock) {
  const Trial& first = *trials.front();
  Measurement m{.map = std::string(first.map),
                .mix = std::string(first.mix),
                .thread_count = first.thread_count,
                .available = first.available};
  if (!m.available) return m;

  std::vector<double> rates;
  std::vector<double> bytes_per_entry;
  LatencyHistogram latency;
  for (const Trial* trial : trials) {
    rates.push_back(trial->rate / 1e6);
    bytes_per_entry.push_back(static_cast<double>(trial->allocated_bytes) /
                              static_cast<double>(trial->size));
    m.resident_bytes_per_entry =
        std::max(m.resident_bytes_per_entry,
                 static_cast<double>(trial->resident_bytes) /
                     static_cast<double>(trial->loaded_size));
    latency.Merge(trial->latency);
    m.op_count += trial->op_count;
    m.seconds += trial->seconds;
  }
  m.rate = Median(rates);
  m.rate_min = *std::min_element(rates.begin(), rates.end());
  m.rate_max = *std::max_element(rates.begin(), rates.end());
  m.p50 = clock.Nanoseconds(latency.ValueAt(0.5));
  m.p99 = clock.Nanoseconds(latency.ValueAt(0.99));
  m.p999 = clock.Nanoseconds(latency.ValueAt(0.999));
  m.max = clock.Nanoseconds(latency.max());
  m.bytes_per_entry = Median(bytes_per_entry);
  return m;
}

void CompareMaps(std::vector<Measurement>& measurements) {
  for (Measurement& m : measurements) {
    double best_other = 0;
    for (const Measurement& other : measurements) {
      if (other.mix == m.mix && other.thread_count == m.thread_count &&
          other.map != m.map) {
        best_other = std::max(best_other, other.rate);
      }
    }
    m.ratio_to_best_other = best_other > 0 ? m.rate / best_other : 0;
  }
}

}  // namespace

std::vector<Measurement> Summarize(const std::vector<Trial>& trials,
                                   const TickClock& clock) {
  std::vector<Measurement> measurements;
  std::vector<bool> taken(trials.size());
  for (size_t i = 0; i < trials.size(); ++i) {
    if (taken[i]) continue;
    std::vector<const Trial*> same;
    for (size_t j = i; j < trials.size(); ++j) {
      if (!SameRun(trials[i], trials[j])) continue;
      taken[j] = true;
      same.push_back(&trials[j]);
    }
    measurements.push_back(Join(same, clock));
  }
  CompareMaps(measurements);
  return measurements;
}

const Measurement* FindMeasurement(const Results& results, std::string_view map,
                                   std::string_view mix, size_t thread_count) {
  for (const Measurement& m : results.measurements) {
    if (m.map == map && m.mix == mix && m.thread_count == thread_count) {
      return &m;
    }
  }
  return nullptr;
}

Standing StandingOf(const Results& results, std::string_view map,
                    size_t thread_count) {
  Standing standing;
  double log_sum = 0;
  for (const Measurement& m : results.measurements) {
    if (m.map != map || m.thread_count != thread_count ||
        m.ratio_to_best_other <= 0) {
      continue;
    }
    ++standing.mix_count;
    standing.win_count += m.ratio_to_best_other > 1;
    log_sum += std::log(m.ratio_to_best_other);
  }
  if (standing.mix_count > 0) {
    standing.mean_ratio =
        std::exp(log_sum / static_cast<double>(standing.mix_count));
  }
  return standing;
}

}  // namespace pma::bench
