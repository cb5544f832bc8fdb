// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/tbb.h"

#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

Contestant TbbContestant() { return MakeContestant<Tbb>(); }

}  // namespace pma::bench
