// SPDX-License-Identifier: Apache-2.0

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/history/history.h"
#include "fuzz/map_programs/execute.h"
#include "fuzz/map_programs/program.h"
#include "fuzz/map_programs/random_program.h"
#include "fuzz/map_programs/report.h"
#include "fuzz/programs/fuzz_target.h"
#include "fuzz/programs/sim_platform.h"
#include "fuzz/sim/simulation.h"
#include "gtest/gtest.h"
#include "pma/testing/build_variant.h"

namespace pma::map_programs {
namespace {

using programs::SimPlatform;
using programs::TheSimulation;

TEST(ProgramTest, BytesNameTheSameProgramOnceEncoded) {
  for (uint64_t i = 0; i < 1000; ++i) {
    const std::vector<uint8_t> bytes = Encode(RandomProgram(i));
    EXPECT_EQ(Encode(Decode(bytes)), bytes);
  }
}

TEST(ProgramTest, EveryStringOfBytesIsAProgram) {
  const std::vector<uint8_t> bytes = Encode(RandomProgram(1));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Program program = Decode({bytes.data(), size});
    EXPECT_GE(program.fibers.size(), 2u);
    EXPECT_GE(program.CallCount(), 2u);
  }
}

TEST(ExecuteTest, EveryOperationHasARow) {
  for (const history::OperationSpec& spec : history::AllOperations()) {
    for (const Storage storage :
         {Storage::kInline, Storage::kTextAndBoxedValue}) {
      Program program;
      program.storage = storage;
      program.prefill_count = 10;
      program.fibers = {{{spec.kind, 3}}, {{spec.kind, 4}}};
      EXPECT_EQ(Execute(TheSimulation(), program).failure, "") << spec.name;
    }
  }
}

TEST(ExecuteTest, AProgramRunsTheSameWayEveryTime) {
  for (uint64_t i = 0; i < 100; ++i) {
    const Program program = RandomProgram(i);
    const Judged once = Execute(TheSimulation(), program);
    const Judged twice = Execute(TheSimulation(), program, /*trace=*/true);
    EXPECT_EQ(once.hash, twice.hash) << i;
    EXPECT_EQ(once.history, twice.history) << i;
  }
}

TEST(ExecuteTest, RandomProgramsAreLinearizableAndLeaveNothingBehind) {
  const uint64_t count = testing::Scaled(3000, 300);
  for (uint64_t i = 0; i < count; ++i) {
    const Program program = RandomProgram(i);
    ASSERT_EQ(Execute(TheSimulation(), program).failure, "")
        << "program " << i << "\n"
        << Report(TheSimulation(), program);
  }
}

// --- What went wrong once ----------------------------------------------------

void ExpectPasses(const std::vector<uint8_t>& bytes) {
  const Program program = Decode(bytes);
  EXPECT_EQ(Execute(TheSimulation(), program).failure, "")
      << Report(TheSimulation(), program);
}

// With acquire fences that do nothing, the scan misses a key.
TEST(ScheduleRegressionTest, ScanBesideAnUpdateOfItsRange) {
  ExpectPasses({98, 23, 0, 12, 52, 0, 1, 7,  0, 17, 17, 0,  2, 63, 0, 3, 27,
                3,  1,  3, 1,  3,  1, 3, 13, 2, 35, 1,  69, 3, 1,  2, 4, 2});
}

// Two fibers insert, each at the end of a segment, and then scan: neither saw
// the other's key, for both insertions were plain stores still on their way.
TEST(ScheduleRegressionTest, OfTwoInsertionsAtTheEndOneIsSeenByTheOther) {
  ExpectPasses({146, 56, 1,  2,  23, 14,  27, 1,  5,  6, 9, 39, 1,
                2,   42, 13, 27, 0,  1,   28, 1,  21, 1, 1, 1,  6,
                1,   13, 1,  2,  2,  255, 0,  92, 1,  5, 1, 0,  1});
}

// A key that goes on with a run, where the run's segment has just lost its
// upper half: how far it reached had been looked up before its word was.
TEST(ScheduleRegressionTest, ARunIsNotAppendedToBeyondItsSegment) {
  ExpectPasses({34, 104, 0, 2,  58, 2,  15, 0, 0,  58, 0,  59, 1,   0, 62, 0,
                60, 1,   3, 62, 0,  60, 0,  2, 46, 1,  77, 2,  245, 3, 65, 1});
}

// `higher` of a key that its segment has just lost to the next one: the first
// entry there, which is the key, is not behind it.
TEST(ScheduleRegressionTest, NeighboursAreNotReadAcrossAFenceBeforeTheirKey) {
  ExpectPasses({6, 130, 1, 9, 0, 11, 63, 0, 2, 63, 56, 1});
}

// --- What would be noticed ---------------------------------------------------

class PlantedBugTest : public ::testing::TestWithParam<SimPlatform::Planted> {
 protected:
  ~PlantedBugTest() override {
    SimPlatform::set_planted(SimPlatform::Planted::kNothing);
  }

