// SPDX-License-Identifier: Apache-2.0

// Long histories cut at quiet moments: nothing honest is refused, and what the
// check key by key cannot see is found.

#include "fuzz/history/windows.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "fuzz/history/history.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/sample_histories.h"
#include "fuzz/history/text_format.h"
#include "gtest/gtest.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/random.h"

namespace pma::history {
namespace {

using pma::testing::Random;
using pma::testing::Scaled;

WindowsJudgement Judge(std::string_view lines) {
  const ParsedHistory parsed = ParseHistory("history 1\n" + std::string(lines));
  EXPECT_EQ(parsed.error, "");
  return CheckByWindows(parsed.history.value_or(History()));
}

// Honest pieces one after the other, each beginning with what the last one
// left.
History ChainOfHonestHistories(std::size_t pieces, Random& random) {
  History chain;
  Contents contents;
  std::uint64_t begin = 0;
  for (std::size_t i = 0; i < pieces; ++i) {
    SampleShape shape;
    shape.operations = 1 + random.Below(10);
    shape.initial = 0;
    // Only what is explained from any contents: none of it is read.
    shape.kinds = {OperationKind::kClear, OperationKind::kInsert,
                   OperationKind::kErase, OperationKind::kFirst,
                   OperationKind::kScan,  OperationKind::kSize};
    History piece = HonestHistory(shape, random);
    // Ends empty, as every piece begins.
    Operation clear{.kind = OperationKind::kClear};
    for (Operation& operation : piece.operations) {
      clear.invoked = std::max(clear.invoked, operation.returned + 1);
    }
    clear.returned = clear.invoked + 1;
    piece.operations.push_back(clear);
    for (Operation& operation : piece.operations) {
      operation.invoked += begin;
      operation.returned += begin;
      chain.operations.push_back(operation);
    }
    begin += clear.returned + 1;
  }
  return chain;
}

TEST(WindowsTest, AcceptsChainsOfHonestHistories) {
  Random random(1);
  for (int i = 0; i < Scaled(200, 40); ++i) {
    const History history = ChainOfHonestHistories(20, random);
    const WindowsJudgement windows = CheckByWindows(history);
    ASSERT_TRUE(windows.judgement.ok()) << windows.judgement.explanation;
    ASSERT_EQ(windows.windows_searched, windows.windows);
    ASSERT_EQ(windows.operations_searched, history.operations.size());
    ASSERT_GE(windows.windows, 40u);
  }
}

TEST(WindowsTest, ContentsCarryOverTheCuts) {
  const WindowsJudgement windows = Judge(
      "initial 1 10\n"
      "0 1 2 insert 2 20 -> true\n"
      "1 3 4 last -> 1:10\n");
  EXPECT_EQ(windows.judgement.verdict, Verdict::kViolation);
  EXPECT_NE(windows.judgement.explanation.find("(here it answers 2:20)"),
            std::string::npos)
      << windows.judgement.explanation;
}

TEST(WindowsTest, EverythingTheMapCanHoldCarriesOver) {
  const std::string race =
      "0 1 9 insert_or_assign 5 50 -> true\n"
      "1 1 9 insert_or_assign 5 51 -> false\n"
      "2 1 9 insert_or_assign 5 52 -> false\n";
  for (const std::string value : {"51", "52"}) {
    EXPECT_TRUE(
        Judge(race + "0 10 11 find 5 -> " + value + "\n").judgement.ok());
  }
  // Once a read has told which it was, it stays so.
  const WindowsJudgement windows =
      Judge(race + "0 10 11 find 5 -> 51\n1 12 13 find 5 -> 52\n");
  EXPECT_EQ(windows.judgement.verdict, Verdict::kViolation);
  EXPECT_EQ(windows.windows_searched, 3u);
}

TEST(WindowsTest, ClearInStepsIsFoundInTheMiddleOfAHistory) {
  EXPECT_EQ(Judge("0 1 2 insert 1 10 -> true\n"
                  "0 3 4 insert 2 20 -> true\n"
                  "0 5 13 clear -> done\n"
                  "1 6 7 find 1 -> none\n"
                  "1 8 9 find 2 -> 20\n"
                  "0 14 15 empty -> true\n")
                .judgement.verdict,
            Verdict::kViolation);
}

TEST(WindowsTest, EqualStampsAreNoCut) {
  EXPECT_TRUE(Judge("0 1 5 insert 5 50 -> true\n1 5 6 find 5 -> none\n")
                  .judgement.ok());
}

// 65 operations at once are too many: what they left is unknown until a scan
// that nobody disturbed.
TEST(WindowsTest, GoesOnBehindAScanAfterAWindowTooLarge) {
  std::string crowd;
  for (int thread = 0; thread < 65; ++thread) {
    crowd += std::to_string(thread) + " 1 9 insert_or_assign 1 " +
             std::to_string(100 + thread) +
             (thread == 0 ? " -> true\n" : " -> false\n");
  }
  const std::string after = "0 12 13 find 2 -> 20\n";
  const WindowsJudgement unknown = Judge(crowd + after);
  EXPECT_TRUE(unknown.judgement.ok());
  EXPECT_EQ(unknown.windows, 2u);
  EXPECT_EQ(unknown.windows_searched, 0u);
  EXPECT_EQ(unknown.overlapping, 65u);

  const WindowsJudgement known =
      Judge(crowd + "0 10 11 scan_all -> [1:107]\n" + after);
  EXPECT_EQ(known.judgement.verdict, Verdict::kViolation);
}

}  // namespace
}  // namespace pma::history
