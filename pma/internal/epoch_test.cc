// What reclamation promises: memory retired under a guard is freed once no
// guard can see it, not before, whatever threads do in between.

#include "pma/internal/epoch.h"

#include <atomic>
#include <cstddef>
#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "pma/internal/platform.h"

namespace pma::internal {
namespace {

using GuardOf = Guard<RealPlatform>;
using LimboOf = Limbo<RealPlatform, 2>;

// Counts the living, and fails if one dies twice.
struct Object : Retirable {
  Object() { ++living; }
  ~Object() { --living; }
  static inline std::atomic<int> living{0};
};

void Delete(Retirable* object, size_t) { delete static_cast<Object*>(object); }

// As often as needed to free everything that no guard holds back.
void CollectAll(LimboOf& limbo) {
  for (int i = 0; i < 4; ++i) {
    GuardOf guard;
    limbo.Collect(TryAdvanceEpoch<RealPlatform>(), Delete);
  }
}

void RetireOne(LimboOf& limbo, size_t kind = 0) {
  GuardOf guard;
  limbo.Retire(new Object, kind);
}

TEST(Epoch, RetiredMemoryIsFreedWhenNoGuardIsLeft) {
  LimboOf limbo;
  for (int i = 0; i < 100; ++i) RetireOne(limbo, i % 2);
  EXPECT_EQ(Object::living, 100);
  CollectAll(limbo);
  EXPECT_EQ(Object::living, 0);
}

TEST(Epoch, MemoryRetiredUnderAnOlderGuardStaysUntilThatGuardIsGone) {
  LimboOf limbo;
  std::latch pinned(1);
  std::latch release(1);
  std::thread reader([&] {
    GuardOf guard;
    pinned.count_down();
    release.wait();
  });
  pinned.wait();
  for (int i = 0; i < 10; ++i) RetireOne(limbo);
  for (int i = 0; i < 10; ++i) CollectAll(limbo);
  EXPECT_EQ(Object::living, 10);
  release.count_down();
  reader.join();
  CollectAll(limbo);
  EXPECT_EQ(Object::living, 0);
}

TEST(Epoch, AnInnerGuardDoesNotEndTheOuterOne) {
  LimboOf limbo;
  std::latch pinned(1);
  std::latch release(1);
  std::thread reader([&] {
    GuardOf outer;
    {
      GuardOf inner;
      EXPECT_FALSE(inner.outermost());
      inner.Refresh();  // must not let go of what the outer one holds
    }
    pinned.count_down();
    release.wait();
  });
  pinned.wait();
  RetireOne(limbo);
  for (int i = 0; i < 10; ++i) CollectAll(limbo);
  EXPECT_EQ(Object::living, 1);
  release.count_down();
  reader.join();
  CollectAll(limbo);
  EXPECT_EQ(Object::living, 0);
}

TEST(Epoch, RefreshLetsGoOfWhatWasRetiredBefore) {
  LimboOf limbo;
  RetireOne(limbo);
  GuardOf guard;
  for (int i = 0; i < 4; ++i) {
    guard.Refresh();
    limbo.Collect(TryAdvanceEpoch<RealPlatform>(), Delete);
  }
  EXPECT_EQ(Object::living, 0);
}

TEST(Epoch, WhatAThreadRetiredIsFreedAfterTheThreadHasDied) {
  LimboOf limbo;
  std::thread([&] { RetireOne(limbo); }).join();
  EXPECT_EQ(Object::living, 1);
  CollectAll(limbo);
  EXPECT_EQ(Object::living, 0);
}

TEST(Epoch, SlotsOfDeadThreadsAreUsedAgain) {
  std::set<uint32_t> slots;
  for (int i = 0; i < 200; ++i) {
    std::thread([&] {
      GuardOf guard;
      slots.insert(guard.record().slot);
    }).join();
  }
  EXPECT_LE(slots.size(), 2u);
}

TEST(Epoch, CollectAllFreesEvenWhatAGuardHolds) {
  LimboOf limbo;
  RetireOne(limbo);
  RetireOne(limbo);
  limbo.CollectAll(Delete);
  EXPECT_EQ(Object::living, 0);
}

TEST(Epoch, GarbageMovesWithItsList) {
  LimboOf limbo;
  RetireOne(limbo);
  LimboOf other;
  other.TakeFrom(limbo);
  limbo.CollectAll(Delete);
  EXPECT_EQ(Object::living, 1);
  other.CollectAll(Delete);
  EXPECT_EQ(Object::living, 0);
}

// Readers follow a shared pointer that writers keep replacing and retiring. A
// node freed too early is a use after free (ASan), a race (TSan), or a node
// whose canary is gone.
TEST(Epoch, NoReaderSeesFreedMemoryUnderChurn) {
  struct Node : Retirable {
    ~Node() { canary.store(0); }
    std::atomic<int> canary{42};
  };
  LimboOf limbo;
  std::atomic<Node*> shared{new Node};
  constexpr int kWrites = 5000;
  std::atomic<int> writers_left{2};
  const auto free_node = [](Retirable* node, size_t) {
    delete static_cast<Node*>(node);
  };
  std::vector<std::thread> threads;
  for (int w = 0; w < 2; ++w) {
    threads.emplace_back([&] {
      for (int i = 0; i < kWrites; ++i) {
        GuardOf guard;
        Node* old = shared.exchange(new Node);
        if (limbo.Retire(old, 0) >= 16) {
          limbo.Collect(TryAdvanceEpoch<RealPlatform>(), free_node);
        }
      }
      --writers_left;
    });
  }
  std::atomic<int> dead_nodes_seen{0};
  for (int r = 0; r < 2; ++r) {
    threads.emplace_back([&] {
      while (writers_left > 0) {
        GuardOf guard;
        const Node* node = shared.load();
        for (int i = 0; i < 10; ++i) {
          if (node->canary.load() != 42) ++dead_nodes_seen;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(dead_nodes_seen, 0);
  limbo.CollectAll(free_node);
  delete shared.load();
}

}  // namespace
}  // namespace pma::internal
