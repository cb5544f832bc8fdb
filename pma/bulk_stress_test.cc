// SPDX-License-Identifier: Apache-2.0

// Merges, range erasures and batches beside writers of single keys, scanners
// and navigators. What each of them may expect is told in
// testing/ownership_stress.h.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/gtest_failures.h"
#include "pma/testing/ownership_stress.h"
#include "pma/testing/random.h"
#include "pma/testing/sample_types.h"
#include "pma/testing/stamp.h"
#include "pma/testing/this_processor.h"
#include "pma/testing/threads.h"

namespace pma {
namespace {

using testing::OwnershipStress;
using testing::Random;
using testing::ReportFirst;
using testing::RunThreads;
using testing::Scaled;

template <class KeyT, class ValueT, class TuningT>
struct StressCase {
  using Key = KeyT;
  using Value = ValueT;
  using Tuning = TuningT;
};

template <class Case>
class BulkStressTest : public ::testing::Test {
 protected:
  using Key = typename Case::Key;
  using Value = typename Case::Value;
  using Map = ConcurrentMap<Key, Value, std::less<>, std::allocator<std::byte>,
                            typename Case::Tuning>;
  using Stress = OwnershipStress<Map, Key, Value>;
};
using StressCases =
    ::testing::Types<StressCase<std::uint64_t, std::uint64_t, TinyTuning>,
                     StressCase<std::uint64_t, std::uint64_t, DefaultTuning>,
                     StressCase<std::string, std::string, TinyTuning>>;
TYPED_TEST_SUITE(BulkStressTest, StressCases);

TYPED_TEST(BulkStressTest, EverybodySeesWhatIsThereBesideOperationsOnManyKeys) {
  constexpr std::uint32_t kWriters = 3;
  constexpr int kOperations = Scaled(6000, 600);
  for (const std::uint32_t blocks : {24u, 1200u}) {
    typename TestFixture::Stress stress(blocks, kWriters, ReportFirst());
    std::atomic<std::uint32_t> writers_left{kWriters};
    std::vector<std::function<void()>> bodies;
    for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
      bodies.push_back([&stress, &writers_left, writer, blocks] {
        const std::uint64_t seed = blocks * 10 + writer;
        if (writer == 0) {
          stress.RunWriter(writer, seed, kOperations * 4);
        } else {
          stress.RunBulkWriter(writer, seed, kOperations);
        }
        // Relaxed: it must not order the threads' accesses to the map.
        writers_left.fetch_sub(1, std::memory_order_relaxed);
      });
    }
    const auto add_reader = [&](auto step) {
      bodies.push_back([&stress, &writers_left, step, seed = bodies.size()] {
        typename TestFixture::Stress::Reader reader(stress, seed);
        do {
          step(reader);
        } while (writers_left.load(std::memory_order_relaxed) != 0);
      });
    };
    add_reader([](auto& reader) {
      reader.Scan(/*reverse=*/false);
      reader.Scan(/*reverse=*/true);
    });
    add_reader([](auto& reader) {
      reader.FindOne();
      reader.Navigate();
    });
    RunThreads(bodies);
    stress.CheckQuiescent();
    if (::testing::Test::HasFailure()) return;
  }
}

// One thread erases all entries of even values, over and over, while another
// makes values even for a moment. If its entry goes meanwhile it inserts it
// again, and knows; an odd value never goes.
TEST(BulkRaceTest, EraseIfErasesOnlyValuesThatThePredicateHeldFor) {
  using Map = ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                            std::allocator<std::byte>, TinyTuning>;
  constexpr std::uint64_t kKeys = 40;
  constexpr int kRounds = Scaled(4000, 400);
  Map map;
  for (std::uint64_t i = 0; i < kKeys; ++i) map.insert(i, 1);
  std::atomic<bool> done{false};
  int missing = 0;
  RunThreads({[&] {
                Random random(1);
                for (int i = 0; i < kRounds; ++i) {
                  const std::uint64_t key = random.Below(kKeys);
                  map.insert_or_assign(key, 2);
                  map.insert_or_assign(key, 1);
                  if (!map.contains(key)) ++missing;
                }
                done.store(true, std::memory_order_relaxed);
              },
              [&] {
                while (!done.load(std::memory_order_relaxed)) {
                  map.erase_if([](std::uint64_t, std::uint64_t value) {
                    return value % 2 == 0;
                  });
                }
              }});
  EXPECT_EQ(missing, 0);
  EXPECT_EQ(map.CheckInvariants(), "");
}

// Threads empty a map together, range by range, as a whole and key by key: each
// entry is erased by one.
TEST(BulkRaceTest, EachEntryIsErasedByOne) {
  using Map = ConcurrentMap<std::uint64_t, std::uint64_t>;
  constexpr std::uint64_t kKeys = Scaled(200'000, 40'000);
  constexpr std::uint64_t kPart = kKeys / 50;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> entries;
    for (std::uint64_t i = 0; i < kKeys; ++i) entries.emplace_back(i, i);
    auto map = Map::from_sorted(entries);
    std::atomic<std::size_t> erased{0};
    RunThreads({[&] { erased += map.erase_range(0, kKeys); },
                [&] {
                  for (std::uint64_t i = kKeys; i >= kPart; i -= kPart) {
                    erased += map.erase_range(i - kPart, i);
                  }
                },
                [&] {
                  for (std::uint64_t i = 0; i < kKeys; i += 7) {
                    erased += map.erase(i);
                  }
                }});
    EXPECT_EQ(erased.load(), kKeys);
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.CheckInvariants(), "");
  }
}

// Two threads merge overlapping ranges, a third inserts single keys: each key
// is new to one of them.
TEST(BulkRaceTest, EachEntryIsInsertedByOne) {
  using Map = ConcurrentMap<std::uint64_t, std::uint64_t>;
  constexpr std::uint64_t kKeys = Scaled(100'000, 20'000);
  for (int round = 0; round < 3; ++round) {
    Map map;
    std::atomic<std::size_t> added{0};
    const auto merge = [&](std::uint64_t step) {
      for (std::uint64_t part = 0; part < 5; ++part) {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> entries;
        for (std::uint64_t i = 0; i < kKeys; i += step) {
          if (i % 5 == part) entries.emplace_back(i, step);
        }
        added += map.insert_sorted(entries);
      }
    };
    RunThreads({[&] { merge(1); }, [&] { merge(2); },
                [&] {
                  for (std::uint64_t i = 0; i < kKeys; i += 3) {
                    added += map.insert(i, 3);
                  }
                }});
    EXPECT_EQ(added.load(), kKeys);
    EXPECT_EQ(map.size(), kKeys);
    EXPECT_EQ(map.CheckInvariants(), "");
  }
}

// While the predicate decides, an entry of an equal key takes the place of the
// one that it was shown: it is asked again, of the new value and the old key.
TEST(BulkRaceTest, EraseIfAsksOfTheKeyThatItWasShown) {
  using Map = ConcurrentMap<std::string, int, testing::IgnoringCase>;
  Map map;
  map.insert("KEY", 1);
  std::vector<std::pair<std::string, int>> asked;
  EXPECT_EQ(map.erase_if([&](const std::string& key, int value) {
    asked.emplace_back(key, value);
    if (value == 1) {
      RunThreads({[&] { map.erase("KEY"), map.insert("key", 2); }});
    }
    return true;
  }),
            1);
  EXPECT_EQ(asked.front(), std::pair(std::string("KEY"), 1));
  EXPECT_EQ(asked.back(), std::pair(std::string("KEY"), 2));
  EXPECT_TRUE(map.empty());
}

}  // namespace
}  // namespace pma
