// SPDX-License-Identifier: Apache-2.0

// The property: a reader that stays under its guard for ever holds what was
// allocated when it stalled, and little more. Writers go on, and what they make
// and throw away from then on is freed as if the reader were not there.
//
// Each test stalls a reader in another way, has writers change the whole map
// many times over, and compares what the map has allocated with what it had
// when the reader stalled. Without the bound each of these would grow by tens
// of megabytes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/interrupt_platform.h"
#include "pma/testing/random.h"
#include "pma/testing/stoppable_thread.h"
#include "pma/testing/threads.h"

namespace pma::testing {
namespace {

template <class Key, class Value, class Tuning = TinyTuning>
using MapOf =
    ConcurrentMap<Key, Value, std::less<>, std::allocator<std::byte>, Tuning>;

constexpr std::uint64_t kKeys = 1000;
constexpr int kWriters = 2;
constexpr int kRounds = Scaled(200, 15);  // each of kKeys writes a writer

// What the map may have allocated: its own content; what stalled readers hold,
// and half of that again before it is looked at; what is born in the epoch at
// which a reader stalls and what is retired between two looks (docs/DESIGN.md),
// in boxes of less than 200 bytes.
std::size_t Bound(std::size_t at_stall, std::size_t stalled_readers) {
  constexpr std::size_t kBoxes = (kWriters + 1) * 1024 + 16 * 256 * 2;
  const std::size_t held = stalled_readers * (at_stall + kBoxes * 200);
  return at_stall + held + held / 2 + kBoxes * 200 + 64 * 1024;
}

std::string KeyOf(std::uint64_t i) {
  return "a key too long for the string object itself " +
         std::to_string(1000000 + i);
}
std::string ValueOf(std::uint64_t i) {
  return "a value too long for the string object itself " + std::to_string(i);
}

// Every kind of garbage: replaced values, erased entries, rebuilt extents.
template <class Map, class MakeKey, class MakeValue>
std::size_t ChangeEverything(Map& map, MakeKey make_key, MakeValue make_value) {
  std::vector<std::size_t> peaks(kWriters);
  RunThreads(kWriters, [&](std::size_t w) {
    Random random(w);
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      for (std::uint64_t n = 0; n < kKeys; ++n) {
        const std::uint64_t i = random.Below(kKeys);
        if (n % 4 == 0) {
          map.erase(make_key(i));
        } else {
          map.insert_or_assign(make_key(i), make_value(round));
        }
      }
      // Rebuilds all of it, smaller and larger.
      if (round % 10 == 0) {
        for (std::uint64_t i = w; i < kKeys; i += kWriters) {
          map.erase(make_key(i));
        }
      }
      peaks[w] = std::max(peaks[w], map.memory_usage().allocated_bytes);
    }
  });
  return *std::max_element(peaks.begin(), peaks.end());
}

template <class Map, class MakeKey, class MakeValue>
void Fill(Map& map, MakeKey make_key, MakeValue make_value) {
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    map.insert(make_key(i), make_value(i));
  }
}

TEST(StalledReaderTest, ACallbackThatStaysHoldsABoundedAmountOfBoxes) {
  MapOf<std::string, std::string> map;
  Fill(map, KeyOf, ValueOf);
  const std::size_t at_stall = map.memory_usage().allocated_bytes;
  std::latch inside(2);
  std::latch release(1);
  std::thread visitor([&] {
    map.visit(KeyOf(7), [&](const std::string& value) {
      inside.count_down();
      release.wait();
      EXPECT_EQ(value, ValueOf(7)) << "what it looks at has been freed";
    });
  });
  std::thread scanner([&] {
    map.scan([&](const std::string&, const std::string& value) {
      inside.count_down();
      release.wait();
      EXPECT_EQ(value, ValueOf(0)) << "what it looks at has been freed";
      return false;
    });
  });
  inside.wait();
  EXPECT_LE(ChangeEverything(map, KeyOf, ValueOf), Bound(at_stall, 2));
  release.count_down();
  visitor.join();
  scanner.join();

  // What they held is freed when writers next look.
  EXPECT_LE(ChangeEverything(map, KeyOf, ValueOf), Bound(at_stall, 2));
  EXPECT_LE(map.memory_usage().allocated_bytes, Bound(at_stall, 0));
  EXPECT_EQ(map.CheckInvariants(), "");
}

