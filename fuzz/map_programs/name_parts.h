// SPDX-License-Identifier: Apache-2.0

// Names for the parts of a map, so that a trace of its accesses can be read.

#ifndef PMA_FUZZ_MAP_PROGRAMS_NAME_PARTS_H_
#define PMA_FUZZ_MAP_PROGRAMS_NAME_PARTS_H_

#include <cstddef>
#include <string>
#include <type_traits>

#include "fuzz/programs/sim_platform.h"
#include "fuzz/sim/simulation.h"
#include "pma/testing/map_peer.h"

namespace pma::map_programs {

// Names what the map's directory, as it now is, leads to. Changes nothing about
// the execution. Extents are told apart by their address.
template <class Map>
void NameParts(sim::Simulation& simulation, Map& map) {
  const sim::Simulation::Outside outside;
  for (auto* record = testing::MapPeer::Threads<programs::SimPlatform>();
       record != nullptr; record = record->next) {
    const std::string thread = "thread" + std::to_string(record->slot);
    simulation.Name(&record->low, thread + ".low");
    simulation.Name(&record->high, thread + ".high");
    simulation.Name(&record->fenced, thread + ".fenced");
    simulation.Name(&record->image_begin, thread + ".image_begin");
  }
  auto* const directory = testing::MapPeer::Tree(map).UnguardedDirectory();
  if (directory == nullptr) return;
  for (size_t e = 0; e < directory->count(); ++e) {
    auto* const extent = directory->extent(e);
    const std::string name =
        "extent" +
        std::to_string(reinterpret_cast<size_t>(extent) >> 6 & 0xfff);
    for (size_t s = 0; s < extent->capacity(); ++s) {
      auto& segment = extent->segment(s);
      const std::string at = name + "." + std::to_string(s);
      constexpr size_t kCells =
          std::remove_reference_t<decltype(segment)>::kCells;
      simulation.Name(&segment.word, at + ".word");
      simulation.Name(&segment.hint, at + ".hint");
      constexpr size_t kPivots =
          std::remove_reference_t<decltype(segment)>::kPivots;
      if constexpr (kPivots > 0) {
        simulation.NameArray(&segment.pivots, sizeof(segment.pivots) / kPivots,
                             kPivots, at + ".pivot");
      }
      simulation.NameArray(&segment.keys, sizeof(segment.keys) / kCells, kCells,
                           at + ".key");
      simulation.NameArray(&segment.values, sizeof(segment.values) / kCells,
                           kCells, at + ".value");
    }
  }
}

}  // namespace pma::map_programs

#endif  // PMA_FUZZ_MAP_PROGRAMS_NAME_PARTS_H_
