// SPDX-License-Identifier: Apache-2.0

#include "bench/adapters/tbb.h"

#include "bench/adapters/contestants.h"
#include "bench/contestant.h"
#include "bench/race.h"

namespace pma::bench {

Contestant TbbContestant() { return MakeContestant<Tbb>(); }

}  // namespace pma::bench