  // The first random program that fails, made small; one without calls if none
  // does. A planted bug can end the process, or never end: programs run in a
  // child, and those that end it, or take as long as no healthy one does, are
  // passed over.
  static Program FirstToFail(uint64_t limit) {
    struct Shared {
      uint64_t number;
      size_t size;
      uint8_t bytes[4096];
    };
    constexpr int kFound = 42;
    auto* shared = static_cast<Shared*>(
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    Program found;
    for (shared->number = 0; shared->number < limit; ++shared->number) {
      const pid_t child = fork();
      if (child == 0) {
        for (; shared->number < limit; ++shared->number) {
          const Program program = RandomProgram(shared->number);
          alarm(5);
          if (Execute(TheSimulation(), program).ok()) continue;
          alarm(30);
          const Program small = Minimise(TheSimulation(), program, 1000);
          if (small.CallCount() > program.CallCount() ||
              Execute(TheSimulation(), small).ok()) {
            _exit(0);
          }
          const std::vector<uint8_t> bytes = Encode(small);
          shared->size = std::min(bytes.size(), sizeof(shared->bytes));
          std::copy_n(bytes.begin(), shared->size, shared->bytes);
          _exit(kFound);
        }
        _exit(0);
      }
      int status = 0;
      waitpid(child, &status, 0);
      if (!WIFEXITED(status)) continue;
      if (WEXITSTATUS(status) == kFound) {
        found = Decode({shared->bytes, shared->size});
        break;
      }
      if (WEXITSTATUS(status) == 0) break;
    }
    munmap(shared, sizeof(Shared));
    return found;
  }
};

TEST_P(PlantedBugTest, IsFoundAndNotInTheHealthyMap) {
  SimPlatform::set_planted(GetParam());
  const Program program = FirstToFail(testing::Scaled(40000, 40000));
  ASSERT_FALSE(program.fibers.empty()) << "not found";
  SimPlatform::set_planted(SimPlatform::Planted::kNothing);
  EXPECT_EQ(Execute(TheSimulation(), program).failure, "");
}

INSTANTIATE_TEST_SUITE_P(
    Fences, PlantedBugTest,
    ::testing::Values(SimPlatform::Planted::kNoAcquireFence,
                      SimPlatform::Planted::kNoReleaseFence,
                      SimPlatform::Planted::kNoSeqCstFence),
    [](const ::testing::TestParamInfo<SimPlatform::Planted>& row) {
      switch (row.param) {
        case SimPlatform::Planted::kNoAcquireFence:
          return "NoAcquireFence";
        case SimPlatform::Planted::kNoReleaseFence:
          return "NoReleaseFence";
        default:
          return "NoSeqCstFence";
      }
    });

// The shortest program that anything can go wrong in, and its report.
TEST(ReportTest, ShowsCallsAccessesAndATestCase) {
  Program program;
  program.fibers = {{{history::OperationKind::kInsert, 1}},
                    {{history::OperationKind::kFind, 1}}};
  const std::string report = Report(TheSimulation(), program);
  for (const char* part :
       {"2 fibers, 2 calls", "-- insert 1 100", "= true", "-- find 1",
        "acq_rel", ".word", "TEST(ScheduleRegressionTest", "ExpectPasses({"}) {
    EXPECT_NE(report.find(part), std::string::npos) << part << "\n" << report;
  }
}

}  // namespace
}  // namespace pma::map_programs
