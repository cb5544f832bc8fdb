// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/pma.h"

#include <cstdint>
#include <functional>

#include "bench/keys/row.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

Contestant PmaContestant() {
  Contestant contestant = MakeContestant<Pma>();
  AddRowRace<Pma<uint64_t, std::less<>, Row>>(contestant);
  AddPmaTypes(contestant);
  return contestant;
}

}  // namespace pma::bench
