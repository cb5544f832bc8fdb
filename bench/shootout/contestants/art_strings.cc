// SPDX-License-Identifier: Apache-2.0

#include "bench/maps/art_strings.h"

#include <string>

#include "bench/keys/key_set.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/race.h"

namespace pma::bench {

Contestant ArtStringsContestant() {
  Contestant contestant = {.name = ArtStrings::kName,
                           .description = ArtStrings::kDescription};
  contestant.Race<KeySet<std::string>>() = &RaceMap<ArtStrings>;
  return contestant;
}

}  // namespace pma::bench
