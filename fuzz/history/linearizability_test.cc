// SPDX-License-Identifier: Apache-2.0

// The search for an order, against the definition tried out order by order, and
// on one planted violation of every kind that a map can commit.

#include "fuzz/history/linearizability.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/history/brute_force.h"
#include "fuzz/history/history.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/precedence.h"
#include "fuzz/history/sample_histories.h"
#include "fuzz/history/text_format.h"
#include "gtest/gtest.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/random.h"

namespace pma::history {
namespace {

using pma::testing::Random;
using pma::testing::Scaled;

History Parsed(std::string_view lines) {
  ParsedHistory parsed = ParseHistory("history 1\n" + std::string(lines));
  EXPECT_EQ(parsed.error, "");
  return parsed.history.value_or(History());
}

Judgement JudgeByTime(const History& history) {
  return CheckLinearizable(history, Precedence::ByTime(history.operations));
}

Judgement Judge(std::string_view lines) { return JudgeByTime(Parsed(lines)); }

void ExpectViolation(std::string_view lines, const std::string& explanation) {
  const Judgement judgement = Judge(lines);
  EXPECT_EQ(judgement.verdict, Verdict::kViolation) << lines;
  EXPECT_NE(judgement.explanation.find(explanation), std::string::npos)
      << judgement.explanation;
}

void ExpectOk(std::string_view lines) {
  const Judgement judgement = Judge(lines);
  EXPECT_EQ(judgement.verdict, Verdict::kOk) << judgement.explanation;
}

// --- Against the definition -----------------------------------------------

// Operations of the histories that are tried exhaustively.
constexpr std::size_t kSmallSize = Scaled<std::size_t>(3, 2);

// Both verdicts must have been met, or the comparison says nothing.
class AgainstBruteForce {
 public:
  void Compare(const History& history) {
    const Precedence precedence = Precedence::ByTime(history.operations);
    const bool explainable = ExplainableByBruteForce(history, precedence);
    ++(explainable ? explainable_ : violations_);
    const Judgement judgement = CheckLinearizable(history, precedence);
    if (judgement.ok() != explainable && ++differences_ < 5) {
      ADD_FAILURE() << "brute force finds it "
                    << (explainable ? "explainable" : "unexplainable") << ":\n"
                    << PrintHistory(history) << judgement.explanation;
    }
  }

  ~AgainstBruteForce() {
    EXPECT_GT(explainable_, 100);
    EXPECT_GT(violations_, 100);
    EXPECT_EQ(differences_, 0);
  }

