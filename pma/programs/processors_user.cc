// SPDX-License-Identifier: Apache-2.0

// A user's source file, of which RUN is the name of its function: the same maps
// whatever the compiler may use.

#include <cstdint>
#include <string>

#include "pma/concurrent_map.h"

namespace {

template <class Key, class Value, class MakeKey, class MakeValue>
bool Use(MakeKey make_key, MakeValue make_value) {
  pma::ConcurrentMap<Key, Value> map;
  constexpr std::uint64_t kEntries = 30000;
  bool right = true;
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    right &= map.insert(make_key(i * 7919 % kEntries), make_value(i));
  }
  for (std::uint64_t i = 0; i < kEntries; i += 3) {
    right &= map.erase(make_key(i));
  }
  std::size_t seen = 0;
  map.scan([&](const Key&, const Value&) { ++seen; });
  right &= seen == kEntries - kEntries / 3 && map.size() == seen;
  right &= map.contains(make_key(1)) && !map.contains(make_key(3));
  right &= map.floor(make_key(kEntries / 2)).has_value();
  right &=
      map.scan(make_key(1), make_key(5), [](const Key&, const Value&) {}) > 0;
  map.clear();
  return right && map.empty();
}

}  // namespace

extern "C" bool RUN() {
  const auto same = [](std::uint64_t i) { return i; };
  const auto word = [](std::uint64_t i) { return std::to_string(1000000 + i); };
  return Use<std::uint64_t, std::uint64_t>(same, same) &&
         Use<std::string, std::string>(word, word);
}
