// SPDX-License-Identifier: Apache-2.0

#include "pma/internal/store/box_pages.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/internal/machine/platform.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/random.h"

namespace pma::internal {
namespace {

using testing::AllocationLedger;
using testing::CountingAllocator;
using testing::Random;

constexpr size_t kChunkBytes = size_t{16} << 10;
constexpr size_t kMostBytes = 256;
using Pages = BoxPages<RealPlatform, CountingAllocator<std::byte>,
                       /*kPageBytes=*/1024 - 64, kChunkBytes,
                       /*kOwners=*/3>;

// A box, and what all of its bytes are.
struct Filled {
  Pages::Box box;
  size_t bytes;
  unsigned char fill;
};

class BoxPagesTest : public ::testing::Test {
 protected:
  Filled Make(size_t slot, size_t bytes, unsigned fill) {
    const Filled made{pages_.Allocate(slot, bytes), bytes,
                      static_cast<unsigned char>(fill)};
    std::memset(made.box.memory, made.fill, bytes);
    return made;
  }
  // False if another box lies there, too, or it is not aligned.
  bool FreeIntact(const Filled& made) {
    const auto* bytes = static_cast<const unsigned char*>(made.box.memory);
    const bool intact =
        reinterpret_cast<uintptr_t>(bytes) % Pages::kUnit == 0 &&
        std::all_of(bytes, bytes + made.bytes,
                    [&](unsigned char byte) { return byte == made.fill; });
    pages_.Free(made.box.memory, made.box.distance);
    return intact;
  }
  // Makes and frees boxes of all sizes, half as many as there are steps.
  bool Churn(size_t slot, size_t steps, std::vector<Filled>& boxes) {
    Random random(slot);
    bool intact = true;
    for (size_t i = 0; i < steps; ++i) {
      if (boxes.empty() || random.Below(2) == 0) {
        boxes.push_back(Make(slot + random.Below(2),
                             1 + random.Below(kMostBytes),
                             static_cast<unsigned>(random.Next())));
      } else {
        std::swap(boxes[random.Below(boxes.size())], boxes.back());
        intact = FreeIntact(boxes.back()) && intact;
        boxes.pop_back();
      }
    }
    return intact;
  }

