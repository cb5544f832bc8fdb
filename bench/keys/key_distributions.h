// SPDX-License-Identifier: Apache-2.0

// Keys that are not random bits: the shapes that keys of real tables have. Each
// is generated, so that nobody needs a file of many gigabytes, and only looks
// like the data that it is named after.

#ifndef BENCH_KEYS_KEY_DISTRIBUTIONS_H_
#define BENCH_KEYS_KEY_DISTRIBUTIONS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pma::bench {

// Each function returns `count` distinct keys in the order in which they
// arrive: the same for the same seed.

// 64 random bits.
std::vector<uint64_t> UniformKeys(size_t count, uint64_t seed);

// Times of events in nanoseconds, one in a thousand on average, each on its way
// for up to kJitterEvents events: so a key arrives at most that many places
// from where ascending order has it.
inline constexpr size_t kJitterEvents = 64;
std::vector<uint64_t> TimestampKeys(size_t count, uint64_t seed);

// 0 to count - 1 in random order.
std::vector<uint64_t> DenseKeys(size_t count, uint64_t seed);

// Places on a map, as the cells of OpenStreetMap data: points around towns,
// some towns a thousand times as large as others, numbered along a curve that
// fills the plane (Morton's; that of the data is Hilbert's). In random order.
std::vector<uint64_t> ClusteredKeys(size_t count, uint64_t seed);

// 10^9 exp(x), x normal with deviation 2, rounded down. In random order.
std::vector<uint64_t> LognormalKeys(size_t count, uint64_t seed);

// Below 2^40 but for a few from 2^60 on, as the user numbers of Facebook in the
// SOSD benchmark: 21, or one in a hundred if that is less. In random order.
inline constexpr size_t kMostOutliers = 21;
std::vector<uint64_t> OutlierKeys(size_t count, uint64_t seed);

struct KeyDistribution {
  std::string_view name;         // what --keys= calls it
  std::string_view title;        // what tables call it
  std::string_view description;  // one sentence
  std::vector<uint64_t> (*make)(size_t count, uint64_t seed);
};

// All of them, uniform first.
std::span<const KeyDistribution> KeyDistributions();

}  // namespace pma::bench

#endif  // BENCH_KEYS_KEY_DISTRIBUTIONS_H_
