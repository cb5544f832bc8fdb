// SPDX-License-Identifier: Apache-2.0

// What the simulation is for: a sequence lock with one of four bugs planted in
// it, three of which no interleaving can show.
//
// A sequence lock guards data by a version, odd while the data is being
// written. A reader accepts what it read if the version was even and is still
// the same. (Boehm, "Can seqlocks get along with programming language memory
// models?", 2012, has the fences.)

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/sim/atomic.h"
#include "gtest/gtest.h"

namespace pma::sim {
namespace {

enum class Bug {
  kNone,
  kNoAcquireFence,   // reader: between the data and the second look
  kNoReleaseFence,   // writer: between the odd version and the data
  kRelaxedVersion,   // writer: the version that vouches for the data
  kCheckedTooEarly,  // reader: the second look comes before the data
};

class SeqLock {
 public:
  explicit SeqLock(Bug bug) : bug_(bug) {}

  void Write(int value) {
    const int version = version_.LoadRelaxed();
    version_.StoreRelaxed(version + 1);
    if (bug_ != Bug::kNoReleaseFence) FenceRelease();
    first_.StoreRelaxed(value);
    second_.StoreRelaxed(value);
    if (bug_ == Bug::kRelaxedVersion) {
      version_.StoreRelaxed(version + 2);
    } else {
      version_.StoreRelease(version + 2);
    }
  }

  void ReadOnce() const {
    const int before = version_.LoadAcquire();
    if (before % 2 != 0) return;
    const bool early_same = bug_ == Bug::kCheckedTooEarly && Unchanged(before);
    const int first = first_.LoadRelaxed();
    const int second = second_.LoadRelaxed();
    if (bug_ == Bug::kCheckedTooEarly ? early_same : Unchanged(before)) {
      Check(first == second, "the values belong together");
      Check(first == before / 2, "the values belong to the version");
    }
  }

 private:
  bool Unchanged(int before) const {
    if (bug_ != Bug::kNoAcquireFence) FenceAcquire();
    return version_.LoadRelaxed() == before;
  }

  Bug bug_;
  Atomic<int> version_;
  Atomic<int> first_;
  Atomic<int> second_;
};

// How many of `limit` executions it takes to see the bug; -1 if more.
int RunsToSee(Bug bug, Mode mode, bool stale, int limit) {
  Simulation simulation;
  uint64_t random = 1;
  for (int run = 1; run <= limit; ++run) {
    std::vector<uint8_t> bytes(mode == Mode::kPct ? 11 : 40);
    for (uint8_t& byte : bytes) {
      random = random * 6364136223846793005 + 1442695040888963407;
      byte = static_cast<uint8_t>(random >> 56);
    }
    // Change points where the accesses are.
    if (mode == Mode::kPct) bytes[10] = 0;
    Options options;
    options.schedule = {mode, bytes};
    options.stale = stale;
    const Execution execution = simulation.Run(options, [bug] {
      SeqLock lock(bug);
      Spawn([&] {
        lock.Write(1);
        lock.Write(2);
      });
      for (int reader = 0; reader < 2; ++reader) {
        Spawn([&] {
          lock.ReadOnce();
          lock.ReadOnce();
        });
      }
      JoinAll();
    });
    if (!execution.ok()) {
      EXPECT_EQ(execution.outcome, Outcome::kFailed) << execution.message;
      return run;
    }
  }
  return -1;
}

class SeqLockTest : public testing::TestWithParam<Mode> {};

TEST_P(SeqLockTest, IsRightAsItIs) {
  EXPECT_EQ(RunsToSee(Bug::kNone, GetParam(), /*stale=*/true, 20000), -1);
}

TEST_P(SeqLockTest, StaleReadsShowEveryBug) {
  for (const Bug bug : {Bug::kNoAcquireFence, Bug::kNoReleaseFence,
                        Bug::kRelaxedVersion, Bug::kCheckedTooEarly}) {
    const int runs = RunsToSee(bug, GetParam(), /*stale=*/true, 5000);
    EXPECT_GE(runs, 1) << "bug " << static_cast<int>(bug);
    RecordProperty("bug" + std::to_string(static_cast<int>(bug)),
                   std::to_string(runs));
  }
}

// The reason why the values of loads are part of the schedule.
TEST_P(SeqLockTest, InterleavingsShowOnlyTheBugThatIsNotOneOfOrder) {
  for (const Bug bug :
       {Bug::kNoAcquireFence, Bug::kNoReleaseFence, Bug::kRelaxedVersion}) {
    EXPECT_EQ(RunsToSee(bug, GetParam(), /*stale=*/false, 20000), -1)
        << "bug " << static_cast<int>(bug);
  }
  EXPECT_GE(RunsToSee(Bug::kCheckedTooEarly, GetParam(), /*stale=*/false, 5000),
            1);
}

INSTANTIATE_TEST_SUITE_P(Modes, SeqLockTest,
                         testing::Values(Mode::kDense, Mode::kPct),
                         [](const testing::TestParamInfo<Mode>& row) {
                           return row.param == Mode::kDense ? "Dense" : "Pct";
                         });

}  // namespace
}  // namespace pma::sim
