// SPDX-License-Identifier: Apache-2.0

#include "bench/adapters/absl_shared_mutex.h"

#include "bench/adapters/contestants.h"
#include "bench/contestant.h"
#include "bench/race.h"

namespace pma::bench {

Contestant AbslSharedMutexContestant() {
  return MakeContestant<AbslSharedMutex>();
}

}  // namespace pma::bench
