// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/std_shared_mutex.h"

#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

Contestant StdSharedMutexContestant() {
  return MakeContestant<StdSharedMutex>();
}

}  // namespace pma::bench
