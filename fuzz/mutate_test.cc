// SPDX-License-Identifier: Apache-2.0

// The fuzzers' own mutations and feedback, on both kinds of programs.

#include "fuzz/programs/mutate.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include "fuzz/epoch_programs/execute.h"
#include "fuzz/epoch_programs/program.h"
#include "fuzz/map_programs/execute.h"
#include "fuzz/map_programs/program.h"
#include "fuzz/programs/feedback.h"
#include "fuzz/programs/frame.h"
#include "fuzz/programs/fuzz_target.h"
#include "fuzz/programs/random_frame.h"
#include "fuzz/sim/atomic.h"
#include "fuzz/sim/explore.h"
#include "fuzz/sim/reads_from.h"
#include "fuzz/sim/simulation.h"
#include "gtest/gtest.h"

namespace pma::programs {
namespace {

template <class Program>
class MutatorTest : public ::testing::Test {
 protected:
  static void ExpectValid(const Program& program) {
    ASSERT_GE(program.fibers.size(), Program::kMinFibers);
    ASSERT_LE(program.fibers.size(), Program::kMaxFibers);
    for (const auto& calls : program.fibers) {
      ASSERT_GE(calls.size(), 1u);
      ASSERT_LE(calls.size(), Program::kMaxCalls);
      for (const auto& call : calls) {
        ASSERT_LT(static_cast<size_t>(call.kind), Program::KindCount());
        ASSERT_LT(call.key, Program::kKeys);
      }
    }
    const std::vector<uint8_t> bytes = EncodeFrame(program);
    ASSERT_EQ(EncodeFrame(DecodeFrame<Program>(bytes)), bytes);
  }
};

using Kinds = ::testing::Types<map_programs::Program, epoch_programs::Program>;
TYPED_TEST_SUITE(MutatorTest, Kinds);

TYPED_TEST(MutatorTest, EachMutationMakesAProgramAndMostlyAnotherOne) {
  for (size_t m = 0; m < kMutations; ++m) {
    int changed = 0;
    for (uint64_t seed = 0; seed < 300; ++seed) {
      const auto program = RandomProgramOf<TypeParam>(seed);
      Mutator<TypeParam> mutator(program, seed);
      mutator.Apply(static_cast<Mutation>(m));
      ASSERT_NO_FATAL_FAILURE(this->ExpectValid(mutator.program())) << m;
      changed += EncodeFrame(mutator.program()) != EncodeFrame(program);
    }
    EXPECT_GE(changed, 30) << "mutation " << m;
  }
}

// A stand-in for libFuzzer's.
size_t FlipOneByte(uint8_t* data, size_t size, size_t max_size) {
  if (size < max_size) data[size++] = 1;
  data[size / 2] ^= 0x55;
  return size;
}

TYPED_TEST(MutatorTest, ManyMutationsInARowStayValidAndWithinTheirSize) {
  constexpr size_t kMaxSize = 200;
  for (const MutateBytes mutate : {MutateBytes{nullptr}, &FlipOneByte}) {
    std::vector<uint8_t> bytes(kMaxSize);
    size_t size = 0;
    for (uint64_t seed = 0; seed < 5000; ++seed) {
      size =
          MutateProgram<TypeParam>(bytes.data(), size, kMaxSize, seed, mutate);
      ASSERT_LE(size, kMaxSize);
      ASSERT_NO_FATAL_FAILURE(
          this->ExpectValid(DecodeFrame<TypeParam>({bytes.data(), size})));
    }
  }
}

TYPED_TEST(MutatorTest, TinySizesAreKept) {
  for (size_t max_size = 1; max_size < 20; ++max_size) {
    std::vector<uint8_t> bytes(max_size);
    for (uint64_t seed = 0; seed < 100; ++seed) {
      EXPECT_LE(MutateProgram<TypeParam>(bytes.data(), 1, max_size, seed,
                                         &FlipOneByte),
                max_size);
    }
  }
}

TYPED_TEST(MutatorTest, TheSameSeedDoesTheSame) {
  const std::vector<uint8_t> start = EncodeFrame(RandomProgramOf<TypeParam>(3));
  const std::vector<uint8_t> other = EncodeFrame(RandomProgramOf<TypeParam>(4));
  const auto run = [&](uint64_t seed) {
    std::vector<uint8_t> bytes = start;
    bytes.resize(2000);
    bytes.resize(MutateProgram<TypeParam>(bytes.data(), start.size(), 2000,
                                          seed, &FlipOneByte));
    std::vector<uint8_t> crossed(2000);
    crossed.resize(
        CrossPrograms<TypeParam>(start, other, crossed.data(), 2000, seed));
    bytes.insert(bytes.end(), crossed.begin(), crossed.end());
    return bytes;
  };
  std::set<std::vector<uint8_t>> results;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    EXPECT_EQ(run(seed), run(seed));
    results.insert(run(seed));
  }
  EXPECT_GT(results.size(), 80u);
}

TYPED_TEST(MutatorTest, EveryKindOfCallAndEveryKeyIsReached) {
  std::set<size_t> kinds;
  std::set<size_t> keys;
  std::vector<uint8_t> bytes(300);
  size_t size = 1;
  for (uint64_t seed = 0; seed < 20000; ++seed) {
    size = MutateProgram<TypeParam>(bytes.data(), size, bytes.size(), seed,
                                    nullptr);
    for (const auto& calls :
         DecodeFrame<TypeParam>({bytes.data(), size}).fibers) {
      for (const auto& call : calls) {
        kinds.insert(static_cast<size_t>(call.kind));
        keys.insert(call.key);
      }
    }
  }
  EXPECT_EQ(kinds.size(), TypeParam::KindCount());
  EXPECT_EQ(keys.size(), TypeParam::kKeys);
}

TYPED_TEST(MutatorTest, CrossedProgramsAreValidAndHaveCallsOfBoth) {
  auto one = RandomProgramOf<TypeParam>(1);
  auto other = RandomProgramOf<TypeParam>(2);
  for (auto& calls : one.fibers) {
    for (auto& call : calls) call.key = 1;
  }
  for (auto& calls : other.fibers) {
    for (auto& call : calls) call.key = 2;
  }
  std::set<int> keys;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    std::vector<uint8_t> bytes(300);
    bytes.resize(CrossPrograms<TypeParam>(EncodeFrame(one), EncodeFrame(other),
                                          bytes.data(), bytes.size(), seed));
    const auto crossed = DecodeFrame<TypeParam>(bytes);
    ASSERT_NO_FATAL_FAILURE(this->ExpectValid(crossed));
    for (const auto& calls : crossed.fibers) keys.insert(calls[0].key);
  }
  EXPECT_EQ(keys, (std::set<int>{1, 2}));
}

