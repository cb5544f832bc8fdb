// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sim/simulation.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/sim/atomic.h"
#include "fuzz/sim/explore.h"
#include "gtest/gtest.h"

namespace pma::sim {
namespace {

using Bytes = std::vector<uint8_t>;

// Runs every execution of `program`; the outcomes that occurred.
std::set<Outcome> AllOutcomes(const std::function<void()>& program,
                              std::string* message = nullptr) {
  std::set<Outcome> outcomes;
  Simulation simulation;
  Options options;
  options.max_steps = 200;
  ExploreAll(simulation, options, program, [&](const Execution& execution) {
    outcomes.insert(execution.outcome);
    if (!execution.ok() && message != nullptr) *message = execution.message;
    return true;
  });
  return outcomes;
}

using Outcomes = std::set<Outcome>;

testing::AssertionResult Says(const std::string& text, const char* part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no '" << part << "' in: " << text;
}

// Bytes as a fuzzer might give them.
Bytes RandomBytes(uint64_t seed, size_t count) {
  Bytes bytes(count);
  for (uint8_t& byte : bytes) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<uint8_t>(seed >> 56);
  }
  return bytes;
}

// --- Determinism -------------------------------------------------------------

void ThreeFibersAtWork() {
  Atomic<int> x[4];
  for (int fiber = 0; fiber < 3; ++fiber) {
    Spawn([&x, fiber] {
      for (int i = 0; i < 4; ++i) {
        const int read = x[i].Load(Order::kAcquire);
        x[(i + fiber) % 4].Store(read + fiber, Order::kRelease);
      }
    });
  }
  JoinAll();
}

TEST(DeterminismTest, AScheduleGivesTheSameExecutionEveryTime) {
  Simulation simulation;
  Simulation other;
  std::set<uint64_t> hashes;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Bytes bytes = RandomBytes(seed, 60);
    Options options;
    options.schedule = {seed % 2 == 0 ? Mode::kDense : Mode::kPct, bytes};
    const Execution once = simulation.Run(options, ThreeFibersAtWork);
    options.trace = true;
    const Execution twice = other.Run(options, ThreeFibersAtWork);
    EXPECT_TRUE(once.ok()) << once.message;
    EXPECT_EQ(once.hash, twice.hash);
    EXPECT_EQ(once.steps, twice.steps);
    hashes.insert(once.hash);
  }
  EXPECT_GT(hashes.size(), 100u) << "the hash must tell executions apart";
}

TEST(DeterminismTest, AnExecutionCanBeReplayedFromItsSparseSchedule) {
  Simulation simulation;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Bytes bytes = RandomBytes(seed, 60);
    Options options;
    options.schedule = {seed % 2 == 0 ? Mode::kDense : Mode::kPct, bytes};
    const Execution execution = simulation.Run(options, ThreeFibersAtWork);
    const Bytes sparse = simulation.chooser().AsSparse();
    options.schedule = {Mode::kSparse, sparse};
    EXPECT_EQ(simulation.Run(options, ThreeFibersAtWork).hash, execution.hash);
  }
}

TEST(DeterminismTest, EveryPrefixOfAScheduleIsASchedule) {
  Simulation simulation;
  const Bytes bytes = RandomBytes(1, 60);
  for (const Mode mode : {Mode::kDense, Mode::kPct, Mode::kSparse}) {
    for (size_t size = 0; size <= bytes.size(); ++size) {
      Options options;
      options.schedule = {mode, {bytes.data(), size}};
      EXPECT_TRUE(simulation.Run(options, ThreeFibersAtWork).ok());
    }
  }
}

