// SPDX-License-Identifier: Apache-2.0

// What reclamation promises: memory is freed once no guard can see it, not
// before, whatever threads do in between; and a guard that stays holds nothing
// that was made after it stopped.

#include "pma/internal/reclaim/epoch.h"

#include <atomic>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/reclaim/limbo.h"

namespace pma::internal {
namespace {

// A system without membarrier(2), or one that forbids it from the beginning.
struct FullFencePlatform : RealPlatform {
  static bool HasLightFence() { return false; }
  static bool FenceHeavy() {
    FenceSeqCst();
    return true;
  }
};

// One that forbids it later.
struct BrokenFencePlatform : RealPlatform {
  static inline bool broken = false;
  static bool FenceHeavy() { return !broken && RealPlatform::FenceHeavy(); }
};

// Counts its heavy fences, and has something happen whenever a thread waits.
// Its fences are light whatever the system can do: no thread here relies on
// one.
struct CountingPlatform : RealPlatform {
  static bool HasLightFence() { return true; }
  static inline int heavy_fences = 0;
  static inline std::function<void()> while_waiting;
  static bool FenceHeavy() {
    ++heavy_fences;
    return RealPlatform::FenceHeavy();
  }
  static void Pause() {
    if (while_waiting) while_waiting();
  }
};

// What an object is said to weigh, here.
constexpr size_t kBytes = 64;

// Counts the living.
struct Object : Retirable {
  Object() { ++living; }
  ~Object() { --living; }
  static inline std::atomic<int> living{0};
};

size_t Delete(Retirable* object, size_t) {
  delete static_cast<Object*>(object);
  return kBytes;
}

template <class Platform>
class EpochTest : public ::testing::Test {
 protected:
  using GuardOf = Guard<Platform>;
  using LimboOf = Limbo<Platform, 2, Every<16>>;

  static Object* Make() {
    auto* object = new Object;
    object->stamp = EpochClock<Platform>::Now();
    return object;
  }
  void RetireOne(size_t kind = 0) {
    GuardOf guard;
    limbo_.Retire(Make(), kind, kBytes);
  }
  void Collect() { limbo_.Collect(nullptr, Delete); }

  // Runs `meanwhile` while another thread is stopped under a guard.
  template <class Enter, class Meanwhile>
  void WhileStopped(Enter enter, Meanwhile meanwhile) {
    std::latch stopped(1);
    std::latch release(1);
    std::thread reader([&] {
      GuardOf guard;
      enter();
      stopped.count_down();
      release.wait();
    });
    stopped.wait();
    meanwhile();
    release.count_down();
    reader.join();
  }

  void TearDown() override {
    limbo_.CollectAll(Delete);
    EXPECT_EQ(Object::living, 0);
  }

