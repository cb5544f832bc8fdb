// SPDX-License-Identifier: Apache-2.0

#include "bench/adapters/std_shared_mutex.h"

#include "bench/adapters/contestants.h"
#include "bench/contestant.h"
#include "bench/race.h"

namespace pma::bench {

Contestant StdSharedMutexContestant() {
  return MakeContestant<StdSharedMutex>();
}

}  // namespace pma::bench
