// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/absl_shared_mutex.h"

#include <cstdint>
#include <functional>

#include "bench/keys/row.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

Contestant AbslSharedMutexContestant() {
  Contestant contestant = MakeContestant<AbslSharedMutex>();
  AddRowRace<AbslSharedMutex<uint64_t, std::less<>, Row>>(contestant);
  AddAbslSharedMutexTypes(contestant);
  return contestant;
}

}  // namespace pma::bench
