// SPDX-License-Identifier: Apache-2.0

// Readers, writers, erasers, scanners and navigators at once on overlapping
// keys. What each of them may expect is told in testing/ownership_stress.h.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/gtest_failures.h"
#include "pma/testing/ownership_stress.h"
#include "pma/testing/stamp.h"
#include "pma/testing/this_processor.h"
#include "pma/testing/threads.h"

namespace pma {
namespace {

using testing::OwnershipStress;
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
class ConcurrentMapStressTest : public ::testing::Test {
 protected:
  using Key = typename Case::Key;
  using Value = typename Case::Value;
  using Map = ConcurrentMap<Key, Value, std::less<>, std::allocator<std::byte>,
                            typename Case::Tuning>;
  using Stress = OwnershipStress<Map, Key, Value>;

  static constexpr std::uint32_t kWriters = 3;
  static constexpr int kOperations = Scaled(40000, 2500);
  static constexpr std::uint64_t kRounds = 3;
};

using StressCases =
    ::testing::Types<StressCase<std::uint64_t, std::uint64_t, TinyTuning>,
                     StressCase<std::uint64_t, std::uint64_t, DefaultTuning>,
                     StressCase<std::uint64_t, testing::FourWords, TinyTuning>,
                     StressCase<std::string, std::uint64_t, DefaultTuning>,
                     StressCase<std::string, std::string, TinyTuning>>;
TYPED_TEST_SUITE(ConcurrentMapStressTest, StressCases);

// Writers do a fixed number of operations; readers go on until the last writer
// is done, so that all of it overlaps.
template <class Stress>
void RunRound(Stress& stress, std::uint32_t writers, int operations,
              std::uint64_t seed) {
  std::atomic<std::uint32_t> writers_left{writers};
  std::vector<std::function<void()>> bodies;
  for (std::uint32_t writer = 0; writer < writers; ++writer) {
    bodies.push_back([&stress, &writers_left, writer, operations, seed] {
      stress.RunWriter(writer, seed * 100 + writer, operations);
      // Relaxed: it must not order the threads' accesses to the map.
      writers_left.fetch_sub(1, std::memory_order_relaxed);
    });
  }
  const auto add_reader = [&](auto step) {
    const std::uint64_t reader_seed = seed * 100 + 50 + bodies.size();
    bodies.push_back([&stress, &writers_left, step, reader_seed] {
      typename Stress::Reader reader(stress, reader_seed);
      do {
        step(reader);
      } while (writers_left.load(std::memory_order_relaxed) != 0);
    });
  };
  add_reader([](auto& reader) { reader.Scan(/*reverse=*/false); });
  add_reader([](auto& reader) { reader.Scan(/*reverse=*/true); });
  add_reader([](auto& reader) {
    reader.FindOne();
    reader.VisitOne();
    reader.Navigate();
  });
  RunThreads(bodies);
  stress.CheckQuiescent();
}

// As many keys as one segment of the default tuning holds: every reader races
// with every writer.
TYPED_TEST(ConcurrentMapStressTest,
           ReadersSeeWhatIsThereWhileOneSegmentChurns) {
  typename TestFixture::Stress stress(/*block_count=*/9, TestFixture::kWriters,
                                      ReportFirst());
  for (std::uint64_t round = 0; round < TestFixture::kRounds; ++round) {
    RunRound(stress, TestFixture::kWriters, TestFixture::kOperations, round);
    if (::testing::Test::HasFailure()) return;
  }
}

// A few segments: threads meet in the same one all the time.
TYPED_TEST(ConcurrentMapStressTest, ReadersSeeWhatIsThereWhileASmallMapChurns) {
  typename TestFixture::Stress stress(/*block_count=*/24, TestFixture::kWriters,
                                      ReportFirst());
  for (std::uint64_t round = 0; round < TestFixture::kRounds; ++round) {
    RunRound(stress, TestFixture::kWriters, TestFixture::kOperations, round);
    if (::testing::Test::HasFailure()) return;
  }
}

// Several extents: they split, merge, are replaced and retired.
TYPED_TEST(ConcurrentMapStressTest, ReadersSeeWhatIsThereWhileALargeMapChurns) {
  typename TestFixture::Stress stress(/*block_count=*/3000,
                                      TestFixture::kWriters, ReportFirst());
  for (std::uint64_t round = 0; round < TestFixture::kRounds; ++round) {
    RunRound(stress, TestFixture::kWriters, TestFixture::kOperations, round);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace pma
