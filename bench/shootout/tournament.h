// SPDX-License-Identifier: Apache-2.0

// All maps against each other: runs every race that the settings ask for.

#ifndef BENCH_SHOOTOUT_TOURNAMENT_H_
#define BENCH_SHOOTOUT_TOURNAMENT_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/keys/key_set.h"
#include "bench/measure/tick_clock.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/result.h"
#include "bench/shootout/settings.h"

namespace pma::bench {

// How many trials there will be.
size_t TrialCount(const Settings& settings);

// How long one of them is on the clock.
double SecondsPerTrial(const Settings& settings);

// A first guess at the wall time, loading and checking included.
double ExpectedSeconds(const Settings& settings, size_t key_count);

// Stops at the first wrong answer, with an error.
absl::StatusOr<std::vector<Trial>> RunTournament(const AnyKeySet& key_set,
                                                 const Settings& settings,
                                                 const TickClock& clock,
                                                 RaceObserver& observer);

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_TOURNAMENT_H_