// With no bytes fibers run one after the other.
TEST(DeterminismTest, TheEmptyScheduleRunsEachFiberToItsEnd) {
  Simulation simulation;
  std::string order;
  const Execution execution = simulation.Run({}, [&] {
    Atomic<int> x;
    for (const char name : {'a', 'b', 'c'}) {
      Spawn([&, name] {
        for (int i = 0; i < 3; ++i) {
          x.Store(i, Order::kRelaxed);
          order += name;
        }
      });
    }
    JoinAll();
  });
  EXPECT_TRUE(execution.ok());
  EXPECT_EQ(order, "aaabbbccc");
}

Atomic<int> static_counter{5};

TEST(DeterminismTest, StaticAtomicsBeginEachExecutionAsTheFirst) {
  Simulation simulation;
  for (int run = 0; run < 3; ++run) {
    const Execution execution = simulation.Run({}, [] {
      Check(static_counter.FetchAdd(1, Order::kRelaxed) == 5, "begins at 5");
      Check(static_counter.Load(Order::kRelaxed) == 6, "is 6");
    });
    EXPECT_TRUE(execution.ok()) << execution.message;
    EXPECT_EQ(static_counter.LoadRelaxed(), 5);
  }
}

// --- Fibers ------------------------------------------------------------------

TEST(FibersTest, WhatWasDoneBeforeSpawnAndBeforeJoinIsSeen) {
  EXPECT_EQ(AllOutcomes([] {
              Atomic<int> x;
              Var<int> plain;
              x.Store(1, Order::kRelaxed);
              plain.Write(1);
              Spawn([&] {
                Check(x.Load(Order::kRelaxed) >= 1, "sees what was before it");
                Check(plain.Read() == 1, "sees plain data, too");
                x.Store(2, Order::kRelaxed);
                plain.Write(2);
              });
              JoinAll();
              Check(x.Load(Order::kRelaxed) == 2, "sees what was joined");
              Check(plain.Read() == 2, "and its plain data");
            }),
            Outcomes{Outcome::kDone});
}

TEST(FibersTest, MoreFibersThanFitAtOnceMayRunOneAfterTheOther) {
  Simulation simulation;
  const Execution execution = simulation.Run({}, [] {
    Var<int> x;
    for (int i = 0; i < 100; ++i) {
      Spawn([&] { x.Write(x.Read() + 1); });
      JoinAll();
    }
    Check(x.Read() == 100, "each fiber has added 1");
  });
  EXPECT_TRUE(execution.ok()) << execution.message;
}

TEST(FibersTest, TooManyAtOnceAreReported) {
  Simulation simulation;
  const Execution execution = simulation.Run({}, [] {
    for (int i = 0; i < kMaxFibers; ++i) Spawn([] {});
    JoinAll();
  });
  EXPECT_EQ(execution.outcome, Outcome::kFailed);
}

TEST(FibersTest, EachHasItsOwnLocalStorageAndExits) {
  static std::string* exits;
  std::string text;
  exits = &text;
  static const int slot = Simulation::NewLocalSlot();
  const auto local = [] {
    return static_cast<int*>(Simulation::Current()->Local(slot));
  };
  Simulation simulation;
  const Execution execution = simulation.Run({}, [&] {
    for (int i = 1; i <= 3; ++i) {
      Spawn([&, i] {
        Check(*local() == 0, "zero at first");
        *local() = i;
        for (int twice = 0; twice < 2; ++twice) {
          Simulation::Current()->AtExit([] {
            *exits += std::to_string(
                *static_cast<int*>(Simulation::Current()->Local(slot)));
          });
        }
      });
    }
    JoinAll();
    Check(*local() == 0, "not touched by others");
  });
  EXPECT_TRUE(execution.ok()) << execution.message;
  EXPECT_EQ(text, "123");
}

TEST(FibersTest, AnExceptionThatLeavesAFiberIsReported) {
  EXPECT_EQ(AllOutcomes([] {
              Spawn([] { throw std::runtime_error("nobody catches this"); });
              JoinAll();
            }),
            Outcomes{Outcome::kFailed});
}

