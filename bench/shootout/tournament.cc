// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/tournament.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/keys/key_set.h"
#include "bench/measure/tick_clock.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/result.h"
#include "bench/shootout/settings.h"

namespace pma::bench {
namespace {

// Keeps what the observer is told.
class Recorder : public RaceObserver {
 public:
  explicit Recorder(RaceObserver& observer) : observer_(observer) {}

  void OnStart(std::string_view map, std::string_view mix) override {
    observer_.OnStart(map, mix);
  }
  void OnProgress(double seconds) override { observer_.OnProgress(seconds); }
  void OnTrial(const Trial& trial) override {
    trials_.push_back(trial);
    observer_.OnTrial(trial);
  }

  std::vector<Trial>& trials() { return trials_; }

 private:
  RaceObserver& observer_;
  std::vector<Trial> trials_;
};

std::vector<const Contestant*> MapsFor(const Settings& settings,
                                       size_t thread_count) {
  std::vector<const Contestant*> maps;
  for (const Contestant* map : settings.maps) {
    if (thread_count == 1 || !map->single_threaded) maps.push_back(map);
  }
  return maps;
}

}  // namespace

size_t TrialCount(const Settings& settings) {
  size_t races = 0;
  for (const size_t thread_count : settings.thread_counts) {
    races += MapsFor(settings, thread_count).size();
  }
  return races * settings.mixes.size() * settings.repeats;
}

double SecondsPerTrial(const Settings& settings) {
  return settings.seconds_per_mix / static_cast<double>(settings.repeats);
}

double ExpectedSeconds(const Settings& settings, size_t key_count) {
  // Loading, preparing operations and checking answers: measured once, and good
  // enough until the progress bar knows the real pace.
  constexpr double kPreparationSeconds = 0.15;
  constexpr double kSecondsPerKey = 0.05e-6;
  return static_cast<double>(TrialCount(settings)) *
         (SecondsPerTrial(settings) + kPreparationSeconds +
          kSecondsPerKey * static_cast<double>(key_count));
}

absl::StatusOr<std::vector<Trial>> RunTournament(const AnyKeySet& key_set,
                                                 const Settings& settings,
                                                 const TickClock& clock,
                                                 RaceObserver& observer) {
  Recorder recorder(observer);
  for (const size_t thread_count : settings.thread_counts) {
    RaceSettings race{.mixes = settings.mixes,
                      .thread_count = thread_count,
                      .seconds_per_mix = SecondsPerTrial(settings),
                      .seed = settings.seed,
                      .value_bytes = settings.value_bytes,
                      .clock = &clock};
    const std::vector<const Contestant*> maps = MapsFor(settings, thread_count);
    for (size_t repeat = 0; repeat < settings.repeats; ++repeat) {
      race.measures_memory = repeat == 0;
      for (size_t i = 0; i < maps.size(); ++i) {
        // Another map goes first each time: a machine that slows down or
        // speeds up favours none.
        const Contestant& map = *maps[(i + repeat) % maps.size()];
        const absl::Status status = std::visit(
            [&]<class Set>(const Set& set) {
              return map.RaceOn<Set>(settings.value_bytes)(set, race, recorder);
            },
            key_set);
        if (!status.ok()) return status;
      }
    }
  }
  return std::move(recorder.trials());
}

}  // namespace pma::bench
