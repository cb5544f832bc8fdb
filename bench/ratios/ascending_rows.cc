// SPDX-License-Identifier: Apache-2.0

// The rows about two threads that load ascending keys side by side: always at
// the same end of the map, as the writers of a log or of a queue are.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/keys/key_distributions.h"
#include "bench/ratios/contest.h"
#include "bench/ratios/player.h"
#include "bench/ratios/ratio_result.h"
#include "bench/ratios/rounds.h"

namespace pma::bench {
namespace {

// Blocks of keys dealt out to threads in turn, once and for all: dealing while
// they run would have them meet at the dealer. So a thread on a slow processor
// is the last to end.
std::vector<std::vector<uint64_t>> InTurn(const std::vector<uint64_t>& keys,
                                          size_t threads, size_t block) {
  std::vector<std::vector<uint64_t>> parts(threads);
  for (size_t i = 0; i < keys.size(); ++i) {
    parts[i / block % threads].push_back(keys[i]);
  }
  return parts;
}

}  // namespace

void Contest::AscendingLoadsByTwoThreads() {
  const size_t count = std::min(settings_.key_count, size_t{1} << 19);
  std::vector<uint64_t> ascending(count);
  std::iota(ascending.begin(), ascending.end(), uint64_t{1});
  const struct {
    std::string_view how;
    std::vector<uint64_t> keys;
    size_t block;
  } kinds[] = {{"ascending keys, interleaved singly", ascending, 1},
               {"ascending keys, interleaved in blocks of 256", ascending, 256},
               {"timestamps with jitter", TimestampKeys(count, /*seed=*/1), 1}};

  std::vector<Player*> players;
  for (Player* player : Playing()) {
    if (IsLockedInParts(*player)) players.push_back(player);
  }
  // Each map is three contestants.
  const std::vector<std::vector<int>> places = TwoThreadsAndEachAlone();
  for (const auto& kind : kinds) {
    std::vector<std::vector<std::vector<uint64_t>>> parts;
    for (const std::vector<int>& place : places) {
      parts.push_back(InTurn(kind.keys, place.size(), kind.block));
    }
    const Samples samples = PlayFor(
        players.size() * places.size(), settings_.seconds / 40,
        [&](size_t contestant, size_t) {
          Player& player = *players[contestant / places.size()];
          const size_t p = contestant % places.size();
          player.Reset();
          std::atomic<uint64_t> inserted{0};
          const double spent = NanosecondsOnThreads(
              places[p].size(),
              [&](size_t t) { inserted.fetch_add(player.Insert(parts[p][t])); },
              places[p]);
          Expect(inserted.load() == count, player, "ascending load");
          return spent / static_cast<double>(count);
        });
    const std::string what = absl::StrCat("two threads load ", kind.how);
    Samples together;
    for (size_t i = 0; i < players.size(); ++i) {
      const auto first = samples.begin() + i * places.size();
      AddAgainstOneThread(
          {.what = i == 0 ? what
                          : absl::StrCat(what, " (", players[i]->name(), ")")},
          Samples(first, first + places.size()));
      together.push_back(*first);
    }
    if (players.size() < 2) continue;
    AddComparison({.group = "threads",
                   .what = absl::StrCat(what, ", beside another map's two")},
                  players, together);
  }
  for (Player* player : players) player->Reset();
}

}  // namespace pma::bench