TEST(FibersTest, AFiberMayBeSwitchedAwayFromWithinACatchBlock) {
  EXPECT_EQ(AllOutcomes([] {
              Atomic<int> x;
              for (int i = 0; i < 2; ++i) {
                Spawn([&, i] {
                  int caught = -1;
                  try {
                    try {
                      throw i;
                    } catch (int) {
                      x.Store(i, Order::kRelaxed);
                      throw;
                    }
                  } catch (int n) {
                    caught = n;
                  }
                  Check(caught == i, "catches its own exception");
                });
              }
              JoinAll();
            }),
            Outcomes{Outcome::kDone});
}

// --- Waiting -----------------------------------------------------------------

TEST(WaitingTest, ASpinningFiberLetsTheOtherFinish) {
  EXPECT_EQ(AllOutcomes([] {
              Atomic<bool> ready;
              Var<int> data;
              Spawn([&] {
                while (!ready.Load(Order::kAcquire)) {
                  Simulation::Current()->Yield();
                }
                Check(data.Read() == 1, "the data is there");
              });
              Spawn([&] {
                data.Write(1);
                ready.Store(true, Order::kRelease);
              });
              JoinAll();
            }),
            Outcomes{Outcome::kDone});
}

TEST(WaitingTest, SpinningForWhatNobodyDoesIsADeadlock) {
  std::string message;
  EXPECT_EQ(AllOutcomes(
                [] {
                  Atomic<bool> never;
                  Spawn([&] {
                    while (!never.Load(Order::kAcquire)) {
                      Simulation::Current()->Yield();
                    }
                  });
                  JoinAll();
                },
                &message),
            Outcomes{Outcome::kDeadlock});
  EXPECT_TRUE(Says(message, "fiber 0 joins the others, fiber 1 spins."));
}

TEST(WaitingTest, LocksInOppositeOrderMayDeadlock) {
  std::string message;
  const auto both = [](Mutex& first, Mutex& second) {
    first.Lock();
    second.Lock();
    second.Unlock();
    first.Unlock();
  };
  EXPECT_EQ(AllOutcomes(
                [&] {
                  Mutex a;
                  Mutex b;
                  Spawn([&] { both(a, b); });
                  Spawn([&] { both(b, a); });
                  JoinAll();
                },
                &message),
            (Outcomes{Outcome::kDone, Outcome::kDeadlock}));
  EXPECT_TRUE(Says(message, "fiber 1 is blocked, fiber 2 is blocked."));
}

TEST(WaitingTest, LocksInOneOrderNeverDeadlockAndGuardPlainData) {
  EXPECT_EQ(AllOutcomes([] {
              Mutex mutex;
              Var<int> sum;
              for (int i = 0; i < 2; ++i) {
                Spawn([&] {
                  mutex.Lock();
                  sum.Write(sum.Read() + 1);
                  mutex.Unlock();
                });
              }
              JoinAll();
              Check(sum.Read() == 2, "nothing is lost");
            }),
            Outcomes{Outcome::kDone});
}

TEST(WaitingTest, WorkWithoutEndIsALivelock) {
  std::string message;
  EXPECT_EQ(AllOutcomes(
                [] {
                  Atomic<int> x;
                  for (;;) x.FetchAdd(1, Order::kRelaxed);
                },
                &message),
            Outcomes{Outcome::kLivelock});
  EXPECT_TRUE(Says(message, "livelock"));
}

// --- Races -------------------------------------------------------------------

// The writer hands `data` over by `flag`, the reader takes it.
std::set<Outcome> HandOver(Order store, Order load,
                           std::string* message = nullptr) {
  return AllOutcomes(
      [=] {
        Atomic<bool> flag;
        Var<int> data;
        Spawn([&] {
          data.Write(1);
          flag.Store(true, store);
        });
        Spawn([&] {
          if (flag.Load(load)) Check(data.Read() == 1, "the data is there");
        });
        JoinAll();
      },
      message);
}