  AllocationLedger ledger_;
  CountingAllocator<std::byte> allocator_{&ledger_};
  Pages pages_{allocator_};
};

TEST_F(BoxPagesTest, HaveRoomForSmallBoxesOnceOpen) {
  EXPECT_FALSE(pages_.HasRoomFor(1));
  EXPECT_EQ(pages_.bytes(), 0u);
  pages_.Open();
  EXPECT_TRUE(pages_.HasRoomFor(kMostBytes));
  EXPECT_FALSE(pages_.HasRoomFor(4096));
  const size_t open = pages_.bytes();
  pages_.Open();
  EXPECT_EQ(pages_.bytes(), open);
  EXPECT_EQ(ledger_.live_bytes(), open);
}

TEST_F(BoxPagesTest, BoxesNeverOverlapAndAllComeBack) {
  pages_.Open();
  const size_t open = pages_.bytes();
  std::vector<Filled> boxes;
  EXPECT_TRUE(Churn(0, 20000, boxes));
  EXPECT_EQ(ledger_.live_bytes(), pages_.bytes());
  for (const Filled& box : boxes) EXPECT_TRUE(FreeIntact(box));
  pages_.Release();
  EXPECT_EQ(pages_.bytes(), open);
  EXPECT_EQ(ledger_.live_bytes(), open);
}

TEST_F(BoxPagesTest, TakeLittleMoreThanTheBoxes) {
  pages_.Open();
  constexpr size_t kCount = 4000;
  std::vector<Filled> boxes;
  for (size_t i = 0; i < kCount; ++i) {
    boxes.push_back(Make(0, 96, static_cast<unsigned>(i)));
  }
  EXPECT_LT(pages_.bytes(), kCount * 96 * 4 / 3);
  // And no more after twenty times as many.
  const size_t full = pages_.bytes();
  Random random(1);
  for (size_t i = 0; i < 20 * kCount; ++i) {
    Filled& box = boxes[random.Below(kCount)];
    ASSERT_TRUE(FreeIntact(box));
    box = Make(0, 96, static_cast<unsigned>(i));
  }
  EXPECT_LE(pages_.bytes(), full + kChunkBytes);
  for (const Filled& box : boxes) EXPECT_TRUE(FreeIntact(box));
}

TEST_F(BoxPagesTest, BoxesMoveOutOfSparsePages) {
  pages_.Open();
  std::vector<Filled> boxes;
  for (size_t i = 0; i < 4000; ++i) {
    boxes.push_back(Make(i % 3, 32 + 16 * (i % 5), static_cast<unsigned>(i)));
  }
  EXPECT_FALSE(pages_.AreSparse(/*few=*/false));
  Random random(2);
  const auto free_some = [&](size_t count) {
    for (size_t i = 0; i < count; ++i) {
      std::swap(boxes[random.Below(boxes.size())], boxes.back());
      ASSERT_TRUE(FreeIntact(boxes.back()));
      boxes.pop_back();
    }
  };
  free_some(3000);
  ASSERT_TRUE(pages_.AreSparse(/*few=*/false));
  const size_t sparse = pages_.bytes();

  // Nothing has moved, so nothing is asked for again until more are free.
  pages_.BeginToMove(/*few=*/false);
  EXPECT_TRUE(pages_.moving());
  pages_.EndMoving();
  EXPECT_FALSE(pages_.moving() || pages_.AreSparse(/*few=*/false));
  free_some(300);
  ASSERT_TRUE(pages_.AreSparse(/*few=*/false));

  pages_.BeginToMove(/*few=*/false);
  size_t moved = 0;
  for (Filled& box : boxes) {
    if (!pages_.Leave(box.box.memory, box.box.distance)) continue;
    const Filled copy = Make(0, box.bytes, box.fill);
    ASSERT_TRUE(FreeIntact(std::exchange(box, copy)));
    ++moved;
  }
  pages_.EndMoving();
  EXPECT_GT(moved, boxes.size() / 2);
  EXPECT_LT(pages_.bytes(), sparse / 2);
  EXPECT_FALSE(pages_.AreSparse(/*few=*/false));
  for (const Filled& box : boxes) EXPECT_TRUE(FreeIntact(box));
  EXPECT_EQ(pages_.used_bytes(), 0u);
}

TEST_F(BoxPagesTest, WithoutMemoryAreAsTheyWere) {
  ledger_.FailNth(1);
  EXPECT_THROW(pages_.Open(), std::bad_alloc);
  EXPECT_FALSE(pages_.HasRoomFor(1));
  pages_.Open();
  const size_t open = pages_.bytes();
  ledger_.FailNth(1);
  EXPECT_THROW(pages_.Allocate(0, 32), std::bad_alloc);
  EXPECT_EQ(pages_.bytes(), open);
  const Filled box = Make(0, 32, 1);
  EXPECT_TRUE(FreeIntact(box));
  EXPECT_EQ(ledger_.wrong_deallocations(), 0u);
}

TEST_F(BoxPagesTest, ThreadsFreeWhatOthersMade) {
  constexpr size_t kThreads = 4;
  std::array<std::vector<Filled>, kThreads> boxes;
  std::array<bool, kThreads> intact{};
  const auto run = [&](auto work) {
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] { intact[i] = work(i); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const bool whole : intact) EXPECT_TRUE(whole);
  };
  run([&](size_t i) {
    pages_.Open();
    return Churn(i, 10000, boxes[i]);
  });
  run([&](size_t i) { return Churn(i, 10000, boxes[(i + 1) % kThreads]); });
  run([&](size_t i) {
    return std::ranges::all_of(
        boxes[i], [&](const Filled& box) { return FreeIntact(box); });
  });
  EXPECT_EQ(ledger_.live_bytes(), pages_.bytes());
  EXPECT_EQ(ledger_.wrong_deallocations(), 0u);
}

}  // namespace
}  // namespace pma::internal
