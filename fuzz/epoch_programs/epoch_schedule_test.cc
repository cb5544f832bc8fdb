// SPDX-License-Identifier: Apache-2.0

// The reclamation scheme under schedules and stale values: nothing is freed
// early or kept for ever, and if a part of it is missing, that is noticed.

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "fuzz/epoch_programs/execute.h"
#include "fuzz/epoch_programs/program.h"
#include "fuzz/epoch_programs/world.h"
#include "fuzz/programs/frame.h"
#include "fuzz/programs/fuzz_target.h"
#include "fuzz/programs/minimise.h"
#include "fuzz/programs/random_frame.h"
#include "fuzz/programs/sim_platform.h"
#include "fuzz/programs/sparse.h"
#include "fuzz/sim/atomic.h"
#include "fuzz/sim/simulation.h"
#include "gtest/gtest.h"
#include "pma/testing/build_variant.h"

namespace pma::epoch_programs {
namespace {

using programs::Executed;
using programs::RandomProgramOf;
using programs::SimPlatform;
using programs::TheSimulation;

TEST(EpochProgramTest, BytesNameTheSameProgramOnceEncoded) {
  for (uint64_t i = 0; i < 1000; ++i) {
    const std::vector<uint8_t> bytes = Encode(RandomProgramOf<Program>(i));
    EXPECT_EQ(Encode(Decode(bytes)), bytes);
  }
}

TEST(EpochExecuteTest, EveryActionCanBeDoneAndHasAName) {
  for (size_t action = 0; action < kActions; ++action) {
    Program program;
    program.prefill_count = 2;
    program.fibers = {{{static_cast<Action>(action), 0}, {Action::kPut, 1}},
                      {{static_cast<Action>(action), 1}}};
    EXPECT_EQ(Execute(TheSimulation(), program).failure, "") << action;
    EXPECT_FALSE(NameOf(static_cast<Action>(action)).empty()) << action;
  }
}

TEST(EpochExecuteTest, AProgramRunsTheSameWayEveryTime) {
  for (uint64_t i = 0; i < 200; ++i) {
    const auto program = RandomProgramOf<Program>(i);
    EXPECT_EQ(Execute(TheSimulation(), program).hash,
              Execute(TheSimulation(), program, /*trace=*/true).hash)
        << i;
  }
}

TEST(EpochExecuteTest, RandomProgramsFreeEverythingAndNothingEarly) {
  const uint64_t count = testing::Scaled(20000, 2000);
  for (uint64_t i = 0; i < count; ++i) {
    const auto program = RandomProgramOf<Program>(i);
    ASSERT_EQ(Execute(TheSimulation(), program).failure, "")
        << "program " << i << "\n"
        << programs::Explain(TheSimulation(), program);
  }
}

TEST(EpochReportTest, ShowsCallsAccessesAndATestCase) {
  Program program;
  program.fibers = {{{Action::kPut, 1}}, {{Action::kFind, 1}}};
  const std::string report = Report(TheSimulation(), program);
  for (const char* part : {"2 fibers, 2 calls", "-- put 1", "-- find 1",
                           "clock reads", "root", "thread0.low", ".slot 1",
                           "TEST(EpochRegressionTest", "ExpectPasses({"}) {
    EXPECT_NE(report.find(part), std::string::npos) << part << "\n" << report;
  }
}

// --- What went wrong once ----------------------------------------------------

void ExpectPasses(const std::vector<uint8_t>& bytes) {
  const Program program = Decode(bytes);
  EXPECT_EQ(Execute(TheSimulation(), program).failure, "")
      << Report(TheSimulation(), program);
}

// What fails if a reader extends its reservation instead of starting again: it
// comes from a replaced node to a box that was taken out of the new one.
TEST(EpochRegressionTest, BoxFoundInAReplacedNode) {
  ExpectPasses({30, 8, 0, 2, 1,  1, 9, 0, 4, 1, 2,  12, 0, 6, 0,
                5,  1, 0, 2, 27, 1, 8, 1, 2, 1, 19, 1,  5, 1});
}

// What fails without seq_cst fences: a collector does not see the reservation,
// and the reader not that the memory is unlinked.
TEST(EpochRegressionTest, ReaderBesideACollector) {
  ExpectPasses({2, 0, 1, 8, 0, 8, 0, 1, 7, 0, 7, 0, 0, 1, 26, 1, 2, 3, 0, 2});
}

// --- What would be noticed ---------------------------------------------------

// SimPlatform with accesses that are weaker than their names.
enum class Weak { kNothing, kStoreRelease, kLoadAcquire, kCompareExchange };

template <Weak kWeak>
struct WeakPlatform : SimPlatform {
  template <class T>
  struct Atomic : sim::Atomic<T> {
    using sim::Atomic<T>::Atomic;
    T LoadAcquire() const {
      return this->Load(kWeak == Weak::kLoadAcquire ? sim::Order::kRelaxed
                                                    : sim::Order::kAcquire);
    }
    void StoreRelease(T value) {
      this->Store(value, kWeak == Weak::kStoreRelease ? sim::Order::kRelaxed
                                                      : sim::Order::kRelease);
    }
    bool CompareExchangeAcqRel(T& expected, T desired) {
      return kWeak == Weak::kCompareExchange
                 ? this->CompareExchange(expected, desired,
                                         sim::Order::kRelaxed,
                                         sim::Order::kRelaxed)
                 : this->CompareExchange(expected, desired, sim::Order::kAcqRel,
                                         sim::Order::kAcquire);
    }
  };
};

struct RootNotCovered : Rules {
  static constexpr bool kRootIsCovered = false;
};
struct FromASmallOneOn : Rules {
  static constexpr uint64_t kFrom = 6280;  // the first ones do not become small
};
struct GoesOnWhereItWas : Rules {
  static constexpr uint64_t kFrom = 31000;  // is found from here on
  static constexpr bool kStartsAgainAtRoot = false;
};
struct ExtendsAndGoesOn : Rules {
  static constexpr uint64_t kFrom = 387000;  // is found from here on
  static constexpr bool kExtendsAndGoesOn = true;
};
struct NoGracePeriod : Rules {
  static constexpr bool kWaitsForGuards = false;
};
struct NeverRetired : Rules {
  static constexpr bool kRetires = false;
};
struct BornInTheFirstEpoch : Rules {
  static constexpr bool kKnowsBirth = false;
};

// A program that runs on a scheme with a bug.
template <class Platform, class RulesOf, SimPlatform::Planted kPlanted>
struct PlantedProgram : Program {
  // The first random programs are passed over.
  static constexpr uint64_t kFrom = [] {
    if constexpr (requires { RulesOf::kFrom; }) return RulesOf::kFrom;
    return uint64_t{0};
  }();

