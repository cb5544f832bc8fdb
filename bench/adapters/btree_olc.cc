// SPDX-License-Identifier: Apache-2.0

#include "bench/adapters/btree_olc.h"

#include "bench/adapters/contestants.h"
#include "bench/contestant.h"
#include "bench/race.h"

namespace pma::bench {

Contestant BtreeOlcContestant() { return MakeContestant<BtreeOlc>(); }

}  // namespace pma::bench
