// SPDX-License-Identifier: Apache-2.0

// The maps that can race. To add one: an adapter file pair, a line here and a
// line in contestants.cc.

#ifndef BENCH_ADAPTERS_CONTESTANTS_H_
#define BENCH_ADAPTERS_CONTESTANTS_H_

#include <span>
#include <string_view>

#include "bench/contestant.h"

namespace pma::bench {

Contestant PmaContestant();
Contestant AbslSharedMutexContestant();
Contestant StdSharedMutexContestant();
Contestant TbbContestant();
Contestant BtreeOlcContestant();
Contestant LibcdsContestant();
Contestant AbslBtreeContestant();

std::span<const Contestant> AllContestants();

// Null when there is no such map.
const Contestant* FindContestant(std::string_view name);

}  // namespace pma::bench

#endif  // BENCH_ADAPTERS_CONTESTANTS_H_
