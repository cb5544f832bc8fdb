// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/absl_shared_mutex.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

void AddAbslSharedMutexTypes(Contestant& contestant) {
  AddTypedRaces<AbslSharedMutex>(contestant);
}

}  // namespace pma::bench
