// SPDX-License-Identifier: Apache-2.0

// A user's program that uses the whole interface, with keys and values of all
// kinds, and names what gives a wrong answer: what //tools/platforms compiles
// with many compilers, and runs.

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pma/bytes.h"
#include "pma/concurrent_map.h"
#include "pma/concurrent_set.h"
#include "pma/key_encoding.h"
#include "pma/version.h"

namespace {

struct Quote {
  std::int32_t venue = 0;
  double price = 0;
  friend auto operator<=>(const Quote&, const Quote&) = default;
};

}  // namespace

template <>
struct pma::KeyEncoding<Quote>
    : pma::MembersEncoding<&Quote::venue, &Quote::price> {};

namespace {

int failures = 0;

void Expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("wrong: %s\n", what);
  ++failures;
}

// Of a map of `low` and `high`.
template <class Map, class Key, class Value>
void Read(const Map& map, const Key& low, const Key& high, const Value& value) {
  Expect(map.size() == 2 && !map.empty(), "size");
  Expect(map.find(low) == value && map.contains(high), "find");
  Expect(map.visit(low, [&](const Value& v) { Expect(v == value, "v"); }),
         "visit");
  const std::pair<Key, Value> first{low, value};
  const std::pair<Key, Value> last{high, value};
  Expect(map.first() == first && map.last() == last, "first, last");
  Expect(map.floor(low) == first && map.ceiling(high) == last, "floor");
  Expect(map.lower(high) == first && map.higher(low) == last, "lower, higher");
  Expect(!map.lower(low) && !map.higher(high), "no neighbour");
  const std::vector<Key> keys = {high, low};
  std::vector<std::optional<Value>> values(2);
  map.find_batch(keys, values);
  Expect(values[0] == value && values[1] == value, "find_batch");

  std::vector<Key> seen;
  const auto show = [&seen](const Key& key, const Value&) {
    seen.push_back(key);
  };
  Expect(map.scan(show) == 2 && seen == std::vector<Key>{low, high}, "scan");
  Expect(map.scan(low, high, show) == 1 && seen.back() == low, "scan between");
  Expect(map.scan_from(high, show) == 1 && seen.back() == high, "scan_from");
  Expect(map.scan_n(low, 7, show) == 2 && map.scan_n(low, 1, show) == 1,
         "scan_n");
  Expect(map.scan_reverse(low, high, show) == 1, "scan_reverse");
  Expect(map.scan([](const Key&, const Value&) { return false; }) == 1,
         "a scan that is ended");
}

template <class Key, class Value>
void UseEverything(const Key& low, const Key& high, const Value& value) {
  using Map = pma::ConcurrentMap<Key, Value>;
  Map map;
  Expect(map.insert(low, value) && !map.insert(low, value), "insert");
  Expect(map.insert_or_assign(high, value), "insert_or_assign");
  Expect(!map.try_emplace(low, value), "try_emplace");
  Read(map, low, high, value);
  Expect(map.key_comp()(low, high), "key_comp");
  Expect(Map(map.get_allocator()).empty(), "get_allocator");

  Map moved(std::move(map));
  Map other;
  other = std::move(moved);
  Map swapped;
  swap(swapped, other);
  Read(swapped, low, high, value);
  Expect(swapped.erase(low) && !swapped.erase(low), "erase");
  Expect(swapped.size() == 1, "size after erase");
  swapped.clear();
  Expect(swapped.empty() && swapped.reclaim() == 0, "clear, reclaim");
  Expect(swapped.memory_usage().allocated_bytes > 0, "memory_usage");
  Expect(swapped.CheckInvariants().empty(), "CheckInvariants");
}

// Enough entries for many segments, by two threads.
template <class Key, class Value, class ToKey, class ToValue>
void Fill(const ToKey& to_key, const ToValue& to_value) {
  constexpr std::uint64_t kEntries = 6000;
  pma::ConcurrentMap<Key, Value> map;
  const auto put = [&](std::uint64_t from) {
    for (std::uint64_t i = from; i < kEntries; i += 2) {
      map.insert(to_key(i), to_value(i));
      if (i % 3 == 0) map.erase(to_key(i));
    }
  };
  std::thread even(put, 0);
  std::thread odd(put, 1);
  even.join();
  odd.join();

  std::uint64_t right = 0;
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    const auto found = map.find(to_key(i));
    right += i % 3 == 0 ? !found : found == to_value(i);
  }
  Expect(right == kEntries, "what two threads have put");
  Expect(map.size() == kEntries * 2 / 3, "size after two threads");
  Expect(map.scan([](const Key&, const Value&) {}) == map.size(), "long scan");
  Expect(map.CheckInvariants().empty(), "CheckInvariants after two threads");
}