TEST(RaceTest, ReleaseAndAcquireOrderPlainData) {
  EXPECT_EQ(HandOver(Order::kRelease, Order::kAcquire),
            Outcomes{Outcome::kDone});
}

TEST(RaceTest, WithoutEitherTheyRace) {
  std::string message;
  const Outcomes racy = {Outcome::kDone, Outcome::kMemory};
  EXPECT_EQ(HandOver(Order::kRelaxed, Order::kAcquire, &message), racy);
  EXPECT_TRUE(Says(message, "data race"));
  EXPECT_TRUE(Says(message, "with fiber 1"));
  EXPECT_EQ(HandOver(Order::kRelease, Order::kRelaxed), racy);
}

// The order of seq_cst fences decides what loads return, but it is no
// happens-before: the memory between them is not handed over.
TEST(RaceTest, TheOrderOfSeqCstFencesDoesNotOrderPlainData) {
  EXPECT_EQ(AllOutcomes([] {
              Var<int> data;
              Spawn([&] {
                data.Write(1);
                FenceSeqCst();
              });
              Spawn([&] {
                FenceSeqCst();
                data.Read();
              });
              JoinAll();
            }),
            Outcomes{Outcome::kMemory});
}

TEST(RaceTest, TwoReadersDoNotRace) {
  EXPECT_EQ(AllOutcomes([] {
              Var<int> data;
              for (int i = 0; i < 2; ++i) Spawn([&] { data.Read(); });
              JoinAll();
              data.Write(1);
            }),
            Outcomes{Outcome::kDone});
}

// An atomic is constructed by a plain write.
TEST(RaceTest, AnAtomicPublishedWithoutReleaseIsRacedFor) {
  for (const Order order : {Order::kRelaxed, Order::kRelease}) {
    const Outcomes outcomes = AllOutcomes([=] {
      alignas(Atomic<int>) std::byte memory[sizeof(Atomic<int>)];
      Atomic<Atomic<int>*> pointer;
      Spawn([&] { pointer.Store(::new (memory) Atomic<int>(1), order); });
      Spawn([&] {
        if (Atomic<int>* published = pointer.Load(Order::kAcquire)) {
          Check(published->Load(Order::kRelaxed) == 1, "it is constructed");
        }
      });
      JoinAll();
    });
    EXPECT_EQ(outcomes.contains(Outcome::kMemory), order == Order::kRelaxed);
    EXPECT_TRUE(outcomes.contains(Outcome::kDone));
    EXPECT_FALSE(outcomes.contains(Outcome::kFailed));
  }
}

// --- Freed memory ------------------------------------------------------------

struct Node {
  Atomic<int> value;
};

// A reader may hold the node that the other fiber frees; `announced`, it tells
// when it no longer does.
std::set<Outcome> FreeUnderAReader(Order announced, bool wait,
                                   std::string* message) {
  return AllOutcomes(
      [=] {
        Allocator<Node> allocator;
        Node* node = ::new (allocator.allocate(1)) Node;
        Atomic<int> reading{1};
        Spawn([&] {
          node->value.Load(Order::kRelaxed);
          reading.Store(0, announced);
        });
        Spawn([&] {
          while (wait && reading.Load(Order::kAcquire) != 0) {
            Simulation::Current()->Yield();
          }
          allocator.deallocate(node, 1);
        });
        JoinAll();
      },
      message);
}

TEST(FreedMemoryTest, AReaderThatIsWaitedForIsSafe) {
  EXPECT_EQ(FreeUnderAReader(Order::kRelease, /*wait=*/true, nullptr),
            Outcomes{Outcome::kDone});
}

TEST(FreedMemoryTest, AReaderThatIsNotWaitedForIsCaughtInEveryExecution) {
  std::string message;
  EXPECT_EQ(FreeUnderAReader(Order::kRelease, /*wait=*/false, &message),
            Outcomes{Outcome::kMemory});
}

