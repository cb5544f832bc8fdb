// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/contestants/contestants.h"

#include <array>
#include <span>
#include <string_view>

#include "bench/shootout/contestant.h"

namespace pma::bench {

std::span<const Contestant> AllContestants() {
  static const std::array kContestants = {PmaContestant(),
                                          AbslSharedMutexContestant(),
                                          StdSharedMutexContestant(),
                                          TbbContestant(),
                                          BtreeOlcContestant(),
                                          ArtStringsContestant(),
                                          LibcdsContestant(),
                                          AbslBtreeContestant()};
  return kContestants;
}

const Contestant* FindContestant(std::string_view name) {
  for (const Contestant& contestant : AllContestants()) {
    if (contestant.name == name) return &contestant;
  }
  return nullptr;
}

}  // namespace pma::bench