// Many entries at once, in a map and in a set.
template <class Key, class Value, class ToKey, class ToValue>
void UseMany(const ToKey& to_key, const ToValue& to_value) {
  using Map = pma::ConcurrentMap<Key, Value>;
  std::map<Key, Value> entries;
  std::vector<Key> keys;
  std::vector<Value> values;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    entries.emplace(to_key(i), to_value(i));
    keys.push_back(to_key(i));
    values.push_back(to_value(i));
  }
  Map map = Map::from_sorted(entries);
  Map copy = map.clone();
  Expect(map.size() == 3000 && copy.size() == 3000, "from_sorted, clone");
  const Key& middle = keys[1500];
  const std::size_t below = map.erase_range(entries.begin()->first, middle);
  Expect(map.size() == 3000 - below, "erase_range");
  Expect(map.insert_sorted(entries) == below, "insert_sorted");
  Expect(map.erase_batch(keys) == 3000 && map.empty(), "erase_batch");
  map.reserve(3000);
  Expect(map.insert_batch(keys, values) == 3000, "insert_batch");
  Expect(map.assign_batch(keys, values) == 0, "assign_batch");
  map.shrink_to_fit();
  Expect(map.erase_if([](const Key&, const Value&) { return true; }) == 3000,
         "erase_if");
  Expect(map.CheckInvariants().empty() && copy.CheckInvariants().empty(),
         "CheckInvariants after many at once");

  using Set = pma::ConcurrentSet<Key>;
  Set set;
  Expect(set.insert_batch(keys) == 3000, "insert_batch of a set");
  Expect(set.contains_batch(keys) == 3000, "contains_batch");
  Expect(set.first() == entries.begin()->first, "first of a set");
  Expect(set.scan([](const Key&) {}) == 3000, "scan of a set");
  std::size_t shown = 0;
  for (const Key& key : set.range(entries.begin()->first, middle)) {
    shown += set.contains(key);
  }
  Expect(shown == set.count_range(entries.begin()->first, middle),
         "range and count_range of a set");
  const auto popped = set.pop_first();
  Expect(popped && set.insert(*popped) &&
             set.snapshot_scan([](const Key&) { return true; }) == 3000,
         "pop_first and snapshot_scan of a set");
  Expect(!set.insert(middle) && set.erase(middle) && !set.contains(middle),
         "insert and erase of a set");
  std::vector<Key> sorted;
  for (const auto& [key, value] : entries) sorted.push_back(key);
  Expect(Set::from_sorted(sorted).insert_sorted(sorted) == 0,
         "from_sorted of a set");
}

// Literals and other types than the map's own.
void UseOtherTypes() {
  pma::ConcurrentMap<std::uint64_t, std::uint64_t> numbers;
  numbers.insert(1, 2);
  numbers.insert_or_assign(1, 3);
  Expect(numbers.find(1) == 3U && !numbers.contains(2), "find of a literal");
  Expect(numbers.floor(3) && numbers.erase(1), "erase of a literal");

  pma::ConcurrentMap<std::string, std::string, std::less<>> words;
  words.insert("a", "b");
  Expect(words.contains("a") && !words.erase("b"), "words of literals");
}

// Keys that are stored as numbers, of one word and of more.
template <class Key, class Compare, class ToKey>
void UseEncoded(const ToKey& to_key) {
  pma::ConcurrentMap<Key, int, Compare> map;
  for (int i = 0; i < 300; ++i) map.insert(to_key(i * 7 % 300 - 150), i);
  for (int i = 0; i < 300; ++i) {
    Expect(map.find(to_key(i * 7 % 300 - 150)) == i, "find of encoded keys");
  }
  int seen = 0;
  map.scan([&](const Key& key, int value) {
    seen += map.find(key) == value ? 1 : 0;
  });
  Expect(seen == 300, "scan of encoded keys");
  const bool up = map.first()->second == 0;
  Expect((up ? map.last() : map.first())->second == map.find(to_key(149)),
         "the greatest of encoded keys");
  Expect(map.CheckInvariants().empty(), "CheckInvariants of encoded keys");
}

void UseEncodings() {
  using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
  UseEncoded<Time, std::greater<>>(
      [](int i) { return Time(std::chrono::nanoseconds(i)); });
  UseEncoded<Quote, std::less<>>([](int i) { return Quote{i / 3, i * 0.5}; });
  static_assert(pma::HasKeyEncoding<std::array<char, 16>>);
  const Quote quote{-1, -0.5};
  const auto image = pma::KeyEncoding<Quote>::Encode(quote);
  Expect(image < pma::KeyEncoding<Quote>::Encode({-1, 0.5}), "Encode");
  Expect(pma::KeyEncoding<Quote>::Decode(image).price == quote.price, "Decode");
}

}  // namespace

int main() {
  const std::string low = "low, of more than a few characters";
  const std::string high = "high";
  UseEverything<std::uint64_t, std::uint64_t>(1, 2, 3);
  UseEverything<std::string, std::string>(high, low, low);
  UseEverything<pma::Bytes, std::string>(high, low, low);
  UseOtherTypes();
  UseEncodings();
  const auto number = [](std::uint64_t i) { return i * 977 % 6007; };
  const auto word = [](std::uint64_t i) {
    return std::to_string(i) + " of more than a few characters";
  };
  Fill<std::uint64_t, std::uint64_t>(number, number);
  Fill<std::string, std::uint64_t>(word, number);
  UseMany<std::uint64_t, std::uint64_t>(number, number);
  UseMany<std::string, std::uint64_t>(word, number);
  std::printf("pma %d: %d wrong answers\n", PMA_VERSION_MAJOR, failures);
  return failures == 0 ? 0 : 1;
}