 private:
  int explainable_ = 0;
  int violations_ = 0;
  int differences_ = 0;
};

std::vector<Operation> SingleKeyChoices() {
  std::vector<Operation> choices;
  const auto add = [&](OperationKind kind, Arguments arguments, Result result) {
    choices.push_back(
        {.kind = kind, .arguments = arguments, .result = std::move(result)});
  };
  for (const bool yes : {false, true}) {
    add(OperationKind::kInsert, {1, 10}, Flag(yes));
    add(OperationKind::kInsert, {1, 11}, Flag(yes));
    add(OperationKind::kInsertOrAssign, {1, 12}, Flag(yes));
    add(OperationKind::kErase, {1}, Flag(yes));
  }
  add(OperationKind::kClear, {}, Nothing());
  add(OperationKind::kFind, {1}, Found(std::nullopt));
  for (const Value value : {10, 11, 12}) {
    add(OperationKind::kFind, {1}, Found(value));
  }
  return choices;
}

TEST(LinearizabilityTest, AgreesWithBruteForceOnEverySmallHistoryOfOneKey) {
  AgainstBruteForce check;
  const std::vector<Operation> choices = SingleKeyChoices();
  ForEachHistory(kSmallSize, choices,
                 [&](const History& history) { check.Compare(history); });
}

TEST(LinearizabilityTest, AgreesWithBruteForceOnEverySmallHistoryOfTwoKeys) {
  std::vector<Operation> choices;
  const auto add = [&](OperationKind kind, Arguments arguments, Result result) {
    choices.push_back(
        {.kind = kind, .arguments = arguments, .result = std::move(result)});
  };
  add(OperationKind::kInsert, {1, 10}, Flag(true));
  add(OperationKind::kInsert, {2, 20}, Flag(true));
  add(OperationKind::kErase, {1}, Flag(true));
  add(OperationKind::kClear, {}, Nothing());
  add(OperationKind::kFirst, {}, FoundEntry(Entry{2, 20}));
  add(OperationKind::kFirst, {}, FoundEntry(std::nullopt));
  add(OperationKind::kFloor, {2}, FoundEntry(Entry{1, 10}));
  add(OperationKind::kSize, {}, Count(0));
  add(OperationKind::kSize, {}, Count(2));
  add(OperationKind::kEmpty, {}, Flag(true));
  add(OperationKind::kScanAll, {}, Entries({}));
  add(OperationKind::kScanAll, {}, Entries({{2, 20}}));
  add(OperationKind::kScanReverse, {1, 3}, Entries({{2, 20}, {1, 10}}));
  add(OperationKind::kScanFirst, {1, 3, 1}, Entries({{1, 10}}));
  AgainstBruteForce check;
  ForEachHistory(kSmallSize, choices,
                 [&](const History& history) { check.Compare(history); });
}

TEST(LinearizabilityTest, AgreesWithBruteForceOnRandomHistories) {
  AgainstBruteForce check;
  Random random(1);
  for (int i = 0; i < Scaled(40000, 4000); ++i) {
    SampleShape shape;
    shape.operations = 3 + random.Below(4);
    shape.threads = static_cast<std::uint32_t>(2 + random.Below(3));
    shape.keys = 1 + random.Below(3);
    shape.unique_values = random.Below(2) == 0;
    History history = HonestHistory(shape, random);
    if (random.Below(3) != 0) ChangeOneAnswer(history, random);
    check.Compare(history);
  }
}

TEST(LinearizabilityTest, AgreesWithBruteForceUnderAnyPrecedence) {
  Random random(2);
  int violations = 0;
  for (int i = 0; i < Scaled(20000, 2000); ++i) {
    SampleShape shape;
    shape.operations = 5;
    History history = HonestHistory(shape, random);
    if (random.Below(2) != 0) ChangeOneAnswer(history, random);
    // Fewer pairs are ordered than by time, as by happens-before.
    const std::uint64_t lost = random.Next();
    const Precedence precedence =
        Precedence::By(history.operations, [&](std::size_t a, std::size_t b) {
          return (lost >> (a * 8 + b) & 1) == 0 &&
                 history.operations[a].returned < history.operations[b].invoked;
        });
    const bool explainable = ExplainableByBruteForce(history, precedence);
    violations += explainable ? 0 : 1;
    ASSERT_EQ(CheckLinearizable(history, precedence).ok(), explainable)
        << PrintHistory(history);
  }
  EXPECT_GT(violations, 100);
}

// --- Honest histories -----------------------------------------------------

TEST(LinearizabilityTest, ExplainsHonestHistoriesOfManyOperations) {
  Random random(3);
  for (int i = 0; i < Scaled(2000, 200); ++i) {
    SampleShape shape;
    shape.operations = 32;
    shape.threads = 4;
    shape.keys = 6;
    shape.initial = 4;
    const History history = HonestHistory(shape, random);
    const Judgement judgement = JudgeByTime(history);
    ASSERT_TRUE(judgement.ok())
        << PrintHistory(history) << judgement.explanation;
    ASSERT_EQ(judgement.order.size(), history.operations.size());
  }
}

TEST(LinearizabilityTest, OrderOfEffectIsEnoughWithoutASearch) {
  Random random(4);
  for (int i = 0; i < Scaled(2000, 200); ++i) {
    SampleShape shape;
    shape.operations = 24;
    shape.keys = 8;
    std::vector<std::size_t> order;
    const History history = HonestHistory(shape, random, &order);
    const Judgement judgement = CheckLinearizable(
        history, Precedence::ByTime(history.operations), order);
    ASSERT_TRUE(judgement.by_replay)
        << PrintHistory(history) << judgement.explanation;
  }
}

TEST(LinearizabilityTest, WrongSuggestionDoesNotMatter) {
  Random random(5);
  for (int i = 0; i < Scaled(1000, 100); ++i) {
    SampleShape shape;
    shape.operations = 12;
    std::vector<std::size_t> order;
    const History history = HonestHistory(shape, random, &order);
    random.Shuffle(order);
    ASSERT_TRUE(CheckLinearizable(history,
                                  Precedence::ByTime(history.operations), order)
                    .ok())
        << PrintHistory(history);
  }
}

TEST(LinearizabilityTest, TheOrderFoundIsOneThatExplainsTheAnswers) {
  Random random(6);
  for (int i = 0; i < Scaled(2000, 200); ++i) {
    SampleShape shape;
    shape.operations = 10;
    shape.kinds = {OperationKind::kInsert, OperationKind::kInsertOrAssign,
                   OperationKind::kErase,  OperationKind::kFind,
                   OperationKind::kFloor,  OperationKind::kClear};
    const History history = HonestHistory(shape, random);
    Contents contents = history.initial;
    for (const std::size_t index : JudgeByTime(history).order) {
      ASSERT_TRUE(ApplyIfExplained(contents, history.operations[index]));
    }
  }
}

TEST(LinearizabilityTest, SearchThatReachesItsLimitIsUndecided) {
  std::string lines;
  for (int thread = 0; thread < 12; ++thread) {
    lines += std::to_string(thread) + " 0 100 insert_or_assign 1 " +
             std::to_string(10 + thread) +
             (thread == 0 ? " -> true\n" : " -> false\n");
  }
  lines += "12 0 100 find 1 -> 99\n";
  const History history = Parsed(lines);
  const Judgement judgement = CheckLinearizable(
      history, Precedence::ByTime(history.operations), {}, {.max_states = 100});
  EXPECT_EQ(judgement.verdict, Verdict::kUndecided);
  EXPECT_NE(judgement.explanation, "");
}

// --- Planted violations ---------------------------------------------------

TEST(LinearizabilityTest, ReadOfAnOverwrittenValueIsAViolation) {
  ExpectViolation(
      "0 1 2 insert 5 50 -> true\n"
      "0 3 4 insert_or_assign 5 51 -> false\n"
      "1 5 6 find 5 -> 50\n",
      "1 5 6 find 5 -> 50   (here it answers 51)");
  // Not while the overwriting is still under way.
  ExpectOk(
      "0 1 2 insert 5 50 -> true\n"
      "0 3 5 insert_or_assign 5 51 -> false\n"
      "1 5 6 find 5 -> 50\n");
}

TEST(LinearizabilityTest,
     ReadersThatSeeTwoWritesInDifferentOrdersAreAViolation) {
  ExpectViolation(
      "0 1 9 insert_or_assign 5 50 -> true\n"
      "1 1 9 insert_or_assign 5 51 -> false\n"
      "2 1 2 find 5 -> 50\n"
      "2 3 4 find 5 -> 51\n"
      "2 5 6 find 5 -> 50\n",
      "(here it answers 51)");
}

TEST(LinearizabilityTest, SameKeyInsertedTwiceIsAViolation) {
  ExpectViolation(
      "0 1 5 insert 5 50 -> true\n"
      "1 2 6 insert 5 51 -> true\n",
      "Longest beginning that can be explained, 1 of 2");
}

TEST(LinearizabilityTest, SameKeyErasedTwiceIsAViolation) {
  ExpectViolation(
      "initial 5 50\n"
      "0 1 5 erase 5 -> true\n"
      "1 2 6 erase 5 -> true\n",
      "(here it answers false)");
}

TEST(LinearizabilityTest, OverwrittenKeyBrieflyAbsentIsAViolation) {
  ExpectViolation(
      "initial 5 50\n"
      "0 1 9 insert_or_assign 5 51 -> false\n"
      "1 3 4 find 5 -> none\n",
      "find 5 -> none");
}

TEST(LinearizabilityTest, LostInsertIsAViolation) {
  ExpectViolation(
      "0 1 2 insert 5 50 -> true\n"
      "1 3 4 contains 5 -> false\n",
      "contains 5 -> false");
}

// Each answer alone is possible; together they are not.
TEST(LinearizabilityTest, NeighboursThatDisagreeOnTheOrderAreAViolation) {
  ExpectViolation(
      "0 1 9 insert 1 10 -> true\n"
      "1 1 9 insert 2 20 -> true\n"
      "2 2 3 first -> 2:20\n"
      "3 2 3 last -> 1:10\n",
      "can be explained");
}

TEST(LinearizabilityTest, ClearThatErasesKeyByKeyIsAViolation) {
  ExpectViolation(
      "initial 1 10\n"
      "initial 2 20\n"
      "0 1 9 clear -> done\n"
      "1 2 3 find 1 -> none\n"
      "1 4 5 find 2 -> 20\n",
      "find 2 -> 20");
}

TEST(LinearizabilityTest, SizeIsOffByNoMoreThanTheChangesUnderWay) {
  ExpectOk(
      "initial 1 10\n"
      "0 1 9 insert 2 20 -> true\n"
      "1 2 3 find 2 -> 20\n"
      "1 4 5 size -> 1\n");
  ExpectViolation(
      "initial 1 10\n"
      "0 1 9 insert 2 20 -> true\n"
      "1 4 5 size -> 18446744073709551615\n",
      "size -> 18446744073709551615");
  ExpectViolation(
      "initial 1 10\n"
      "0 1 2 insert 2 20 -> true\n"
      "1 4 5 size -> 1\n",
      "(here it answers 2)");
}

// --- Scans ----------------------------------------------------------------

TEST(LinearizabilityTest, ScanMayReadItsKeysAtDifferentInstants) {
  // Not one instant had 2 without 1, nor 1 and 2.
  ExpectOk(
      "initial 1 10\n"
      "0 2 3 erase 1 -> true\n"
      "0 4 5 insert 2 20 -> true\n"
      "1 1 9 scan 0 9 -> [1:10 2:20]\n"
      "2 1 9 scan_reverse 0 9 -> []\n");
}

TEST(LinearizabilityTest, ScanThatMissesAKeyPresentThroughoutIsAViolation) {
  ExpectViolation(
      "initial 1 10\n"
      "initial 2 20\n"
      "0 1 9 insert 3 30 -> true\n"
      "1 1 9 scan 0 9 -> [1:10 3:30]\n",
      "it saw key 2 absent");
}

TEST(LinearizabilityTest, ScanThatSeesAKeyAbsentThroughoutIsAViolation) {
  ExpectViolation(
      "initial 1 10\n"
      "0 1 2 erase 1 -> true\n"
      "1 3 9 scan 0 9 -> [1:10]\n"
      "0 10 11 insert 1 10 -> true\n",
      "it saw key 1 with 10");
  ExpectViolation("0 1 2 scan_all -> [7:70]\n", "it saw key 7 with 70");
}

TEST(LinearizabilityTest, ScanThatSeesAnOldValueIsAViolation) {
  ExpectViolation(
      "initial 1 10\n"
      "0 1 2 insert_or_assign 1 11 -> false\n"
      "1 3 9 scan 0 9 -> [1:10]\n",
      "it saw key 1 with 10");
}

TEST(LinearizabilityTest, ScanThatRepeatsAKeyIsAViolation) {
  ExpectViolation(
      "initial 1 10\n"
      "0 1 9 insert_or_assign 1 11 -> false\n"
      "1 3 9 scan 0 9 -> [1:10 1:11]\n",
      "key 1 was seen twice");
}

TEST(LinearizabilityTest, ScanOutOfOrderIsAViolation) {
  ExpectViolation("initial 1 10\ninitial 2 20\n0 1 2 scan 0 9 -> [2:20 1:10]\n",
                  "key 1 is out of order");
  ExpectViolation(
      "initial 1 10\ninitial 2 20\n0 1 2 scan_reverse 0 9 -> [1:10 2:20]\n",
      "key 2 is out of order");
}

TEST(LinearizabilityTest, ScanBeyondItsBoundsIsAViolation) {
  ExpectViolation("initial 9 90\n0 1 2 scan 0 9 -> [9:90]\n",
                  "key 9 is out of its range");
  ExpectViolation("initial 1 10\n0 1 2 scan_from 2 -> [1:10]\n",
                  "key 1 is out of its range");
  ExpectViolation("initial 5 50\n0 1 2 scan 6 5 -> [5:50]\n",
                  "key 5 is out of its range");
}

TEST(LinearizabilityTest, StoppedScanAnswersForTheKeysItPassed) {
  const std::string initial = "initial 1 10\ninitial 2 20\ninitial 3 30\n";
  ExpectOk(initial + "0 1 2 scan_first 0 9 2 -> [1:10 2:20]\n");
  ExpectOk(initial + "0 1 2 scan_reverse_first 0 9 1 -> [3:30]\n");
  ExpectViolation(initial + "0 1 2 scan_first 0 9 2 -> [1:10 3:30]\n",
                  "it saw key 2 absent");
  ExpectViolation(initial + "0 1 2 scan_first 0 9 2 -> [1:10]\n",
                  "it saw key 2 absent");
  ExpectViolation(initial + "0 1 2 scan_reverse_first 0 9 1 -> [2:20]\n",
                  "it saw key 3 absent");
  ExpectViolation(initial + "0 1 2 scan_first 0 9 1 -> [1:10 2:20]\n",
                  "2 entries after its limit of 1");
}

// --- Precedence -----------------------------------------------------------

TEST(LinearizabilityTest, EntriesOfOneMergeAreInNoOrder) {
  // One reader sees the later key first, another the earlier.
  for (const char* const seen : {"1 11 12 find 1 -> none\n"
                                 "1 13 14 find 2 -> 20\n",
                                 "1 11 12 find 2 -> none\n"
                                 "1 13 14 find 1 -> 10\n"}) {
    ExpectOk(std::string("0 10 20 insert_sorted 1 10 -> true\n"
                         "0 10 20 insert_sorted 2 20 -> true\n") +
             seen);
  }
}

TEST(LinearizabilityTest, MergeThatHidesWhichWereNewWasStillDone) {
  ExpectOk(
      "initial 2 21\n"
      "0 10 20 insert_sorted_untold 1 10 -> done\n"
      "0 10 20 insert_sorted_untold 2 20 -> done\n"
      "1 30 31 scan_all -> [1:10 2:21]\n");
  ExpectViolation(
      "initial 2 21\n"
      "0 10 20 insert_sorted_untold 1 10 -> done\n"
      "0 10 20 insert_sorted_untold 2 20 -> done\n"
      "1 30 31 find 2 -> 20\n",
      "(here it answers 21)");
  ExpectViolation(
      "0 10 20 insert_sorted_untold 1 10 -> done\n"
      "0 10 20 insert_sorted_untold 2 20 -> done\n"
      "1 30 31 find 1 -> none\n",
      "(here it answers 10)");
}

TEST(LinearizabilityTest, EqualStampsOrderNothing) {
  ExpectOk("0 1 5 insert 5 50 -> true\n1 5 6 find 5 -> none\n");
  ExpectViolation("0 1 4 insert 5 50 -> true\n1 5 6 find 5 -> none\n",
                  "find 5 -> none");
}

TEST(LinearizabilityTest,
     OperationsOfOneThreadKeepTheirOrderWhateverTheStamps) {
  ExpectViolation("0 1 1 insert 5 50 -> true\n0 1 1 find 5 -> none\n",
                  "find 5 -> none");
}

TEST(LinearizabilityTest,
     WhatIsNotOrderedByHappensBeforeMayTakeEffectEitherWay) {
  const History history =
      Parsed("0 1 2 insert 5 50 -> true\n1 3 4 find 5 -> none\n");
  const auto nothing = [](std::size_t, std::size_t) { return false; };
  const auto first_before_second = [](std::size_t a, std::size_t) {
    return a == 0;
  };
  EXPECT_TRUE(
      CheckLinearizable(history, Precedence::By(history.operations, nothing))
          .ok());
  EXPECT_FALSE(CheckLinearizable(history, Precedence::By(history.operations,
                                                         first_before_second))
                   .ok());
}

// --- Final contents -------------------------------------------------------

TEST(LinearizabilityTest, FindsEverythingTheMapCanHoldAfterwards) {
  const History history = Parsed(
      "0 1 9 insert_or_assign 5 50 -> true\n"
      "1 1 9 insert_or_assign 5 51 -> false\n"
      "2 1 9 insert_or_assign 5 52 -> false\n");
  const FinalContents final_contents =
      FindFinalContents(history, Precedence::ByTime(history.operations));
  EXPECT_TRUE(final_contents.complete);
  EXPECT_EQ(final_contents.contents.size(), 2u);  // 51 or 52, never 50
  for (const Contents& contents : final_contents.contents) {
    EXPECT_NE(contents.at(5), 50u);
  }
}

TEST(LinearizabilityTest, NothingFollowsAnUnexplainableHistory) {
  const History history = Parsed("0 1 2 find 5 -> 50\n");
  EXPECT_TRUE(FindFinalContents(history, Precedence::ByTime(history.operations))
                  .contents.empty());
}

}  // namespace
}  // namespace pma::history
