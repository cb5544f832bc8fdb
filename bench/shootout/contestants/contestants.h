// SPDX-License-Identifier: Apache-2.0

// The maps that can race. To add one: an adapter in bench/maps, a file here and
// a line here and in contestants.cc.

#ifndef BENCH_SHOOTOUT_CONTESTANTS_CONTESTANTS_H_
#define BENCH_SHOOTOUT_CONTESTANTS_CONTESTANTS_H_

#include <span>
#include <string_view>

#include "bench/shootout/contestant.h"

namespace pma::bench {

Contestant PmaContestant();
Contestant AbslSharedMutexContestant();
Contestant StdSharedMutexContestant();
Contestant TbbContestant();
Contestant BtreeOlcContestant();
Contestant ArtStringsContestant();
Contestant LibcdsContestant();
Contestant AbslBtreeContestant();

// The races on keys of other types than integers and strings: in files of their
// own, since they take long to compile.
void AddPmaTypes(Contestant& contestant);
void AddAbslSharedMutexTypes(Contestant& contestant);
void AddAbslBtreeTypes(Contestant& contestant);

std::span<const Contestant> AllContestants();

// Null when there is no such map.
const Contestant* FindContestant(std::string_view name);

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_CONTESTANTS_CONTESTANTS_H_