  LimboOf limbo_;
};

using Platforms = ::testing::Types<RealPlatform, FullFencePlatform>;
TYPED_TEST_SUITE(EpochTest, Platforms);

TYPED_TEST(EpochTest, RetiredMemoryIsFreedWhenNoGuardIsLeft) {
  for (int i = 0; i < 100; ++i) this->RetireOne(i % 2);
  EXPECT_EQ(Object::living, 100);
  EXPECT_EQ(this->limbo_.count(), 100u);
  this->Collect();
  EXPECT_EQ(Object::living, 0);
  EXPECT_EQ(this->limbo_.count(), 0u);
}

TYPED_TEST(EpochTest, MemoryAGuardMayHaveFoundStaysUntilThatGuardIsGone) {
  std::vector<Object*> published;
  for (int i = 0; i < 10; ++i) published.push_back(this->Make());
  this->WhileStopped([] {},
                     [&] {
                       for (Object* object : published) {
                         this->limbo_.Retire(object, 0, kBytes);
                       }
                       for (int i = 0; i < 10; ++i) this->Collect();
                       EXPECT_EQ(Object::living, 10);
                     });
  this->Collect();
  EXPECT_EQ(Object::living, 0);
}

TYPED_TEST(EpochTest, AStoppedGuardHoldsNothingMadeInLaterEpochs) {
  this->WhileStopped([] {},
                     [&] {
                       this->RetireOne();  // born in the guard's epoch
                       this->Collect();    // the epoch ends
                       for (int i = 0; i < 1000; ++i) {
                         this->RetireOne();
                         this->Collect();
                         ASSERT_EQ(Object::living, 1);
                       }
                     });
}

TYPED_TEST(EpochTest, AGuardCoversWhatItLoadsLaterOnceItHasAsked) {
  Object* found = nullptr;
  std::latch moved(1);
  std::latch asked(1);
  std::latch release(1);
  std::latch pinned(1);
  std::thread reader([&] {
    typename TestFixture::GuardOf guard;
    pinned.count_down();
    moved.wait();
    EXPECT_FALSE(guard.Covers());  // the clock has moved: load again
    EXPECT_TRUE(guard.Covers());
    asked.count_down();
    release.wait();
  });
  pinned.wait();
  this->RetireOne();
  this->Collect();  // a new epoch
  found = this->Make();
  moved.count_down();
  asked.wait();
  this->limbo_.Retire(found, 0, kBytes);
  for (int i = 0; i < 10; ++i) this->Collect();
  EXPECT_EQ(Object::living, 2);
  release.count_down();
  reader.join();
  this->Collect();
  EXPECT_EQ(Object::living, 0);
}

TYPED_TEST(EpochTest, AGuardHoldsNothingRetiredInEarlierEpochs) {
  this->WhileStopped([] {},
                     [&] {
                       this->RetireOne();
                       this->Collect();
                       EXPECT_EQ(Object::living, 1);
                       // A guard of its own, of a later epoch, does not hold
                       // what the first one holds.
                       this->RetireOne();
                       this->Collect();
                       EXPECT_EQ(Object::living, 1);
                     });
  this->WhileStopped([] {},
                     [&] {
                       this->Collect();
                       EXPECT_EQ(Object::living, 0);
                     });
}

TYPED_TEST(EpochTest, AnInnerGuardDoesNotEndTheOuterOne) {
  Object* object = this->Make();
  this->WhileStopped(
      [] {
        typename TestFixture::GuardOf inner;
        EXPECT_FALSE(inner.outermost());
        inner.Refresh();  // must not let go of what the outer one holds
      },
      [&] {
        this->limbo_.Retire(object, 0, kBytes);
        for (int i = 0; i < 10; ++i) this->Collect();
        EXPECT_EQ(Object::living, 1);
      });
  this->Collect();
  EXPECT_EQ(Object::living, 0);
}

TYPED_TEST(EpochTest, RefreshLetsGoOfWhatWasRetiredBefore) {
  typename TestFixture::GuardOf guard;
  this->limbo_.Retire(this->Make(), 0, kBytes);
  this->Collect();
  EXPECT_EQ(Object::living, 1);
  guard.Refresh();
  this->Collect();
  EXPECT_EQ(Object::living, 0);
}

TYPED_TEST(EpochTest, ACollectorMayLeaveItsOwnGuardOut) {
  typename TestFixture::GuardOf guard;
  this->limbo_.Retire(this->Make(), 0, kBytes);
  this->limbo_.Collect(&guard.record(), Delete);
  EXPECT_EQ(Object::living, 0);
}

TYPED_TEST(EpochTest, WhatAThreadRetiredIsFreedAfterTheThreadHasDied) {
  std::thread([&] { this->RetireOne(); }).join();
  EXPECT_EQ(Object::living, 1);
  this->Collect();
  EXPECT_EQ(Object::living, 0);
}

TYPED_TEST(EpochTest, CollectAllFreesEvenWhatAGuardHolds) {
  typename TestFixture::GuardOf guard;
  this->limbo_.Retire(this->Make(), 0, kBytes);
  this->Collect();
  this->limbo_.Retire(this->Make(), 0, kBytes);
  this->limbo_.CollectAll(Delete);
  EXPECT_EQ(Object::living, 0);
}

// Its time is the test's.
struct ClockPlatform : RealPlatform {
  static inline uint64_t now = 0;
  static uint64_t Milliseconds() { return now; }
};
using ClockedEpochTest = EpochTest<ClockPlatform>;

// Retire() says when: every 16 objects here, half as many again as stayed, and
// at once when the guard that stood in the way has gone.
TEST_F(ClockedEpochTest, CollectionIsDueAfterSomeRetirements) {
  const auto retire_until_due = [&] {
    int retired = 1;
    while (!limbo_.Retire(Make(), 0, kBytes)) ++retired;
    return retired;
  };
  EXPECT_EQ(retire_until_due(), 16);
  Collect();
  EXPECT_EQ(retire_until_due(), 16);
  WhileStopped([] {},
               [&] {
                 for (int i = 0; i < 100; ++i) limbo_.Retire(Make(), 0, kBytes);
                 Collect();
                 EXPECT_EQ(Object::living, 116);
                 EXPECT_EQ(retire_until_due(), 58);
               });
  EXPECT_LE(retire_until_due(), 16);
}

TEST_F(ClockedEpochTest, CollectionIsDueAfterSomeBytes) {
  EXPECT_FALSE(limbo_.Retire(Make(), 0, 40000));
  EXPECT_EQ(limbo_.bytes(), 40000);
  EXPECT_TRUE(limbo_.Retire(Make(), 0, 40000));
  limbo_.Collect(nullptr, [](Retirable* object, size_t) {
    Delete(object, 0);
    return size_t{40000};
  });
  EXPECT_EQ(limbo_.bytes(), 0);
  EXPECT_FALSE(limbo_.Retire(Make(), 0, 40000));
}

TEST_F(ClockedEpochTest, CollectionIsDueAfterSomeTimeUnlessAGuardHoldsAll) {
  EXPECT_FALSE(limbo_.Retire(Make(), 0, kBytes));
  ClockPlatform::now += 10;
  EXPECT_TRUE(limbo_.Retire(Make(), 0, kBytes));
  Collect();
  EXPECT_FALSE(limbo_.Retire(Make(), 0, kBytes));
  WhileStopped([] {},
               [&] {
                 Collect();
                 EXPECT_EQ(Object::living, 1);
                 ClockPlatform::now += 10;
                 EXPECT_FALSE(limbo_.Retire(Make(), 0, kBytes));
               });
  EXPECT_TRUE(limbo_.Retire(Make(), 0, kBytes));
}

// Readers follow a shared pointer that writers keep replacing and retiring. A
// node freed too early is a use after free (ASan), a race (TSan), or a node
// whose canary is gone.
TYPED_TEST(EpochTest, NoReaderSeesFreedMemoryUnderChurn) {
  struct Node : Retirable {
    Node() { stamp = EpochClock<TypeParam>::Now(); }
    ~Node() { canary.store(0); }
    std::atomic<int> canary{42};
  };
  typename TestFixture::LimboOf limbo;
  std::atomic<Node*> shared{new Node};
  constexpr int kWrites = 20000;
  std::atomic<int> writers_left{2};
  const auto free_node = [](Retirable* node, size_t) {
    delete static_cast<Node*>(node);
    return kBytes;
  };
  std::vector<std::thread> threads;
  for (int w = 0; w < 2; ++w) {
    threads.emplace_back([&] {
      for (int i = 0; i < kWrites; ++i) {
        typename TestFixture::GuardOf guard;
        Node* old = shared.exchange(new Node);
        if (limbo.Retire(old, 0, kBytes)) limbo.Collect(nullptr, free_node);
      }
      --writers_left;
    });
  }
  std::atomic<int> dead_nodes_seen{0};
  for (int r = 0; r < 2; ++r) {
    threads.emplace_back([&] {
      while (writers_left > 0) {
        typename TestFixture::GuardOf guard;
        // Several pointers under one guard, each loaded until it is covered.
        for (int loads = 0; loads < 4; ++loads) {
          const Node* node;
          do {
            node = shared.load(std::memory_order_acquire);
          } while (!guard.Covers());
          for (int i = 0; i < 10; ++i) {
            if (node->canary.load(std::memory_order_relaxed) != 42) {
              ++dead_nodes_seen;
            }
          }
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(dead_nodes_seen, 0);
  limbo.CollectAll(free_node);
  delete shared.load();
}

TEST(Epoch, NothingIsFreedWhenTheHeavyFenceFails) {
  // A thread that has used maps and is idle: it may be in a guard, for all that
  // the collector sees.
  {
    Guard<BrokenFencePlatform> guard;
  }
  std::thread([] {
    Limbo<BrokenFencePlatform, 1, Every<16>> limbo;
    BrokenFencePlatform::broken = true;
    for (int i = 0; i < 3; ++i) {
      limbo.Retire(new Object, 0, kBytes);
      limbo.Collect(nullptr, Delete);
    }
    EXPECT_EQ(Object::living, 3);
    EXPECT_EQ(limbo.count(), 3u);
    BrokenFencePlatform::broken = false;
    limbo.Collect(nullptr, Delete);
    EXPECT_EQ(Object::living, 0);
  }).join();
}

// How many heavy fences a hundred collections take, each of which frees what
// has been retired.
int HeavyFencesOfCollections() {
  Limbo<CountingPlatform, 1, Every<16>> limbo;
  CountingPlatform::heavy_fences = 0;
  for (int i = 0; i < 100; ++i) {
    const Guard<CountingPlatform> guard;
    limbo.Retire(new Object, 0, kBytes);
    limbo.Collect(&guard.record(), Delete);
    EXPECT_EQ(Object::living, 0);
  }
  return CountingPlatform::heavy_fences;
}

// A thread that stays idle is asked for by one heavy fence, then no more.
TEST(Epoch, AnIdleThreadCostsOneHeavyFence) {
  {
    const Guard<CountingPlatform> guard;
  }
  std::thread([] { EXPECT_EQ(HeavyFencesOfCollections(), 1); }).join();
}

// A thread at work comes to the new epoch while the collector waits.
TEST(Epoch, AThreadAtWorkCostsNoHeavyFence) {
  std::barrier turn(2);
  std::atomic<bool> done{false};
  std::thread other([&] {
    for (;;) {
      {
        const Guard<CountingPlatform> guard;
      }
      turn.arrive_and_wait();
      turn.arrive_and_wait();  // for the collector to want another one
      if (done) break;
    }
  });
  turn.arrive_and_wait();
  CountingPlatform::while_waiting = [&] {
    turn.arrive_and_wait();
    turn.arrive_and_wait();
  };
  EXPECT_EQ(HeavyFencesOfCollections(), 0);
  CountingPlatform::while_waiting = nullptr;
  done = true;
  turn.arrive_and_wait();
  other.join();
}

TEST(Epoch, SlotsOfDeadThreadsAreUsedAgain) {
  std::set<uint32_t> slots;
  for (int i = 0; i < 200; ++i) {
    std::thread([&] {
      Guard<RealPlatform> guard;
      slots.insert(guard.record().slot);
    }).join();
  }
  EXPECT_LE(slots.size(), 2u);
}

// --- Lifespan ---------------------------------------------------------------

TEST(LifespanTest, NeverForgetsAnEpochOfALife) {
  for (uint64_t retired = 0; retired < 5000; ++retired) {
    for (uint64_t born = 0; born <= retired; ++born) {
      const Lifespan span(Lifespan(born, retired).word());
      ASSERT_EQ(span.retired(), retired);
      ASSERT_LE(span.born(), born) << retired;
      ASSERT_LE((born - span.born()) * 512, retired - born) << retired;
    }
  }
}

TEST(LifespanTest, HoldsAgesOfEveryMagnitude) {
  constexpr uint64_t kLast = (uint64_t{1} << 48) - 1;
  for (int bit = 0; bit < 48; ++bit) {
    for (int64_t near = -2; near <= 2; ++near) {
      const uint64_t age = (uint64_t{1} << bit) + static_cast<uint64_t>(near);
      if (age > kLast) continue;
      for (const uint64_t retired : {age, age + 1, (age + kLast) / 2, kLast}) {
        const uint64_t born = retired - age;
        const Lifespan span(born, retired);
        ASSERT_EQ(span.retired(), retired) << age;
        ASSERT_LE(span.born(), born) << age;
        ASSERT_LE((born - span.born()) >> 8, age >> 8 >> 9) << age;
      }
    }
  }
}

}  // namespace
}  // namespace pma::internal
