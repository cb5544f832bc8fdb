// SPDX-License-Identifier: Apache-2.0

// The orders table: what each order of insertion costs beside random order, and
// how dense it leaves the map.
//
//   bazel run -c opt //bench:orders_benchmark -- [entries ...]

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "absl/container/btree_map.h"
#include "pma/concurrent_map.h"
#include "pma/testing/key_orders.h"

namespace pma::bench {
namespace {

// Of this thread: other processes do not count.
double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class Insert>
double NanosecondsEach(const testing::KeyOrder& order, Insert insert) {
  const double begin = CpuSeconds();
  for (const uint32_t key : order) insert(key);
  return (CpuSeconds() - begin) * 1e9 / static_cast<double>(order.size());
}

struct Load {
  double nanoseconds = 0;
  double btree_nanoseconds = 0;
  double bytes = 0;  // per entry
};

Load Measure(const testing::KeyOrder& order) {
  Load load;
  {
    ConcurrentMap<uint64_t, uint64_t> map;
    load.nanoseconds =
        NanosecondsEach(order, [&](uint64_t key) { map.insert(key, key); });
    load.bytes = static_cast<double>(map.memory_usage().allocated_bytes) /
                 static_cast<double>(order.size());
  }
  absl::btree_map<uint64_t, uint64_t> btree;
  load.btree_nanoseconds =
      NanosecondsEach(order, [&](uint64_t key) { btree.emplace(key, key); });
  return load;
}

void Table(size_t count) {
  const double random = Measure(testing::Shuffled(count)).nanoseconds;
  std::printf("\n%zu entries\n%-24s %8s %10s %10s %10s %8s\n", count, "order",
              "ns", "x random", "btree ns", "bytes each", "density");
  for (const testing::NamedKeyOrder& order : testing::kKeyOrders) {
    const Load load = Measure(order.make(count));
    std::printf("%-24s %8.1f %10.2f %10.1f %10.2f %7.0f%%\n", order.name,
                load.nanoseconds, load.nanoseconds / random,
                load.btree_nanoseconds, load.bytes, 1600 / load.bytes);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) {
  if (argc == 1) pma::bench::Table(1000000);
  for (int i = 1; i < argc; ++i) {
    pma::bench::Table(static_cast<size_t>(std::strtod(argv[i], nullptr)));
  }
}
