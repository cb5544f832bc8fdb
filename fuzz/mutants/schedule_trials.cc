// SPDX-License-Identifier: Apache-2.0

// Two layers on the simulator: any interleaving, with newest values only
// (interleavings) or with every old value that the memory model allows (stale).
//
// The name ends with how keys and values are stored ("stale-boxed-keys"), which
// says what the map it is linked with must be compiled for.

#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/map_programs/execute.h"
#include "fuzz/map_programs/program.h"
#include "fuzz/map_programs/random_program.h"
#include "fuzz/mutants/judge.h"
#include "fuzz/sim/simulation.h"

namespace pma::mutants {
namespace {

using map_programs::Storage;

template <bool kStale, Storage kStorage>
std::string Run(uint64_t number) {
  // Never destroyed: the simulated heap must outlive what static destructors
  // give back to it.
  static auto& simulation = *new sim::Simulation;
  map_programs::Program program = map_programs::RandomProgram(number);
  program.stale = kStale;
  program.storage = kStorage;
  return map_programs::Execute(simulation, program).failure;
}

struct Row {
  std::string_view name;
  Trial trial;
};

constexpr Row kLayers[] = {
    {"interleavings-inline", Run<false, Storage::kInline>},
    {"interleavings-boxed-values", Run<false, Storage::kLongKeyAndBoxedValue>},
    {"interleavings-boxed-keys", Run<false, Storage::kBoxedKey>},
    {"interleavings-boxed", Run<false, Storage::kTextAndBoxedValue>},
    {"stale-inline", Run<true, Storage::kInline>},
    {"stale-boxed-values", Run<true, Storage::kLongKeyAndBoxedValue>},
    {"stale-boxed-keys", Run<true, Storage::kBoxedKey>},
    {"stale-boxed", Run<true, Storage::kTextAndBoxedValue>},
};

}  // namespace

Trial FindLayer(std::string_view name) {
  for (const Row& row : kLayers) {
    if (row.name == name) return row.trial;
  }
  return nullptr;
}

std::string_view LayerNames() {
  return "interleavings-STORAGE, stale-STORAGE, where STORAGE is inline, "
         "boxed-values, boxed-keys, boxed";
}

}  // namespace pma::mutants
