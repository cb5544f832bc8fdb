// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/json.h"

#include <cstddef>
#include <string>

#include "bench/report/environment_json.h"
#include "bench/shootout/result.h"
#include "bench/shootout/summary.h"

namespace pma::bench {
namespace {

Json KeySetJson(const KeySetInfo& info) {
  return {
      {"name", info.name},           {"description", info.description},
      {"source", info.source},       {"key_type", info.key_type},
      {"key_count", info.key_count}, {"duplicate_count", info.duplicate_count}};
}

Json MeasurementJson(const Measurement& m) {
  Json json = {{"map", m.map},
               {"mix", m.mix},
               {"threads", m.thread_count},
               {"available", m.available}};
  if (!m.available) return json;
  json.update({{"rate", m.rate},
               {"rate_min", m.rate_min},
               {"rate_max", m.rate_max},
               {"operations", m.op_count},
               {"seconds", m.seconds},
               {"p50_ns", m.p50},
               {"p99_ns", m.p99},
               {"p999_ns", m.p999},
               {"max_ns", m.max},
               {"bytes_per_entry", m.bytes_per_entry},
               {"resident_bytes_per_entry", m.resident_bytes_per_entry},
               {"ratio_to_best_other", m.ratio_to_best_other}});
  return json;
}

}  // namespace

std::string ResultJson(const Results& results, int indent) {
  Json maps = Json::array();
  for (const MapInfo& map : results.maps) {
    maps.push_back({{"name", map.name}, {"description", map.description}});
  }
  Json mixes = Json::array();
  for (const MixInfo& mix : results.mixes) {
    mixes.push_back({{"name", mix.name},
                     {"description", mix.description},
                     {"unit", mix.unit}});
  }
  Json measurements = Json::array();
  for (const Measurement& m : results.measurements) {
    measurements.push_back(MeasurementJson(m));
  }
  Json standings = Json::array();
  for (const size_t thread_count : results.thread_counts) {
    for (const MapInfo& map : results.maps) {
      const Standing standing = StandingOf(results, map.name, thread_count);
      if (standing.mix_count == 0) continue;
      standings.push_back({{"map", map.name},
                           {"threads", thread_count},
                           {"mean_ratio", standing.mean_ratio},
                           {"wins", standing.win_count},
                           {"mixes", standing.mix_count}});
    }
  }
  const Json json = {{"environment", EnvironmentJson(results.environment)},
                     {"key_set", KeySetJson(results.key_set)},
                     {"seconds_per_mix", results.seconds_per_mix},
                     {"repeats", results.repeats},
                     {"value_bytes", results.value_bytes},
                     {"wall_seconds", results.wall_seconds},
                     {"other_work_share", results.other_work_share},
                     {"thread_counts", results.thread_counts},
                     {"maps", maps},
                     {"mixes", mixes},
                     {"standings", standings},
                     {"measurements", measurements}};
  return JsonText(json, indent);
}

}  // namespace pma::bench
