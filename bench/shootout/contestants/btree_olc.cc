// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/btree_olc.h"

#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

Contestant BtreeOlcContestant() { return MakeContestant<BtreeOlc>(); }

}  // namespace pma::bench
