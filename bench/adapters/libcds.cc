// SPDX-License-Identifier: Apache-2.0

#include "bench/adapters/libcds.h"

#include "bench/adapters/contestants.h"
#include "bench/contestant.h"
#include "bench/race.h"

namespace pma::bench {

Contestant LibcdsContestant() {
  Contestant contestant = MakeContestant<Libcds>();
  // Half the mixes are beyond it, and it was never near the best in the rest.
  contestant.by_default = false;
  return contestant;
}

}  // namespace pma::bench
