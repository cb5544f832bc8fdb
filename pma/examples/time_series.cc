// SPDX-License-Identifier: Apache-2.0

// A time series: one thread appends a measurement each second, another looks at
// windows of time meanwhile, and old measurements are dropped.
//
// Prints:
//   a day of 86400 seconds
//   mean of the last minute 86369.5
//   the first above 50000 at or after noon is at 50001
//   kept 3600 seconds, from 82800 on

#include <atomic>
#include <cstdint>
#include <iostream>
#include <thread>

#include "pma/concurrent_map.h"

int main() {
  constexpr std::uint32_t kDay = 86'400;
  pma::ConcurrentMap<std::uint32_t, double> series;  // second -> measurement

  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      // The last ten at any moment, the newest first; never out of order.
      std::uint32_t newer = kDay;
      series.scan_reverse_n(kDay, 10, [&](std::uint32_t second, double) {
        if (second >= newer) std::cout << "out of order\n";
        newer = second;
      });
    }
  });
  for (std::uint32_t second = 0; second < kDay; ++second) {
    series.insert(second, second);
  }
  done = true;
  reader.join();
  std::cout << "a day of " << series.size() << " seconds\n";

  double sum = 0;
  for (auto [second, value] : series.range(kDay - 60, kDay)) sum += value;
  std::cout << "mean of the last minute " << sum / 60 << '\n';

  auto cursor = series.cursor(kDay / 2);
  while (cursor.valid() && cursor.value() <= 50'000) cursor.next();
  std::cout << "the first above 50000 at or after noon is at " << cursor.key()
            << '\n';

  // Dropping what is old disturbs neither cursors nor scans.
  for (const auto& entry : series.range(0, kDay - 3600)) {
    series.erase(entry.first);
  }
  std::cout << "kept " << series.size() << " seconds, from "
            << series.first()->first << " on\n";
}