  friend Executed Execute(sim::Simulation& simulation,
                          const PlantedProgram& program, bool trace = false) {
    SimPlatform::set_planted(kPlanted);
    Executed executed =
        ExecuteIn<Platform, RulesOf>(simulation, program, trace);
    SimPlatform::set_planted(SimPlatform::Planted::kNothing);
    return executed;
  }
};
template <class RulesOf>
using Breaking =
    PlantedProgram<SimPlatform, RulesOf, SimPlatform::Planted::kNothing>;
template <Weak kWeak>
using Weakened =
    PlantedProgram<WeakPlatform<kWeak>, Rules, SimPlatform::Planted::kNothing>;
using NoSeqCstFence = PlantedProgram<SimPlatform, FromASmallOneOn,
                                     SimPlatform::Planted::kNoSeqCstFence>;

template <class PlantedProgram>
class EpochPlantedBugTest : public ::testing::Test {
 protected:
  // A random program that fails.
  static PlantedProgram OneThatFails() {
    constexpr uint64_t kTried = 100000;
    for (uint64_t i = PlantedProgram::kFrom; i < PlantedProgram::kFrom + kTried;
         ++i) {
      const auto program = RandomProgramOf<PlantedProgram>(i);
      if (!Execute(TheSimulation(), program).ok()) return program;
    }
    return {};
  }
};

using PlantedBugs =
    ::testing::Types<NoSeqCstFence, Weakened<Weak::kStoreRelease>,
                     Weakened<Weak::kLoadAcquire>,
                     Weakened<Weak::kCompareExchange>, Breaking<RootNotCovered>,
                     Breaking<GoesOnWhereItWas>, Breaking<ExtendsAndGoesOn>,
                     Breaking<NoGracePeriod>, Breaking<NeverRetired>,
                     Breaking<BornInTheFirstEpoch>>;
struct PlantedNames {
  template <class T>
  static std::string GetName(int i) {
    static constexpr const char* kNames[] = {
        "NoSeqCstFence",           "StoresRelaxed",  "LoadsRelaxed",
        "CompareExchangesRelaxed", "RootNotCovered", "GoesOnWhereItWas",
        "ExtendsAndGoesOn",        "NoGracePeriod",  "NeverRetired",
        "BornInTheFirstEpoch"};
    return kNames[i];
  }
};
TYPED_TEST_SUITE(EpochPlantedBugTest, PlantedBugs, PlantedNames);

TYPED_TEST(EpochPlantedBugTest, IsFoundMadeSmallAndNotInTheHealthyScheme) {
  const TypeParam program = this->OneThatFails();
  ASSERT_FALSE(program.fibers.empty()) << "not found";
  const TypeParam smaller =
      programs::Minimiser<TypeParam>(TheSimulation(), program, 20000).Run();
  const Executed executed = Execute(TheSimulation(), smaller);
  EXPECT_FALSE(executed.ok());
  EXPECT_LE(smaller.CallCount(), 12u) << executed.failure;
  EXPECT_LE(programs::PairsOf(smaller.schedule).size(), 8u);
  const Program& healthy = smaller;
  EXPECT_EQ(Execute(TheSimulation(), healthy).failure, "");
  if (::testing::Test::HasFailure()) {
    std::cerr << executed.failure << Report(TheSimulation(), healthy);
  }
}

}  // namespace
}  // namespace pma::epoch_programs
