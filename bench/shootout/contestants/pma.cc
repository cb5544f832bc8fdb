// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/pma.h"

#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

Contestant PmaContestant() {
  Contestant contestant = MakeContestant<Pma>();
  AddPmaTypes(contestant);
  return contestant;
}

}  // namespace pma::bench
