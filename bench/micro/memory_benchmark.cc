// SPDX-License-Identifier: Apache-2.0

// The memory table: what a map takes, for each entry, after random insertion
// and after most of it has been erased, beside what the operating system says.
//
//   bazel run -c opt //bench:memory_benchmark -- [most entries, default 1e7]
//
// Each row is measured in a process of its own, so that no row sees memory that
// an earlier one has left behind.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "bench/keys/random.h"
#include "pma/concurrent_map.h"
#include "pma/testing/resident_bytes.h"

namespace pma::bench {
namespace {

using Big32 = std::array<uint64_t, 4>;

template <class T>
T Make(uint64_t number) {
  if constexpr (std::is_same_v<T, std::string>) {
    return "key/" + std::to_string(number);
  } else if constexpr (std::is_same_v<T, Big32>) {
    return {number, number, number, number};
  } else {
    return static_cast<T>(number);
  }
}

// Runs a row in a child.
template <class Row>
void InChild(Row row) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    row();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
}

std::vector<uint64_t> RandomNumbers(size_t count) {
  std::vector<uint64_t> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = i;
  Random random(count + 1);
  Shuffle(numbers, random);
  return numbers;
}

using WordMap = ConcurrentMap<uint64_t, uint64_t>;

double AllocatedBytes(const WordMap& map) {
  return static_cast<double>(map.memory_usage().allocated_bytes);
}

// Erases all but the first tenth of `keys`. What the map then takes, to what a
// map takes that never held more.
double AfterErasing(WordMap& map, const std::vector<uint64_t>& keys) {
  const size_t kept = keys.size() / 10;
  for (size_t i = keys.size(); i > kept; --i) map.erase(keys[i - 1]);
  WordMap fresh;
  for (size_t i = 0; i < kept; ++i) fresh.insert(keys[i], keys[i]);
  return AllocatedBytes(map) / AllocatedBytes(fresh);
}

void SizeRow(size_t count) {
  const std::vector<uint64_t> keys = RandomNumbers(count);
  // So that thread records and allocator arenas are there before.
  WordMap().insert(1, 1);
  const int64_t before = testing::ResidentBytes();
  WordMap map;
  for (const uint64_t key : keys) map.insert(key, key);
  const double all = AllocatedBytes(map);
  const auto resident = static_cast<double>(testing::ResidentBytes() - before);
  const double at_random = AfterErasing(map, keys);
  // Inserted at random, erased from one end.
  map.clear();
  for (const uint64_t key : keys) map.insert(key, key);
  std::vector<uint64_t> descending(keys);
  std::sort(descending.rbegin(), descending.rend());
  const double from_below = AfterErasing(map, descending);
  const auto entries = static_cast<double>(std::max<size_t>(1, count));
  std::printf("%10zu %12.0f %8.2f %10.2f %9.2f %10.2f %11.2f\n", count, all,
              all / entries, resident / entries, resident / all, at_random,
              from_below);
}

// Resident bytes per entry, keys and values of one type.
template <class Map>
double TypeBytes(size_t count) {
  const std::vector<uint64_t> numbers = RandomNumbers(count);
  const int64_t before = testing::ResidentBytes();
  static Map map;  // freeing it is no part of the row
  for (const uint64_t number : numbers) {
    map.insert({Make<typename Map::key_type>(number),
                Make<typename Map::mapped_type>(number)});
  }
  return static_cast<double>(testing::ResidentBytes() - before) /
         static_cast<double>(count);
}

// insert() of the two maps differs in form.
template <class Key, class Value>
struct Pma : ConcurrentMap<Key, Value> {
  void insert(std::pair<Key, Value> entry) {
    ConcurrentMap<Key, Value>::insert(std::move(entry.first),
                                      std::move(entry.second));
  }
};

template <class Key, class Value>
void TypeRow(const char* name, size_t count) {
  std::printf("%-24s %10zu", name, count);
  InChild([&] { std::printf(" %12.1f", TypeBytes<Pma<Key, Value>>(count)); });
  InChild([&] {
    std::printf(" %12.1f\n", TypeBytes<absl::btree_map<Key, Value>>(count));
  });
}

void Run(size_t most_entries) {
  std::printf("%10s %12s %8s %10s %9s %22s\n", "entries", "allocated", "each",
              "RSS each", "RSS/alloc", "90% erased, to fresh");
  std::printf("%10s %12s %8s %10s %9s %10s %11s\n", "", "bytes", "", "", "",
              "at random", "from below");
  for (size_t count = 0; count <= most_entries;
       count = std::max<size_t>(1, count * 10)) {
    InChild([=] { SizeRow(count); });
  }
  std::printf("\n%-24s %10s %12s %12s  (RSS each)\n", "key, value", "entries",
              "pma", "absl btree");
  TypeRow<uint64_t, uint64_t>("8 bytes, 8 bytes", 1000000);
  TypeRow<uint32_t, uint32_t>("4 bytes, 4 bytes", 1000000);
  TypeRow<uint32_t, uint8_t>("4 bytes, 1 byte", 1000000);
  TypeRow<Big32, Big32>("32 bytes, 32 bytes", 300000);
  TypeRow<uint64_t, Big32>("8 bytes, 32 bytes", 300000);
  TypeRow<std::string, uint64_t>("std::string, 8 bytes", 300000);
  TypeRow<uint64_t, std::string>("8 bytes, std::string", 300000);
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  pma::bench::Run(argc > 1 ? static_cast<size_t>(std::strtod(argv[1], nullptr))
                           : 10000000);
}