// --- Feedback ----------------------------------------------------------------

std::vector<uint8_t> Counted(const sim::ReadsFrom& reads_from) {
  const std::span<uint8_t> counters = ReadsFromCounters();
  std::ranges::fill(counters, uint8_t{0});
  CountReadsFrom(reads_from);
  return {counters.begin(), counters.end()};
}

TYPED_TEST(MutatorTest, TheSameExecutionCountsTheSame) {
  sim::ReadsFrom reads_from;
  sim::Simulation& simulation = TheSimulation();
  simulation.set_reads_from(&reads_from);
  std::set<std::vector<uint8_t>> seen;
  for (uint64_t i = 0; i < 50; ++i) {
    const auto program = RandomProgramOf<TypeParam>(i);
    Execute(simulation, program);
    const std::vector<uint8_t> once = Counted(reads_from);
    const uint64_t its_class = reads_from.execution_class();
    Execute(simulation, program);
    EXPECT_EQ(Counted(reads_from), once);
    EXPECT_EQ(reads_from.execution_class(), its_class);
    seen.insert(once);
  }
  simulation.set_reads_from(nullptr);
  EXPECT_GT(seen.size(), 40u);
}

// Message passing: three outcomes, of which old values are one.
TEST(FeedbackTest, ExecutionsThatReadOtherwiseCountOtherwise) {
  sim::ReadsFrom reads_from;
  sim::Simulation& simulation = TheSimulation();
  simulation.set_reads_from(&reads_from);
  int seen_x = 0;
  int seen_y = 0;
  const auto program = [&] {
    sim::Atomic<int> x;
    sim::Atomic<int> y;
    sim::Spawn([&] {
      x.StoreRelaxed(1);
      y.StoreRelaxed(1);
    });
    sim::Spawn([&] {
      seen_y = y.LoadRelaxed();
      seen_x = x.LoadRelaxed();
    });
    sim::JoinAll();
  };
  // What was read, for each class and for what was counted.
  std::set<std::array<int, 2>> outcomes;
  std::set<uint64_t> classes;
  std::set<std::vector<uint8_t>> counts;
  uint64_t executions = 0;
  executions = sim::ExploreAll(simulation, {}, program,
                               [&](const sim::Execution& execution) {
                                 EXPECT_TRUE(execution.ok());
                                 outcomes.insert({seen_x, seen_y});
                                 classes.insert(reads_from.execution_class());
                                 counts.insert(Counted(reads_from));
                                 return true;
                               });
  simulation.set_reads_from(nullptr);
  EXPECT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(classes.size(), 4u);
  EXPECT_GE(counts.size(), 4u);
  EXPECT_GT(executions, counts.size());
}

}  // namespace
}  // namespace pma::programs
