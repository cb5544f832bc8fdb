// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/absl_btree.h"

#include <cstdint>
#include <functional>

#include "bench/keys/row.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

Contestant AbslBtreeContestant() {
  Contestant contestant = MakeContestant<AbslBtree>();
  AddRowRace<AbslBtree<uint64_t, std::less<>, Row>>(contestant);
  AddAbslBtreeTypes(contestant);
  return contestant;
}

}  // namespace pma::bench
