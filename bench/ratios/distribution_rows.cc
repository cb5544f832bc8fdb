// SPDX-License-Identifier: Apache-2.0

// The rows about keys that are not random bits.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/keys/key_distributions.h"
#include "bench/keys/random.h"
#include "bench/ratios/contest.h"
#include "bench/ratios/player.h"
#include "bench/ratios/ratio_result.h"
#include "bench/ratios/rounds.h"

namespace pma::bench {

void Contest::Distributions() {
  // A million: the shape of the keys is the question, not their number.
  const size_t count = std::min(settings_.key_count, size_t{1'000'000});
  const std::vector<Player*> players = Playing();
  for (const KeyDistribution& distribution : KeyDistributions().subspan(1)) {
    const std::vector<uint64_t> keys = distribution.make(count, /*seed=*/1);
    Random random(3);
    std::vector<uint64_t> hits(16 * kSlice);
    for (uint64_t& key : hits) key = keys[random.Below(count)];

    for (Player* player : players) player->Reset();
    AddComparison(
        {.group = "distributions",
         .what = absl::StrCat("load, ", distribution.title)},
        players,
        PlayRounds(players.size(), kBuildRounds, [&](size_t p, size_t round) {
          return InsertRound(*players[p], keys, round);
        }));
    AddComparison({.group = "distributions",
                   .what = absl::StrCat("hit, ", distribution.title)},
                  players,
                  PlayFor(players.size(), settings_.seconds / 60,
                          [&](size_t p, size_t round) {
                            const Keys slice = SliceOf(hits, round);
                            std::atomic<uint64_t> sum{0};
                            const double cost = PerKey(slice, [&](Keys part) {
                              sum.fetch_add(players[p]->Find(part));
                            });
                            Expect(sum.load() == ChecksumOf(slice), *players[p],
                                   "find");
                            return cost;
                          }));
  }
  for (const auto& player : players_) player->Reset();
}

}  // namespace pma::bench
