// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/pma.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

void AddPmaTypes(Contestant& contestant) { AddTypedRaces<Pma>(contestant); }

}  // namespace pma::bench
