// SPDX-License-Identifier: Apache-2.0

// The check key by key: exact where it claims to be (against the definition
// tried out order by order), silent on honest histories, and with the right
// words for each planted violation.

#include "fuzz/history/per_key.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

Judgement Judge(std::string_view lines) {
  const ParsedHistory parsed = ParseHistory("history 1\n" + std::string(lines));
  EXPECT_EQ(parsed.error, "");
  return CheckKeyByKey(parsed.history.value_or(History()));
}

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

// Operations that are about single keys, or promise nothing more.
const std::vector<OperationKind>& LocalKinds() {
  static const std::vector<OperationKind> kinds = {
      OperationKind::kInsert,         OperationKind::kTryEmplace,
      OperationKind::kInsertOrAssign, OperationKind::kErase,
      OperationKind::kFind,           OperationKind::kContains,
      OperationKind::kScan,           OperationKind::kScanAll,
      OperationKind::kScanReverse,    OperationKind::kScanFirst,
  };
  return kinds;
}

TEST(PerKeyTest, IsExactOnEverySmallHistoryOfOneKey) {
  std::vector<Operation> choices;
  const auto add = [&](OperationKind kind, Arguments arguments, Result result) {
    choices.push_back(
        {.kind = kind, .arguments = arguments, .result = std::move(result)});
  };
  for (const bool yes : {false, true}) {
    add(OperationKind::kInsert, {1, 10}, Flag(yes));
    add(OperationKind::kInsertOrAssign, {1, 11}, Flag(yes));
    add(OperationKind::kErase, {1}, Flag(yes));
    add(OperationKind::kEmpty, {}, Flag(yes));
  }
  add(OperationKind::kClear, {}, Nothing());
  add(OperationKind::kFind, {1}, Found(std::nullopt));
  add(OperationKind::kFind, {1}, Found(10));
  add(OperationKind::kScanAll, {}, Entries({{1, 11}}));
  int violations = 0;
  int differences = 0;
  ForEachHistory(kSmallSize, choices, [&](const History& history) {
    const bool explainable = ExplainableByBruteForce(
        history, Precedence::ByTime(history.operations));
    violations += explainable ? 0 : 1;
    // Of empty() -> false it knows that some key was there, not which.
    for (const Operation& operation : history.operations) {
      if (operation.kind == OperationKind::kEmpty && !operation.result.yes) {
        return;
      }
    }
    if (CheckKeyByKey(history).ok() != explainable && ++differences < 5) {
      ADD_FAILURE() << explainable << "\n" << PrintHistory(history);
    }
  });
  EXPECT_GT(violations, 100);
  EXPECT_EQ(differences, 0);
}

TEST(PerKeyTest, IsExactOnRandomHistoriesOfOperationsOnSingleKeysAndScans) {
  Random random(1);
  int violations = 0;
  for (int i = 0; i < Scaled(40000, 4000); ++i) {
    SampleShape shape;
    shape.operations = 3 + random.Below(4);
    shape.keys = 1 + random.Below(3);
    shape.unique_values = random.Below(2) == 0;
    shape.kinds = LocalKinds();
    History history = HonestHistory(shape, random);
    if (random.Below(3) != 0) ChangeOneAnswer(history, random);
    const bool explainable = ExplainableByBruteForce(
        history, Precedence::ByTime(history.operations));
    violations += explainable ? 0 : 1;
    ASSERT_EQ(CheckKeyByKey(history).ok(), explainable)
        << PrintHistory(history);
  }
  EXPECT_GT(violations, 1000);
}

TEST(PerKeyTest, NeverCallsAnExplainableHistoryAViolation) {
  Random random(2);
  int violations = 0;
  for (int i = 0; i < Scaled(40000, 4000); ++i) {
    SampleShape shape;
    shape.operations = 3 + random.Below(4);
    History history = HonestHistory(shape, random);
    if (random.Below(3) != 0) ChangeOneAnswer(history, random);
    if (CheckKeyByKey(history).ok()) continue;
    ++violations;
    ASSERT_FALSE(ExplainableByBruteForce(
        history, Precedence::ByTime(history.operations)))
        << PrintHistory(history);
  }
  EXPECT_GT(violations, 1000);
}

TEST(PerKeyTest, AcceptsLongHonestHistories) {
  Random random(3);
  for (int i = 0; i < 3; ++i) {
    SampleShape shape;
    shape.operations = static_cast<std::size_t>(Scaled(20000, 4000));
    shape.threads = 6;
    shape.keys = i == 0 ? 1 : 20;
    shape.unique_values = i != 2;
    const History history = HonestHistory(shape, random);
    const Judgement judgement = CheckKeyByKey(history);
    ASSERT_TRUE(judgement.ok()) << judgement.explanation;
  }
}

TEST(PerKeyTest, FindsOneWrongReadInALongHistory) {
  Random random(4);
  SampleShape shape;
  shape.operations = 5000;
  shape.keys = 10;
  for (int i = 0; i < Scaled(20, 3); ++i) {
    History history = HonestHistory(shape, random);
    Operation& changed = history.operations[2000 + random.Below(3000)];
    changed.kind = OperationKind::kFind;
    changed.result = Found(1);  // never written
    changed.arguments = {1};
    EXPECT_EQ(CheckKeyByKey(history).verdict, Verdict::kViolation);
  }
}