// Here the access always comes first; but nothing says that it must.
TEST(FreedMemoryTest, AReaderWhoseLastLookIsNotOrderedBeforeTheFreeIsCaught) {
  std::string message;
  EXPECT_EQ(FreeUnderAReader(Order::kRelaxed, /*wait=*/true, &message),
            Outcomes{Outcome::kMemory});
  EXPECT_TRUE(Says(message, "freed while in use"));
}

TEST(FreedMemoryTest, AccessesOutsideOfBlocksAreReported) {
  Simulation simulation;
  const auto access = [&](size_t index, bool freed) {
    return simulation
        .Run({},
             [&] {
               Allocator<Node> allocator;
               Node* nodes = allocator.allocate(4);
               if (freed) allocator.deallocate(nodes, 4);
               nodes[index].value.Load(Order::kRelaxed);
             })
        .message;
  };
  EXPECT_EQ(access(3, false), "");
  EXPECT_TRUE(Says(access(4, false), "outside of every allocated block"));
  EXPECT_TRUE(Says(access(4, false), "byte 16 of a block of 16"));
  EXPECT_TRUE(Says(access(1, true), "use after free"));
  EXPECT_TRUE(Says(access(1, true), "byte 4 of a block of 16, freed"));
}

TEST(FreedMemoryTest, WhatAllocatorsKeepIsCounted) {
  Simulation simulation;
  simulation.Run({}, [] {
    Allocator<int> allocator;
    allocator.deallocate(allocator.allocate(1), 1);
    allocator.allocate(5);
  });
  EXPECT_EQ(simulation.heap().live_blocks(), 1u);
  EXPECT_EQ(simulation.heap().live_bytes(), 5 * sizeof(int));
}

// --- Reports -----------------------------------------------------------------

TEST(TraceTest, ShowsAColumnForEachFiberAndEveryStaleValue) {
  const auto program = [] {
    Atomic<int> version;
    Simulation::Current()->Name(&version, "version");
    Spawn([&] {
      for (int i = 1; i <= 4; ++i) version.Store(i, Order::kRelease);
    });
    Spawn([&] {
      Simulation::Current()->Note("find(7)");
      version.Load(Order::kRelaxed);
    });
    JoinAll();
  };
  Simulation simulation;
  // Five decisions for the writer, then one at the load: the second newest.
  const Bytes bytes = {5, 1};
  Options options;
  options.schedule = {Mode::kSparse, bytes};
  options.trace = true;
  ASSERT_TRUE(simulation.Run(options, program).ok());
  const std::string trace = simulation.Trace();
  EXPECT_TRUE(Says(trace, "version reads 3 (version 3, newest 4)"));
  EXPECT_TRUE(Says(trace, "version = 4 release"));
  EXPECT_TRUE(Says(trace, "-- find(7)"));
  EXPECT_TRUE(Says(trace, "|                                      | version"));
}

TEST(TraceTest, AFailedCheckSaysWhoAndWhat) {
  Simulation simulation;
  const Execution execution = simulation.Run({}, [] {
    Spawn([] { Check(1 + 1 == 3, "arithmetic"); });
    JoinAll();
  });
  EXPECT_EQ(execution.outcome, Outcome::kFailed);
  EXPECT_EQ(execution.message, "fiber 1: arithmetic");
}

TEST(TraceTest, ASimulationIsAsNewAfterAFailure) {
  Simulation simulation;
  const uint64_t hash = simulation.Run({}, ThreeFibersAtWork).hash;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(simulation
                     .Run({},
                          [] {
                            Atomic<int> x;
                            Spawn([&] { x.Store(1, Order::kRelaxed); });
                            Spawn([] { Check(false, "at once"); });
                            JoinAll();
                          })
                     .ok());
    EXPECT_EQ(simulation.Run({}, ThreeFibersAtWork).hash, hash);
  }
}

}  // namespace
}  // namespace pma::sim
