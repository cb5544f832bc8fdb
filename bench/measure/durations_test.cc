// SPDX-License-Identifier: Apache-2.0

// Durations have the unit and the digits that a person wants to read.

#include "bench/measure/durations.h"

#include "gtest/gtest.h"

namespace pma::bench {
namespace {

TEST(Durations, NanosecondsHaveThreeDigitsAndAUnit) {
  EXPECT_EQ(FormatNanoseconds(123), "123 ns");
  EXPECT_EQ(FormatNanoseconds(4567), "4.57 us");
  EXPECT_EQ(FormatNanoseconds(8.9e6), "8.90 ms");
  EXPECT_EQ(FormatNanoseconds(1.5e9), "1.50 s");
}

TEST(Durations, SecondsAreReadable) {
  EXPECT_EQ(FormatSeconds(0.2), "1 s");
  EXPECT_EQ(FormatSeconds(59.4), "59 s");
  EXPECT_EQ(FormatSeconds(110), "1 min 50 s");
  EXPECT_EQ(FormatSeconds(7260), "2 h 01 min");
}

}  // namespace
}  // namespace pma::bench
