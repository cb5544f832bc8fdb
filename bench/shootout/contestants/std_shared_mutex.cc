// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/std_shared_mutex.h"

#include <cstdint>

#include "bench/keys/row.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

Contestant StdSharedMutexContestant() {
  Contestant contestant = MakeContestant<StdSharedMutex>();
  AddRowRace<StdSharedMutex<uint64_t, Row>>(contestant);
  return contestant;
}

}  // namespace pma::bench
