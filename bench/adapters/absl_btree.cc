// SPDX-License-Identifier: Apache-2.0

#include "bench/adapters/absl_btree.h"

#include "bench/adapters/contestants.h"
#include "bench/contestant.h"
#include "bench/race.h"

namespace pma::bench {

Contestant AbslBtreeContestant() { return MakeContestant<AbslBtree>(); }

}  // namespace pma::bench
