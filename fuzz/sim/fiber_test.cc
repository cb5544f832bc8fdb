// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sim/fiber.h"

#include <stdexcept>
#include <string>

#include "gtest/gtest.h"

namespace pma::sim {
namespace {

// Fibers share these with the test by name: an entry takes no arguments.
Fiber* main_fiber = nullptr;
Fiber* first = nullptr;
Fiber* second = nullptr;
std::string* said = nullptr;

class FiberTest : public testing::Test {
 protected:
  FiberTest() {
    main_fiber = &main_;
    first = &first_;
    second = &second_;
    said = &said_;
  }

  Fiber main_;
  Fiber first_;
  Fiber second_;
  std::string said_;
};

TEST_F(FiberTest, GoesOnWhereItWasSuspended) {
  first_.Prepare([] {
    first->Entered();
    *said += 'a';
    main_fiber->SwitchFrom(*first);
    *said += 'b';
    main_fiber->SwitchFromFinished(*first);
  });
  first_.SwitchFrom(main_);
  said_ += '.';
  first_.SwitchFrom(main_);
  EXPECT_EQ(said_, "a.b");
}

TEST_F(FiberTest, SwitchesFromFiberToFiber) {
  first_.Prepare([] {
    first->Entered();
    for (int i = 0; i < 3; ++i) {
      *said += 'a';
      second->SwitchFrom(*first);
    }
    main_fiber->SwitchFromFinished(*first);
  });
  second_.Prepare([] {
    second->Entered();
    for (;;) {
      *said += 'b';
      first->SwitchFrom(*second);
    }
  });
  first_.SwitchFrom(main_);
  EXPECT_EQ(said_, "ababab");
}

TEST_F(FiberTest, ItsStackServesAgain) {
  for (int i = 0; i < 100; ++i) {
    first_.Prepare([] {
      first->Entered();
      volatile char large[64 << 10];
      large[0] = 'a';
      *said += large[0];
      main_fiber->SwitchFromFinished(*first);
    });
    first_.SwitchFrom(main_);
  }
  EXPECT_EQ(said_, std::string(100, 'a'));
}

TEST_F(FiberTest, FloatingPointRegistersSurvive) {
  first_.Prepare([] {
    first->Entered();
    volatile double one = 1;
    const double third = one / 3;
    main_fiber->SwitchFrom(*first);
    *said = std::to_string(third);
    main_fiber->SwitchFromFinished(*first);
  });
  volatile double two = 2;
  const double half = 1 / two;
  first_.SwitchFrom(main_);
  first_.SwitchFrom(main_);
  EXPECT_EQ(said_, std::to_string(1.0 / 3));
  EXPECT_EQ(half, 0.5);
}

TEST_F(FiberTest, ThrowsAndCatchesOnItsOwnStack) {
  first_.Prepare([] {
    first->Entered();
    try {
      throw std::runtime_error("thrown");
    } catch (const std::exception& e) {
      *said = e.what();
    }
    main_fiber->SwitchFromFinished(*first);
  });
  first_.SwitchFrom(main_);
  EXPECT_EQ(said_, "thrown");
}

// The list of exceptions being handled belongs to the thread, not to the stack.
TEST_F(FiberTest, EachRethrowsItsOwnExceptionAfterASwitchInsideOfACatchBlock) {
  first_.Prepare([] {
    first->Entered();
    try {
      try {
        throw 1;
      } catch (int) {
        main_fiber->SwitchFrom(*first);
        throw;
      }
    } catch (int n) {
      *said += std::to_string(n);
    }
    main_fiber->SwitchFromFinished(*first);
  });
  second_.Prepare([] {
    second->Entered();
    try {
      try {
        throw 2;
      } catch (int) {
        main_fiber->SwitchFrom(*second);
        throw;
      }
    } catch (int n) {
      *said += std::to_string(n);
    }
    main_fiber->SwitchFromFinished(*second);
  });
  first_.SwitchFrom(main_);
  second_.SwitchFrom(main_);
  first_.SwitchFrom(main_);
  second_.SwitchFrom(main_);
  EXPECT_EQ(said_, "12");
}

}  // namespace
}  // namespace pma::sim
