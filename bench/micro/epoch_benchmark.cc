// SPDX-License-Identifier: Apache-2.0

// What a guard costs, by itself and around a load, with the light fence of
// systems that have membarrier(2) and with a full fence of its own; and what
// the collecting side pays for the former.

#include <atomic>
#include <cstdint>

#include "benchmark/benchmark.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/reclaim/epoch.h"
#include "pma/internal/reclaim/limbo.h"

namespace pma::bench {
namespace {

struct FullFencePlatform : internal::RealPlatform {
  static bool HasLightFence() { return false; }
  static bool FenceHeavy() {
    FenceSeqCst();
    return true;
  }
};
using LightFencePlatform = internal::RealPlatform;

// Says so if this system has no light fence and the figures are those of full
// ones.
void Label(benchmark::State& state) {
  if (!internal::RealPlatform::HasLightFence()) {
    state.SetLabel("no membarrier here");
  }
}

template <class Platform>
void PinAndUnpin(benchmark::State& state) {
  for (auto _ : state) {
    internal::Guard<Platform> guard;
    benchmark::DoNotOptimize(&guard.record());
  }
  Label(state);
}
BENCHMARK(PinAndUnpin<LightFencePlatform>);
BENCHMARK(PinAndUnpin<FullFencePlatform>);

// As a read does: pin, load a pointer, make sure that it is covered.
template <class Platform>
void PinLoadAndUnpin(benchmark::State& state) {
  static std::atomic<uint64_t*> shared{new uint64_t(7)};
  for (auto _ : state) {
    internal::Guard<Platform> guard;
    uint64_t* found;
    do {
      found = shared.load(std::memory_order_acquire);
    } while (!guard.Covers());
    benchmark::DoNotOptimize(*found);
  }
  Label(state);
}
BENCHMARK(PinLoadAndUnpin<LightFencePlatform>);
BENCHMARK(PinLoadAndUnpin<FullFencePlatform>);

template <class Platform>
void NestedPinAndUnpin(benchmark::State& state) {
  internal::Guard<Platform> outer;
  for (auto _ : state) {
    internal::Guard<Platform> guard;
    benchmark::DoNotOptimize(&guard.record());
  }
  Label(state);
}
BENCHMARK(NestedPinAndUnpin<LightFencePlatform>);

template <class Platform>
void HeavyFence(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Platform::FenceHeavy());
  Label(state);
}
BENCHMARK(HeavyFence<LightFencePlatform>);
BENCHMARK(HeavyFence<FullFencePlatform>);

// A box's way from its making to its end, collections included.
template <class Platform>
void RetireAndCollect(benchmark::State& state) {
  struct Object : internal::Retirable {};
  const auto free = [](internal::Retirable* object, size_t) {
    delete static_cast<Object*>(object);
    return sizeof(Object);
  };
  internal::Limbo<Platform, 1, internal::Every<256>> limbo;
  for (auto _ : state) {
    internal::Guard<Platform> guard;
    auto* object = new Object;
    object->stamp = internal::EpochClock<Platform>::Now();
    if (limbo.Retire(object, 0, sizeof(Object))) limbo.Collect(nullptr, free);
  }
  limbo.CollectAll(free);
  Label(state);
}
BENCHMARK(RetireAndCollect<LightFencePlatform>);
BENCHMARK(RetireAndCollect<FullFencePlatform>);

}  // namespace
}  // namespace pma::bench

BENCHMARK_MAIN();
