// SPDX-License-Identifier: Apache-2.0

// A map in the race, with its type hidden behind functions, so that each
// adapter is compiled on its own.

#ifndef BENCH_SHOOTOUT_CONTESTANT_H_
#define BENCH_SHOOTOUT_CONTESTANT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "bench/keys/key_set.h"
#include "bench/keys/record.h"
#include "bench/measure/tick_clock.h"
#include "bench/shootout/mix.h"
#include "bench/shootout/result.h"

namespace pma::bench {

struct RaceSettings {
  std::vector<const Mix*> mixes;
  size_t thread_count = 1;
  double seconds_per_mix = 2;
  // Whether to find out what the loaded map takes from the system, in a process
  // of its own, which takes another load.
  bool measures_memory = true;
  uint64_t seed = 1;
  // Of each value.
  size_t value_bytes = sizeof(Record);
  // Upper bound of the operations prepared per thread; tests shrink it.
  size_t max_stream_length = ~size_t{0};
  const TickClock* clock = nullptr;
};

// Told what is going on, from the thread that called the race.
class RaceObserver {
 public:
  virtual ~RaceObserver() = default;
  virtual void OnStart(std::string_view map, std::string_view mix) = 0;
  // Of the mix under way; called many times a second.
  virtual void OnProgress(double seconds) = 0;
  virtual void OnTrial(const Trial& trial) = 0;
};

// Loads a fresh map and runs every mix on it. An error is a wrong answer.
template <class Set>
using RaceFunction = absl::Status (*)(const Set&, const RaceSettings&,
                                      RaceObserver&);

// One for each type of key sets.
template <class AnySet>
struct RaceTable;
template <class... Sets>
struct RaceTable<std::variant<Sets...>> {
  using Type = std::tuple<RaceFunction<Sets>...>;
};

struct Contestant {
  std::string_view name;
  std::string_view description;
  // Has no lock: only races with one thread.
  bool single_threaded = false;
  // False: races only where it is named.
  bool by_default = true;
  // Null where it does not race on such keys.
  RaceTable<AnyKeySet>::Type races = {};
  // On rows of RaceSettings::value_bytes instead of records. Null where values
  // must be words.
  RaceFunction<KeySet<uint64_t>> race_of_rows = nullptr;

  template <class Set>
  RaceFunction<Set>& Race() {
    return std::get<RaceFunction<Set>>(races);
  }
  template <class Set>
  RaceFunction<Set> Race() const {
    return std::get<RaceFunction<Set>>(races);
  }
  // On values of so many bytes.
  template <class Set>
  RaceFunction<Set> RaceOn(size_t value_bytes) const {
    if (value_bytes <= sizeof(Record)) return Race<Set>();
    if constexpr (std::is_same_v<Set, KeySet<uint64_t>>) return race_of_rows;
    return nullptr;
  }
  bool RacesOn(const AnyKeySet& keys, size_t value_bytes) const {
    return std::visit(
        [&]<class Set>(const Set&) {
          return RaceOn<Set>(value_bytes) != nullptr;
        },
        keys);
  }
};

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_CONTESTANT_H_
