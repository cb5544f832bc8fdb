// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/absl_btree.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

void AddAbslBtreeTypes(Contestant& contestant) {
  AddTypedRaces<AbslBtree>(contestant);
}

}  // namespace pma::bench
