// SPDX-License-Identifier: Apache-2.0

// The buyers' side of an order book: how much is wanted at which price, the
// highest price first. One thread takes orders in, two others look at the best
// prices meanwhile, and never see a level that was not there.
//
// Prints:
//   best bid 10005 for 300
//   depth: 10005 x 300, 10004 x 200, 10001 x 50
//   all levels as of one instant: 550 in 3
//   0 readings were wrong

#include <atomic>
#include <cstdint>
#include <functional>
#include <iostream>
#include <optional>
#include <thread>
#include <vector>

#include "pma/concurrent_map.h"

namespace {

using Price = std::uint32_t;     // in cents
using Quantity = std::uint64_t;  // of all orders at a price

using Bids = pma::ConcurrentMap<Price, Quantity, std::greater<>>;

void Add(Bids& bids, Price price, Quantity quantity) {
  bids.upsert(price, quantity, [&](Quantity now) { return now + quantity; });
}

// Takes orders away; the level goes with the last one.
void Remove(Bids& bids, Price price, Quantity quantity) {
  bids.compute(price, [&](const Quantity* now) -> std::optional<Quantity> {
    if (now == nullptr || *now <= quantity) return std::nullopt;
    return *now - quantity;
  });
}

}  // namespace

int main() {
  Bids bids;
  Add(bids, 10001, 50);
  std::atomic<bool> open = true;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (open) {
        // The lowest level stays all day, so there is always a best one.
        const auto best = bids.first();
        if (!best || best->first < 10001 || best->second == 0) ++wrong;
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    Add(bids, 10004, 100);
    Add(bids, 10005, 300);
    Remove(bids, 10004, 100);
    if (i > 0) Remove(bids, 10005, 300);
  }
  Add(bids, 10004, 200);
  open = false;
  for (std::thread& reader : readers) reader.join();

  if (const auto best = bids.first()) {
    std::cout << "best bid " << best->first << " for " << best->second << '\n';
  }
  std::cout << "depth:";
  const char* separator = " ";
  bids.scan_n(Price{99999}, 5, [&](Price price, Quantity quantity) {
    std::cout << separator << price << " x " << quantity;
    separator = ", ";
  });
  Quantity sum = 0;
  const std::size_t levels =
      bids.snapshot_scan([&](Price, Quantity quantity) { sum += quantity; });
  std::cout << "\nall levels as of one instant: " << sum << " in " << levels
            << '\n'
            << wrong << " readings were wrong\n";
}
