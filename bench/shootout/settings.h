// SPDX-License-Identifier: Apache-2.0

// What the user asked for, checked before any work is done.

#ifndef BENCH_SHOOTOUT_SETTINGS_H_
#define BENCH_SHOOTOUT_SETTINGS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/keys/key_set.h"
#include "bench/keys/key_sources.h"
#include "bench/keys/record.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/mix.h"
#include "bench/shootout/ycsb.h"

namespace pma::bench {

// Flags as typed.
struct FlagValues {
  std::string keys;  // empty: geoip, or those of the workload
  std::optional<uint64_t> n;
  std::string mixes;
  std::string workload;
  std::optional<uint64_t> value_bytes;  // empty: 8, or those of the workload
  std::string maps;
  std::string threads;
  double seconds = 2;
  int repeats = 3;
  uint64_t seed = 1;
  std::string json;
  std::string report = "shootout.html";
};

// What the flags refer to.
struct Surroundings {
  // Relative paths mean the caller's directory, which under `bazel run` is not
  // the working directory.
  std::string caller_directory;
  std::string geoip_path;
  std::string words_path;
  size_t core_count = 1;
};

struct Settings {
  KeySource key_source;
  std::vector<const Contestant*> maps;
  bool maps_are_named = false;  // by the user
  std::vector<const Mix*> mixes;
  // Of --workload, whose mix is among these; or null.
  std::shared_ptr<YcsbWorkload> workload;
  std::vector<size_t> thread_counts;
  double seconds_per_mix = 2;  // over all repeats
  size_t repeats = 1;
  uint64_t seed = 1;
  size_t value_bytes = sizeof(Record);
  std::string json_path;    // empty: none
  std::string report_path;  // empty: none
};

absl::StatusOr<Settings> ParseSettings(FlagValues flags,
                                       const Surroundings& surroundings);

// Not every map races on keys of every type and values of every size: leaves
// out those that do not, unless they are named, or all, which is an error.
absl::Status KeepMapsFor(const AnyKeySet& keys, Settings& settings);

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_SETTINGS_H_
