// SPDX-License-Identifier: Apache-2.0

// The types of keys that programs have, beside 64-bit integers and strings, and
// each one's image: a number with the order of the keys. By it keys are drawn,
// and gaps between them found, whatever their type is.

#ifndef BENCH_KEYS_KEY_TYPES_H_
#define BENCH_KEYS_KEY_TYPES_H_

#include <chrono>
#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>
#include <utility>

#include "bench/keys/random.h"

namespace pma::bench {

__extension__ using Uint128 = unsigned __int128;

// Sixteen bytes, in the order in which they are written.
struct Uuid {
  uint64_t high = 0;
  uint64_t low = 0;

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

// Two small numbers, as of a shard and an entry.
using Composite = std::pair<uint32_t, uint32_t>;

// A tenant, and a time of it in nanoseconds.
using TenantTime = std::pair<uint64_t, uint64_t>;

using TimePoint = std::chrono::sys_time<std::chrono::nanoseconds>;

// ---- Images -----------------------------------------------------------------

// The image of keys of one type in one order: Of(key) < Of(other) if key comes
// before other. Every number up to kGreatest is the image of one key.
template <class Key, class Order>
struct KeyImage;

// What the images of keys of at most 64 bits have in common.
struct WordImage {
  using Number = uint64_t;
  static constexpr Number kGreatest = ~Number{0};
};
struct TwoWordImage {
  using Number = Uint128;
  static constexpr Number kGreatest = ~Number{0};
};

template <>
struct KeyImage<uint64_t, std::less<>> : WordImage {
  static Number Of(uint64_t key) { return key; }
  static uint64_t KeyOf(Number number) { return number; }
};

template <>
struct KeyImage<uint64_t, std::greater<>> : WordImage {
  static Number Of(uint64_t key) { return ~key; }
  static uint64_t KeyOf(Number number) { return ~number; }
};

template <>
struct KeyImage<Composite, std::less<>> : WordImage {
  static Number Of(const Composite& key) {
    return Number{key.first} << 32 | key.second;
  }
  static Composite KeyOf(Number number) {
    return {static_cast<uint32_t>(number >> 32), static_cast<uint32_t>(number)};
  }
};

template <>
struct KeyImage<TimePoint, std::less<>> : WordImage {
  static constexpr Number kSign = Number{1} << 63;
  static Number Of(const TimePoint& key) {
    return static_cast<Number>(key.time_since_epoch().count()) ^ kSign;
  }
  static TimePoint KeyOf(Number number) {
    return TimePoint(
        std::chrono::nanoseconds(static_cast<int64_t>(number ^ kSign)));
  }
};

template <>
struct KeyImage<Uuid, std::less<>> : TwoWordImage {
  static Number Of(const Uuid& key) { return Number{key.high} << 64 | key.low; }
  static Uuid KeyOf(Number number) {
    return {static_cast<uint64_t>(number >> 64), static_cast<uint64_t>(number)};
  }
};

template <>
struct KeyImage<TenantTime, std::less<>> : TwoWordImage {
  static Number Of(const TenantTime& key) {
    return Number{key.first} << 64 | key.second;
  }
  static TenantTime KeyOf(Number number) {
    return {static_cast<uint64_t>(number >> 64), static_cast<uint64_t>(number)};
  }
};

// One of the types above.
template <class Key>
concept TypedKey = !std::same_as<Key, uint64_t> && requires(const Key& key) {
  KeyImage<Key, std::less<>>::Of(key);
};

// ---- Keys drawn -------------------------------------------------------------

// Each type's key number `i`: distinct ones for distinct numbers, in random
// order and the same everywhere.

// The finaliser of MurmurHash3: a bijection, as Mix64 is.
constexpr uint32_t Mix32(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85ebca6bu;
  x = (x ^ (x >> 13)) * 0xc2b2ae35u;
  return x ^ (x >> 16);
}

template <class Key>
Key TypedKeyOf(uint32_t i);

// Random, all of version 4.
template <>
inline Uuid TypedKeyOf(uint32_t i) {
  constexpr uint64_t kVersionBits = 0xf000;
  constexpr uint64_t kVersion = 0x4000;
  constexpr uint64_t kVariant = uint64_t{1} << 63;
  const uint64_t high = Mix64(i);
  const uint64_t low = Mix64(high) >> 34 << 32 | Mix32(i);
  return {(high & ~kVersionBits) | kVersion, kVariant | low};
}

// A thousand numbers, and entries of each.
template <>
inline Composite TypedKeyOf(uint32_t i) {
  return {static_cast<uint32_t>(Mix64(i) % 1000), Mix32(i)};
}

// A thousand tenants, whose times lie in a year.
template <>
inline TenantTime TypedKeyOf(uint32_t i) {
  constexpr uint64_t kStart = 1'700'000'000'000'000'000;  // November 2023
  const uint64_t bits = Mix64(i);
  return {1'000'000 + bits % 1000,
          kStart + (uint64_t{Mix32(i)} << 23 | bits >> 41)};
}

// Within 292 years of 1970.
template <>
inline TimePoint TypedKeyOf(uint32_t i) {
  return TimePoint(std::chrono::nanoseconds(static_cast<int64_t>(Mix64(i))));
}

template <>
inline uint64_t TypedKeyOf(uint32_t i) {
  return Mix64(i);
}

}  // namespace pma::bench

#endif  // BENCH_KEYS_KEY_TYPES_H_