// Readers that stall one after another each hold what there was at the time.
TEST(StalledReaderTest, LaterStalledReadersHoldNoMoreThanTheFirst) {
  constexpr std::size_t kReaders = 4;
  MapOf<std::string, std::string> map;
  Fill(map, KeyOf, ValueOf);
  const std::size_t at_stall = map.memory_usage().allocated_bytes;
  std::latch release(1);
  std::vector<std::thread> readers;
  for (std::size_t r = 0; r < kReaders; ++r) {
    std::latch inside(1);
    map.insert(KeyOf(7), ValueOf(7));
    readers.emplace_back([&] {
      std::latch* arrived = &inside;
      map.scan([&](const std::string& key, const std::string&) {
        const std::string before = key;
        arrived->count_down();
        release.wait();
        EXPECT_EQ(key, before);
        return false;
      });
    });
    inside.wait();
    // The next one stalls when there is garbage already.
    EXPECT_LE(ChangeEverything(map, KeyOf, ValueOf),
              Bound(at_stall, 2 * (r + 1)));
  }
  release.count_down();
  for (std::thread& reader : readers) reader.join();
}

// A thread stopped by a signal before each of its first loads in turn, so both
// before and after it has made its reservation, found the directory, and found
// its segment.
template <class Map, class MakeKey, class MakeValue, class Read>
void StopInTheMiddle(MakeKey make_key, MakeValue make_value, Read read) {
  for (int stop_at : {1, 2, 4, 8, 16, 32}) {
    Map map;
    Fill(map, make_key, make_value);
    const std::size_t at_stall = map.memory_usage().allocated_bytes;
    StoppableThread reader([&] {
      int loads = 0;
      Interrupt::BeforeLoads([&] { read(map); },
                             [&] {
                               if (++loads == stop_at)
                                 StoppableThread::StopHere();
                             });
    });
    ASSERT_TRUE(reader.WaitUntilStopped()) << "it makes few loads";
    EXPECT_LE(ChangeEverything(map, make_key, make_value), Bound(at_stall, 1))
        << "stopped before load " << stop_at;
    reader.Release();
    EXPECT_FALSE(reader.WaitUntilStopped());
    EXPECT_EQ(map.CheckInvariants(), "");
  }
}

TEST(StalledReaderTest, AThreadStoppedInALookUpHoldsABoundedAmountOfExtents) {
  const auto number = [](std::uint64_t i) { return i; };
  using Map = MapOf<std::uint64_t, std::uint64_t, InterruptTuning>;
  StopInTheMiddle<Map>(number, number, [](Map& map) {
    map.scan_from(77, [](std::uint64_t, std::uint64_t) { return false; });
  });
}

TEST(StalledReaderTest, AThreadStoppedInALookUpHoldsABoundedAmountOfBoxes) {
  using Map = MapOf<std::string, std::string, InterruptTuning>;
  StopInTheMiddle<Map>(KeyOf, ValueOf, [](Map& map) {
    if (const auto value = map.find(KeyOf(77))) {
      EXPECT_EQ(value->substr(0, 10), ValueOf(0).substr(0, 10));
    }
  });
}

