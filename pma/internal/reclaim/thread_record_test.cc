// SPDX-License-Identifier: Apache-2.0

// What threads leave behind: a record each, for the next thread. There are
// never more records than threads that were there at the same time, two threads
// never share one, and the limit is where the documentation says.

#include "pma/internal/reclaim/thread_record.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "pma/internal/machine/platform.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/threads.h"

namespace pma::internal {
namespace {

using testing::kSanitized;
using testing::RunThreads;
using testing::Scaled;

template <class Platform>
size_t RecordCount() {
  size_t count = 0;
  for (auto* record = ThreadRegistry<Platform>::Head(); record != nullptr;
       record = record->next) {
    ++count;
  }
  return count;
}

// Registries of their own, so that tests do not see each other's threads.
template <int kTest>
struct PlatformOf : RealPlatform {};

TEST(ThreadRecordTest, TenThousandShortLivedThreadsLeaveAsManyRecordsAsMet) {
  using Registry = ThreadRegistry<PlatformOf<1>>;
  constexpr size_t kAtOnce = 8;
  for (int i = 0; i < Scaled(10000, 1000); i += kAtOnce) {
    RunThreads(kAtOnce, [](size_t) { Registry::Current(); });
  }
  EXPECT_GE(RecordCount<PlatformOf<1>>(), 1u);
  EXPECT_LE(RecordCount<PlatformOf<1>>(), kAtOnce);
}

TEST(ThreadRecordTest, NoTwoThreadsShareARecord) {
  using Registry = ThreadRegistry<PlatformOf<2>>;
  static std::array<std::atomic<int>, 64> owners;
  std::atomic<int> shared{0};
  RunThreads(4, [&](size_t) {
    for (int i = 0; i < Scaled(2000, 300); ++i) {
      std::thread([&] {
        const size_t slot = Registry::Current().slot;
        if (owners.at(slot).fetch_add(1) != 0) ++shared;
        std::this_thread::yield();
        owners.at(slot).fetch_sub(1);
      }).join();
    }
  });
  EXPECT_EQ(shared, 0);
  EXPECT_LE(RecordCount<PlatformOf<2>>(), 4u);
}

TEST(ThreadRecordTest, ASlotNumberLeadsToItsRecord) {
  using Registry = ThreadRegistry<PlatformOf<3>>;
  RunThreads(4, [](size_t) {
    auto& record = Registry::Current();
    EXPECT_EQ(&Registry::AtSlot(record.slot), &record);
    EXPECT_EQ(&Registry::Current(), &record);
  });
}

// Any number of threads on one: those of which `current` is the number.
struct FakeThreads : RealPlatform {
  static inline size_t current = 0;
  static inline void (*at_exit)() = nullptr;

  template <class Owner, class T>
  static T& ThreadLocal() {
    static std::vector<T> locals(kMaxThreads + 2);
    return locals.at(current);
  }
  template <void (*function)()>
  static void AtThreadExit() {
    at_exit = function;
  }
  static void Exit(size_t thread) {
    current = thread;
    at_exit();
  }
};

TEST(ThreadRecordTest, The65537thThreadIsRefusedUntilAnotherOneExits) {
  if (kSanitized) GTEST_SKIP() << "takes 140 MB of records";
  using Registry = ThreadRegistry<FakeThreads>;
  std::set<uint32_t> slots;
  for (size_t thread = 0; thread < 65536; ++thread) {
    FakeThreads::current = thread;
    slots.insert(Registry::Current().slot);
  }
  EXPECT_EQ(slots.size(), 65536u);
  FakeThreads::current = 65536;
  EXPECT_THROW(Registry::Current(), std::length_error);
  EXPECT_THROW(Registry::Current(), std::length_error);

  FakeThreads::current = 777;
  const uint32_t slot = Registry::Current().slot;
  FakeThreads::Exit(777);
  FakeThreads::current = 65536;
  EXPECT_EQ(Registry::Current().slot, slot);
  FakeThreads::current = 65537;
  EXPECT_THROW(Registry::Current(), std::length_error);
  EXPECT_EQ(RecordCount<FakeThreads>(), 65536u);
}

}  // namespace
}  // namespace pma::internal
