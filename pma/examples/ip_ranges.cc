// SPDX-License-Identifier: Apache-2.0

// Which network does an address belong to? The map holds the first address of
// each range; floor() finds the range at or before an address. Look-ups go on
// while another thread replaces ranges, and never wait for it.
//
// Prints:
//   9.255.255.255    unknown
//   10.20.30.40      private network
//   192.0.2.1        documentation 1
//   192.0.3.0        unknown
//   203.0.113.255    documentation 3

#include <cstdint>
#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "pma/concurrent_map.h"

namespace {

using Address = std::uint32_t;

// Trivially copyable and not larger than 32 bytes: lies in the map itself,
// without a box of its own.
struct Range {
  Address last;
  char name[24];
};

constexpr Address Parse(int a, int b, int c, int d) {
  return static_cast<Address>(a) << 24 | static_cast<Address>(b) << 16 |
         static_cast<Address>(c) << 8 | static_cast<Address>(d);
}

std::string Show(Address address) {
  std::ostringstream text;
  text << (address >> 24) << '.' << (address >> 16 & 255) << '.'
       << (address >> 8 & 255) << '.' << (address & 255);
  return text.str();
}

using Ranges = pma::ConcurrentMap<Address, Range>;

std::optional<Range> RangeOf(const Ranges& ranges, Address address) {
  const auto entry = ranges.floor(address);
  if (!entry || address > entry->second.last) return std::nullopt;
  return entry->second;
}

}  // namespace

int main() {
  Ranges ranges;
  ranges.insert(Parse(10, 0, 0, 0),
                {Parse(10, 255, 255, 255), "private network"});
  ranges.insert(Parse(192, 0, 2, 0), {Parse(192, 0, 2, 255), "test"});
  ranges.insert(Parse(203, 0, 113, 0),
                {Parse(203, 0, 113, 255), "documentation 3"});

  std::thread update([&ranges] {
    ranges.insert_or_assign(Parse(192, 0, 2, 0),
                            {Parse(192, 0, 2, 255), "documentation 1"});
  });
  // Meanwhile a reader sees the old range or the new one, never half of each.
  const auto during = RangeOf(ranges, Parse(192, 0, 2, 1));
  update.join();
  if (!during) return 1;

  for (const Address address :
       {Parse(9, 255, 255, 255), Parse(10, 20, 30, 40), Parse(192, 0, 2, 1),
        Parse(192, 0, 3, 0), Parse(203, 0, 113, 255)}) {
    const auto range = RangeOf(ranges, address);
    std::cout << std::left << std::setw(17) << Show(address)
              << (range ? range->name : "unknown") << '\n';
  }
}