// The other side of the bound: what is younger than a reader's reservation is
// freed although the reader goes on. It must not follow it. The reader is
// stopped twice: between the two stops it may load the address of a box that is
// made at the first and freed at the second.
template <class Read>
void StopTwice(Read read) {
  constexpr std::uint64_t kFewKeys = 60;
  using Map = MapOf<std::string, std::string, InterruptTuning>;
  Map map;
  Random random(3);
  // Everything changes; or each value is replaced in place, so that what the
  // reader has loaded of a segment still passes for its content. Enough is
  // retired for several collections.
  const auto change_everything = [&](bool in_place) {
    for (std::uint64_t i = 0; i < 1000; ++i) {
      // What the reader looks at first, to be freed, and last, to be young.
      const bool looked_at = i < 50 || i >= 950;
      const std::uint64_t key = !in_place   ? random.Below(kFewKeys)
                                : looked_at ? i % 50
                                            : 50 + i % 10;
      if (!in_place && i % 3 == 0) map.erase(KeyOf(key));
      map.insert_or_assign(KeyOf(key), ValueOf(random.Below(9)));
    }
  };
  for (std::uint64_t i = 0; i < kFewKeys; ++i) {
    map.insert(KeyOf(i), ValueOf(i % 9));
  }
  int stops = 0;
  for (int first = 1; first <= 140; first += Scaled(1, 2)) {
    for (int second = first + 1; second <= first + 3; ++second) {
      StoppableThread reader([&] {
        int loads = 0;
        Interrupt::BeforeLoads([&] { read(map); },
                               [&] {
                                 ++loads;
                                 if (loads == first || loads == second) {
                                   StoppableThread::StopHere();
                                 }
                               });
      });
      while (reader.WaitUntilStopped()) {
        ++stops;
        change_everything((first + second) % 2 == 0);
        reader.Release();
      }
    }
  }
  EXPECT_GT(stops, 100);
  EXPECT_EQ(map.CheckInvariants(), "");
}

void ExpectEntry(const std::string& key, const std::string& value) {
  EXPECT_EQ(key.substr(0, key.size() - 7), KeyOf(0).substr(0, key.size() - 7));
  EXPECT_EQ(value.substr(0, value.size() - 1),
            ValueOf(0).substr(0, value.size() - 1));
}

TEST(StalledReaderTest, ALookUpFollowsNothingMadeAndFreedMeanwhile) {
  StopTwice([](const auto& map) {
    if (const auto value = map.find(KeyOf(7))) ExpectEntry(KeyOf(7), *value);
  });
}

TEST(StalledReaderTest, ANeighbourSearchFollowsNothingMadeAndFreedMeanwhile) {
  StopTwice([](const auto& map) {
    if (const auto entry = map.floor(KeyOf(30))) {
      ExpectEntry(entry->first, entry->second);
    }
  });
}

TEST(StalledReaderTest, AScanFollowsNothingMadeAndFreedMeanwhile) {
  StopTwice(
      [](const auto& map) { map.scan(KeyOf(20), KeyOf(40), ExpectEntry); });
}

// Each clear throws a whole map away, with boxes of every age.
TEST(StalledReaderTest, ClearedMapsAreFreedUnderAStalledReader) {
  MapOf<std::string, std::string> map;
  Fill(map, KeyOf, ValueOf);
  const std::size_t at_stall = map.memory_usage().allocated_bytes;
  std::latch inside(1);
  std::latch release(1);
  std::thread reader([&] {
    map.visit(KeyOf(7), [&](const std::string& value) {
      inside.count_down();
      release.wait();
      EXPECT_EQ(value, ValueOf(7));
    });
  });
  inside.wait();
  std::size_t peak = 0;
  for (int round = 0; round < Scaled(300, 40); ++round) {
    map.clear();
    Fill(map, KeyOf, ValueOf);
    peak = std::max(peak, map.memory_usage().allocated_bytes);
  }
  EXPECT_LE(peak, Bound(at_stall, 1));
  release.count_down();
  reader.join();
  map.clear();
  EXPECT_LE(map.memory_usage().allocated_bytes, 16u * 1024);
}

}  // namespace
}  // namespace pma::testing
