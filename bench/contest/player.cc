// SPDX-License-Identifier: Apache-2.0

#include "bench/contest/player.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/adapters/absl_btree.h"
#include "bench/adapters/absl_shared_mutex.h"
#include "bench/adapters/art_olc.h"
#include "bench/adapters/btree_olc.h"
#include "bench/adapters/libcds.h"
#include "bench/adapters/pma.h"
#include "bench/adapters/std_shared_mutex.h"
#include "bench/adapters/tbb.h"
#include "bench/contest/map_player.h"

namespace pma::bench {
namespace {

using Maker = std::unique_ptr<Player> (*)();

template <template <class> class Map>
std::unique_ptr<Player> Make() {
  return std::make_unique<MapPlayer<Map<uint64_t>>>();
}

struct Entry {
  std::string_view name;
  Maker make;
  bool single_threaded;
};

template <template <class> class Map>
constexpr Entry EntryOf() {
  return {Map<uint64_t>::kName, &Make<Map>, Map<uint64_t>::kSingleThreaded};
}

constexpr Entry kEntries[] = {
    EntryOf<Pma>(),       EntryOf<AbslSharedMutex>(), EntryOf<BtreeOlc>(),
    EntryOf<ArtOlcMap>(), EntryOf<StdSharedMutex>(),  EntryOf<Tbb>(),
    EntryOf<Libcds>(),    EntryOf<AbslBtree>()};

}  // namespace

std::unique_ptr<Player> MakePlayer(std::string_view name) {
  for (const Entry& entry : kEntries) {
    if (entry.name == name) return entry.make();
  }
  return nullptr;
}

std::vector<std::unique_ptr<Player>> MakePlayers(
    const std::vector<std::string>& names) {
  std::vector<std::unique_ptr<Player>> players;
  for (const std::string& name : names) players.push_back(MakePlayer(name));
  return players;
}

std::vector<std::string> PlayerNames() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) {
    if (!entry.single_threaded) names.emplace_back(entry.name);
  }
  return names;
}

}  // namespace pma::bench
