// SPDX-License-Identifier: Apache-2.0

// Measurements by sensor and time: a key of two members, which the map handles
// as a number, and time points in descending order.
//
// Prints:
//   sensor 2 has 100 measurements, the last is 398
//   between 10 and 12 seconds: 40 42
//   the newest of all was taken at 99 seconds

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <iostream>

#include "pma/concurrent_map.h"
#include "pma/key_encoding.h"

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

struct Taken {
  std::uint32_t sensor = 0;
  Time at;
  friend auto operator<=>(const Taken&, const Taken&) = default;
};
// Ordered by its members, in that order: so no comparison is called.
template <>
struct pma::KeyEncoding<Taken>
    : pma::MembersEncoding<&Taken::sensor, &Taken::at> {};

int main() {
  pma::ConcurrentMap<Taken, int> measurements;
  pma::ConcurrentMap<Time, std::uint32_t, std::greater<>> newest_first;
  const auto second = [](int i) { return Time(std::chrono::seconds(i)); };
  for (int i = 0; i < 100; ++i) {
    for (const std::uint32_t sensor : {1u, 2u, 3u}) {
      measurements.insert({sensor, second(i)}, i * 4 + (sensor == 2 ? 2 : 0));
    }
    newest_first.insert(second(i), 3);
  }
  measurements.erase({1, second(50)});
  measurements.insert_or_assign({2, second(10)}, 40);
  measurements.insert_or_assign({2, second(11)}, 42);

  std::cout << "sensor 2 has "
            << measurements.count_range({2, Time::min()}, {3, Time::min()})
            << " measurements, the last is "
            << measurements.lower({3, Time::min()})->second << '\n';
  std::cout << "between 10 and 12 seconds:";
  measurements.scan({2, second(10)}, {2, second(12)},
                    [](const Taken&, int value) { std::cout << ' ' << value; });
  const Time newest = newest_first.first()->first;
  std::cout << "\nthe newest of all was taken at "
            << newest.time_since_epoch() / std::chrono::seconds(1)
            << " seconds\n";
}
