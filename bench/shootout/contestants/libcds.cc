// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/libcds.h"

#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

Contestant LibcdsContestant() {
  Contestant contestant = MakeContestant<Libcds>();
  // Half the mixes are beyond it, and it was never near the best in the rest.
  contestant.by_default = false;
  return contestant;
}

}  // namespace pma::bench
