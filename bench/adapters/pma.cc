// SPDX-License-Identifier: Apache-2.0

#include "bench/adapters/pma.h"

#include "bench/adapters/contestants.h"
#include "bench/contestant.h"
#include "bench/race.h"

namespace pma::bench {

Contestant PmaContestant() { return MakeContestant<Pma>(); }

}  // namespace pma::bench