TEST(PerKeyTest, MoreThanSixtyFourOperationsAtOnceOnAKeyAreUndecided) {
  std::string lines;
  for (int thread = 0; thread < 65; ++thread) {
    lines += std::to_string(thread) + " 0 100 contains 1 -> false\n";
  }
  EXPECT_EQ(Judge(lines).verdict, Verdict::kUndecided);
  // What is certain about another key is still found.
  ExpectViolation(lines + "70 1 2 find 7 -> 70\n", "never written");
}

// --- Planted violations, with their rules ---------------------------------

TEST(PerKeyTest, ValueNeverWrittenIsNamed) {
  ExpectViolation("0 1 2 insert 5 50 -> true\n1 3 4 find 5 -> 51\n",
                  "value 51 was never written to this key");
  // A torn entry: the value of another key.
  ExpectViolation(
      "0 1 2 insert 5 50 -> true\n"
      "2 1 2 insert 6 60 -> true\n"
      "1 3 4 scan 0 9 -> [5:60 6:60]\n",
      "value 60 was never written to this key");
  // A refused insert writes nothing.
  ExpectViolation(
      "0 1 2 insert 5 50 -> true\n"
      "0 3 4 insert 5 51 -> false\n"
      "1 5 6 find 5 -> 51\n",
      "value 51 was never written to this key");
}

TEST(PerKeyTest, ValueNotYetWrittenIsNamed) {
  ExpectViolation("1 1 2 find 5 -> 50\n0 3 4 insert 5 50 -> true\n",
                  "value 50 was not written yet");
  ExpectOk("1 1 3 find 5 -> 50\n0 3 4 insert 5 50 -> true\n");
}

TEST(PerKeyTest, OverwrittenValueIsNamedWithWhatOverwroteIt) {
  ExpectViolation(
      "0 1 2 insert 5 50 -> true\n"
      "0 3 4 insert_or_assign 5 51 -> false\n"
      "1 5 6 find 5 -> 50\n",
      "value 50 was certainly overwritten before, by\n"
      "    0 3 4 insert_or_assign 5 51 -> false");
  ExpectViolation(
      "initial 5 50\n"
      "0 1 2 erase 5 -> true\n"
      "1 3 4 ceiling 1 -> 5:50\n",
      "value 50 was certainly overwritten before");
  ExpectViolation(
      "initial 5 50\n"
      "0 1 2 clear -> done\n"
      "1 3 4 scan_all -> [5:50]\n",
      "value 50 was certainly overwritten before, by\n    0 1 2 clear");
}

TEST(PerKeyTest, AbsenceOfAPresentKeyIsNamed) {
  for (const std::string read :
       {"find 5 -> none", "contains 5 -> false", "erase 5 -> false",
        "scan 0 9 -> []", "first -> none", "empty -> true", "floor 7 -> none",
        "insert 5 51 -> true", "insert_or_assign 5 51 -> true"}) {
    ExpectViolation("0 1 2 insert 5 50 -> true\n1 3 4 " + read + "\n",
                    "the key was certainly present throughout");
    ExpectOk("0 1 2 insert 5 50 -> true\n2 2 4 erase 5 -> true\n1 3 4 " + read +
             "\n");
  }
}

TEST(PerKeyTest, PresenceOfAnAbsentKeyIsNamed) {
  for (const std::string call :
       {"erase 5 -> true", "contains 5 -> true",
        "insert_or_assign 5 51 -> false", "insert 5 51 -> false"}) {
    ExpectViolation("1 3 4 " + call + "\n",
                    "the key was certainly absent throughout");
    ExpectOk("0 1 4 insert 5 50 -> true\n1 3 4 " + call + "\n");
  }
}

TEST(PerKeyTest, TwoSuccessesOfWhichOnlyOneCanBeAreAViolation) {
  ExpectViolation("0 1 9 insert 5 50 -> true\n1 1 9 insert 5 51 -> true\n",
                  "No order of the operations on key 5");
  ExpectViolation(
      "initial 5 50\n0 1 9 erase 5 -> true\n1 1 9 erase 5 -> true\n",
      "No order of the operations on key 5");
}

TEST(PerKeyTest, ReadersThatSeeTwoWritesInDifferentOrdersAreAViolation) {
  ExpectViolation(
      "0 1 9 insert_or_assign 5 50 -> true\n"
      "1 1 9 insert_or_assign 5 51 -> false\n"
      "2 1 2 find 5 -> 50\n"
      "2 3 4 find 5 -> 51\n"
      "2 5 6 find 5 -> 50\n",
      "No order of the operations on key 5");
}

TEST(PerKeyTest, KeyBrieflyAbsentWhileOverwrittenIsAViolation) {
  ExpectViolation(
      "initial 5 50\n"
      "0 1 9 insert_or_assign 5 51 -> false\n"
      "1 3 4 scan 0 9 -> []\n",
      "the key was certainly present throughout");
}

TEST(PerKeyTest, MalformedScanIsAViolation) {
  ExpectViolation("initial 1 10\n0 1 2 scan 0 9 -> [1:10 1:10]\n",
                  "key 1 was seen twice");
}

// --- What it cannot see, as its header says -------------------------------

TEST(PerKeyTest, OperationsOnSeveralKeysNeedNotBeAtOneInstant) {
  ExpectOk(
      "initial 1 10\n"
      "initial 2 20\n"
      "0 1 9 clear -> done\n"
      "1 2 3 find 1 -> none\n"
      "1 4 5 find 2 -> 20\n");
  ExpectOk("0 1 2 insert 5 50 -> true\n0 3 4 size -> 7\n");
}

}  // namespace
}  // namespace pma::history
