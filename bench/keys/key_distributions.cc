// SPDX-License-Identifier: Apache-2.0

#include "bench/keys/key_distributions.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "bench/keys/random.h"
#include "bench/keys/zipf.h"

namespace pma::bench {
namespace {

// Moves a key that is there already up to the next free number. Requires fewer
// keys than there are numbers above the largest.
void MakeDistinct(std::vector<uint64_t>& keys) {
  std::vector<size_t> ascending(keys.size());
  std::iota(ascending.begin(), ascending.end(), size_t{0});
  std::sort(ascending.begin(), ascending.end(), [&](size_t a, size_t b) {
    return keys[a] < keys[b] || (keys[a] == keys[b] && a < b);
  });
  for (size_t i = 1; i < keys.size(); ++i) {
    keys[ascending[i]] =
        std::max(keys[ascending[i]], keys[ascending[i - 1]] + 1);
  }
}

// Nearly normal with deviation 1: the sum of twelve, at most six away from 0.
double Normal(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.Unit();
  return sum;
}

// The bits of both in turn, the highest of y first.
uint64_t Interleave(uint32_t x, uint32_t y) {
  const auto spread = [](uint64_t bits) {
    bits = (bits | bits << 16) & 0x0000ffff0000ffff;
    bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
    bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
    bits = (bits | bits << 2) & 0x3333333333333333;
    return (bits | bits << 1) & 0x5555555555555555;
  };
  return spread(y) << 1 | spread(x);
}

// The plane is 2^31 wide and high.
constexpr double kPlane = 0x1p31;

struct Town {
  double x = 0;
  double y = 0;
  double radius = 0;
};

Town NewTown(Random& random) {
  return {.x = random.Unit() * kPlane,
          .y = random.Unit() * kPlane,
          .radius = std::exp2(12 + 8 * random.Unit())};
}

uint32_t NearTo(double center, double radius, Random& random) {
  return static_cast<uint32_t>(
      std::clamp(center + radius * Normal(random), 0.0, kPlane - 1));
}

constexpr KeyDistribution kDistributions[] = {
    {"uniform", "random bits", "Distinct uniformly random 64-bit integers.",
     &UniformKeys},
    {"timestamps", "timestamps with jitter",
     "Times of events in nanoseconds, about one a microsecond.",
     &TimestampKeys},
    {"dense", "dense keys, shuffled", "All numbers from 0 on.", &DenseKeys},
    {"clusters", "clusters of places (like OSM)",
     "Generated places around towns, numbered along a curve as the cells of "
     "OpenStreetMap data.",
     &ClusteredKeys},
    {"lognormal", "lognormal", "Numbers whose logarithms are nearly normal.",
     &LognormalKeys},
    {"outliers", "one range, far outliers (like FB)",
     "Random numbers below 2^40 and a few of at least 2^60, as Facebook's user "
     "numbers in SOSD.",
     &OutlierKeys},
};

}  // namespace

// A bijection of distinct numbers needs no search for duplicates.
std::vector<uint64_t> UniformKeys(size_t count, uint64_t seed) {
  std::vector<uint64_t> keys(count);
  const uint64_t start = Random(seed).Next();
  for (uint64_t i = 0; i < count; ++i) keys[i] = Mix64(start + i);
  return keys;
}

std::vector<uint64_t> TimestampKeys(size_t count, uint64_t seed) {
  constexpr uint64_t kSpacing = 1000;
  constexpr uint64_t kStart = 1'700'000'000'000'000'000;  // November 2023
  Random random(seed);
  std::vector<uint64_t> keys(count);
  for (uint64_t i = 0; i < count; ++i) {
    keys[i] =
        kStart + i * kSpacing + random.Below((kJitterEvents - 1) * kSpacing);
  }
  MakeDistinct(keys);
  return keys;
}

std::vector<uint64_t> DenseKeys(size_t count, uint64_t seed) {
  std::vector<uint64_t> keys(count);
  std::iota(keys.begin(), keys.end(), uint64_t{0});
  Random random(seed);
  Shuffle(keys, random);
  return keys;
}

std::vector<uint64_t> ClusteredKeys(size_t count, uint64_t seed) {
  constexpr size_t kMeanPlaces = 1000;  // of a town
  Random random(seed);
  std::vector<Town> towns(count / kMeanPlaces + 1);
  for (Town& town : towns) town = NewTown(random);
  const Zipf popularity(towns.size());
  std::vector<uint64_t> keys(count);
  for (uint64_t& key : keys) {
    const Town& town = towns[popularity(random)];
    const uint32_t x = NearTo(town.x, town.radius, random);
    key = Interleave(x, NearTo(town.y, town.radius, random));
  }
  MakeDistinct(keys);
  return keys;
}

std::vector<uint64_t> LognormalKeys(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<uint64_t> keys(count);
  for (uint64_t& key : keys) {
    key = static_cast<uint64_t>(1e9 * std::exp(2 * Normal(random)));
  }
  MakeDistinct(keys);
  return keys;
}

std::vector<uint64_t> OutlierKeys(size_t count, uint64_t seed) {
  constexpr uint64_t kRange = uint64_t{1} << 40;
  constexpr uint64_t kFar = uint64_t{1} << 60;
  const size_t outliers = std::min(kMostOutliers, count / 100);
  Random random(seed);
  std::vector<uint64_t> keys(count);
  for (size_t i = 0; i < count; ++i) {
    keys[i] =
        i < outliers ? random.Between(kFar, 7 * kFar) : random.Below(kRange);
  }
  MakeDistinct(keys);
  Shuffle(keys, random);
  return keys;
}

std::span<const KeyDistribution> KeyDistributions() { return kDistributions; }

}  // namespace pma::bench
