// SPDX-License-Identifier: Apache-2.0

// A user's program that uses the whole interface, with keys and values of all
// kinds: what no_warnings_test.sh compiles.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "pma/concurrent_map.h"
#include "pma/version.h"

namespace {

void Note(bool holds) { std::puts(holds ? "yes" : "no"); }

template <class Key, class Value>
std::size_t UseEverything(const Key& low, const Key& high, const Value& value) {
  pma::ConcurrentMap<Key, Value> map;
  std::size_t seen = 0;
  const auto show = [&seen](const Key&, const Value&) { ++seen; };
  map.insert(low, value);
  map.insert_or_assign(high, value);
  map.try_emplace(low, value);
  map.visit(low, [&seen](const Value&) { ++seen; });
  Note(map.contains(high) && map.find(low) && !map.empty());
  Note(map.first() && map.last() && map.floor(low) && map.ceiling(low));
  Note(map.lower(low) || map.higher(low));
  const Key keys[] = {low, high};
  std::optional<Value> values[2];
  map.find_batch(keys, values);
  map.scan(show);
  map.scan(low, high, show);
  map.scan_from(low, show);
  map.scan_n(low, 7, show);
  map.scan_reverse(low, high, show);
  map.erase(low);
  pma::ConcurrentMap<Key, Value> moved(std::move(map));
  map = std::move(moved);
  swap(map, moved);
  map.clear();
  seen += moved.size() + moved.memory_usage().allocated_bytes + moved.reclaim();
  return seen + moved.CheckInvariants().size();
}

}  // namespace

int main() {
  const std::string low = "low";
  const std::string high = "of more than a few characters";
  std::size_t seen = UseEverything<std::uint64_t, std::uint64_t>(1, 2, 3);
  seen += UseEverything<std::string, std::string>(high, low, low);

  // Literals and other types than the map's own.
  pma::ConcurrentMap<std::uint64_t, std::uint64_t> numbers;
  numbers.insert(1, 2);
  numbers.insert_or_assign(1, 3);
  Note(numbers.erase(1) || numbers.contains(2) || numbers.floor(3));
  pma::ConcurrentMap<std::string, std::string> words;
  words.insert("a", "b");
  Note(words.contains("a") || words.erase("b"));
  std::printf("%zu %d\n", seen, PMA_VERSION);
}
