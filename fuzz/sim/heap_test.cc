// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sim/heap.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "fuzz/sim/atomic.h"
#include "fuzz/sim/simulation.h"
#include "gtest/gtest.h"

namespace pma::sim {
namespace {

TEST(HeapTest, BlocksAreApartAlignedAndNotUsedAgain) {
  Heap heap;
  void* first = heap.Allocate(3, 1, Heap::Owner::kAllocator);
  void* second = heap.Allocate(100, 64, Heap::Owner::kAllocator);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(second) % 64, 0u);
  EXPECT_GE(static_cast<std::byte*>(second),
            static_cast<std::byte*>(first) + 8);
  EXPECT_EQ(heap.live_bytes(), 103u);
  heap.Free(heap.BlockAt(first));
  EXPECT_EQ(heap.live_blocks(), 1u);
  EXPECT_NE(heap.Allocate(3, 1, Heap::Owner::kAllocator), first);
}

TEST(HeapTest, AddressesAreTheSameAfterAReset) {
  Heap heap;
  void* first = heap.Allocate(40, 8, Heap::Owner::kNew);
  heap.Reset();
  EXPECT_EQ(heap.Allocate(40, 8, Heap::Owner::kNew), first);
}

TEST(HeapTest, KnowsWhereBlocksBegin) {
  Heap heap;
  auto* first =
      static_cast<std::byte*>(heap.Allocate(24, 8, Heap::Owner::kNew));
  auto* second =
      static_cast<std::byte*>(heap.Allocate(24, 8, Heap::Owner::kNew));
  EXPECT_EQ(heap.BlockAt(first).bytes, 24u);
  EXPECT_EQ(heap.BlockAt(first + 8).begin, nullptr);
  EXPECT_EQ(heap.BlockAround(first + 8).begin, first);
  EXPECT_EQ(heap.BlockAround(second + 24).begin, second);
}

TEST(HeapTest, RunsOut) {
  Heap heap;
  EXPECT_EQ(heap.Allocate(Heap::kBytes, 8, Heap::Owner::kNew), nullptr);
  EXPECT_NE(heap.Allocate(Heap::kBytes / 2, 8, Heap::Owner::kNew), nullptr);
  EXPECT_EQ(heap.Allocate(Heap::kBytes / 2, 8, Heap::Owner::kNew), nullptr);
}

// The rest: operator new of a program under simulation (replace_new.cc).

TEST(ReplacedNewTest, TakesMemoryFromTheSimulatedHeapDuringAnExecution) {
  Simulation simulation;
  bool owned = false;
  bool aligned_owned = false;
  const Execution execution = simulation.Run({}, [&] {
    const auto block = std::make_unique<int>(1);
    owned = simulation.heap().Owns(block.get());
    struct alignas(64) Line {
      char bytes[64];
    };
    const auto line = std::make_unique<Line>();
    aligned_owned = simulation.heap().Owns(line.get()) &&
                    reinterpret_cast<uintptr_t>(line.get()) % 64 == 0;
  });
  EXPECT_TRUE(execution.ok()) << execution.message;
  EXPECT_TRUE(owned);
  EXPECT_TRUE(aligned_owned);
  EXPECT_FALSE(simulation.heap().Owns(std::make_unique<int>(1).get()));
}

TEST(ReplacedNewTest, RealHeapKeepsWhatATestCollects) {
  Simulation simulation;
  std::vector<int> collected;
  for (int run = 0; run < 3; ++run) {
    const Execution execution = simulation.Run({}, [&] {
      for (int i = 0; i < 100; ++i) {
        Simulation::RealHeap real_heap;
        collected.push_back(i);
      }
    });
    EXPECT_TRUE(execution.ok()) << execution.message;
  }
  EXPECT_EQ(collected.size(), 300u);
  EXPECT_FALSE(simulation.heap().Owns(collected.data()));
}

TEST(ReplacedNewTest, BlocksThatOutliveTheirExecutionAreForgotten) {
  Simulation simulation;
  std::unique_ptr<int> kept;
  EXPECT_TRUE(
      simulation.Run({}, [&] { kept = std::make_unique<int>(1); }).ok());
  kept.reset();
  EXPECT_TRUE(
      simulation.Run({}, [&] { kept = std::make_unique<int>(1); }).ok());
}

TEST(ReplacedNewTest, DeletingTwiceIsReported) {
  Simulation simulation;
  const Execution execution = simulation.Run({}, [] {
    void* volatile block = ::operator new(8);
    ::operator delete(block);
    ::operator delete(block);
  });
  EXPECT_EQ(execution.outcome, Outcome::kMemory);
  EXPECT_NE(execution.message.find("free of what is not a live block"),
            std::string::npos)
      << execution.message;
}

TEST(ReplacedNewTest, AFiberMayCaptureMoreThanFitsIntoAFunctionObject) {
  Simulation simulation;
  for (int run = 0; run < 3; ++run) {
    const Execution execution = simulation.Run({}, [&] {
      Atomic<int> sum;
      int numbers[20] = {1, 2, 3};
      for (int i = 0; i < 3; ++i) {
        Spawn(
            [&sum, i, numbers] { sum.FetchAdd(numbers[i], Order::kRelaxed); });
      }
      JoinAll();
      Check(sum.Load(Order::kRelaxed) == 6, "the sum");
    });
    EXPECT_TRUE(execution.ok()) << execution.message;
  }
}

}  // namespace
}  // namespace pma::sim
