// SPDX-License-Identifier: Apache-2.0

#include "bench/ratios/player.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/maps/absl_btree.h"
#include "bench/maps/absl_shared_mutex.h"
#include "bench/maps/art_olc.h"
#include "bench/maps/btree_olc.h"
#include "bench/maps/libcds.h"
#include "bench/maps/pma.h"
#include "bench/maps/std_shared_mutex.h"
#include "bench/maps/tbb.h"
#include "bench/ratios/map_player.h"

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
