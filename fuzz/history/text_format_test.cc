// SPDX-License-Identifier: Apache-2.0

// What is printed is read back the same, and what cannot be read is told with
// its line and its fault.

#include "fuzz/history/text_format.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "fuzz/history/history.h"
#include "fuzz/history/sample_histories.h"
#include "gtest/gtest.h"
#include "pma/testing/random.h"

namespace pma::history {
namespace {

TEST(TextFormatTest, PrintedHistoriesAreReadBackTheSame) {
  pma::testing::Random random(1);
  for (int i = 0; i < 2000; ++i) {
    SampleShape shape;
    shape.operations = 1 + random.Below(20);
    History history = HonestHistory(shape, random);
    ChangeOneAnswer(history, random);
    const ParsedHistory parsed = ParseHistory(PrintHistory(history));
    ASSERT_EQ(parsed.error, "");
    ASSERT_EQ(parsed.history, history) << PrintHistory(history);
  }
}

TEST(TextFormatTest, EveryOperationIsPrintedAndReadBack) {
  pma::testing::Random random(2);
  for (const OperationSpec& spec : AllOperations()) {
    EXPECT_EQ(FindSpec(spec.name), &SpecOf(spec.kind));
    SampleShape shape;
    shape.operations = 50;
    shape.kinds = {spec.kind, OperationKind::kInsert};
    const History history = HonestHistory(shape, random);
    const std::string text = PrintHistory(history);
    EXPECT_NE(text.find(" " + std::string(spec.name)), std::string::npos);
    EXPECT_EQ(ParseHistory(text).history, history);
  }
}

TEST(TextFormatTest, IsWhatItsHeaderShows) {
  constexpr std::string_view kText =
      "history 1\n"
      "initial 3 30\n"
      "0 100 140 insert 5 50 -> true\n"
      "1 120 180 find 5 -> 50\n"
      "1 190 230 floor 4 -> 3:30\n"
      "2 110 400 scan 0 100 -> [3:30 5:50]\n"
      "3 10 20 scan_reverse_first 0 18446744073709551615 2 -> []\n"
      "3 20 30 size -> 1\n"
      "0 150 160 erase 9 -> false\n"
      "0 170 175 clear -> done\n"
      "0 180 181 first -> none\n";
  const ParsedHistory parsed = ParseHistory(kText);
  ASSERT_EQ(parsed.error, "");
  EXPECT_EQ(PrintHistory(*parsed.history), kText);
}

TEST(TextFormatTest, BlanksCommentsAndEmptyLinesDoNotMatter) {
  const ParsedHistory parsed = ParseHistory(
      "# a history\n\nhistory 1  # of one operation\r\n"
      "  0   1\t2 scan 0 9 -> [ 1:2   3:4 ]  # seen");
  ASSERT_EQ(parsed.error, "");
  ASSERT_EQ(parsed.history->operations.size(), 1u);
  EXPECT_EQ(parsed.history->operations[0].result, Entries({{1, 2}, {3, 4}}));
}

TEST(TextFormatTest, FaultsAreToldWithTheirLine) {
  const struct {
    std::string_view text;
    std::string_view error;
  } kFaults[] = {
      {"", "line 1: the history is empty"},
      {"# nothing\n", "line 1: the history is empty"},
      {"history 2\n",
       "line 1: a history begins with 'history 1', not "
       "'history 2'"},
      {"history 1\n0 1 2 frob 3 -> true\n", "line 2: unknown operation 'frob'"},
      {"history 1\n\nx 1 2 find 3 -> none\n",
       "line 3: the thread is a decimal number below 2^64, not 'x'"},
      {"history 1\n4294967296 1 2 find 3 -> none\n",
       "line 2: the thread is a number below 2^32"},
      {"history 1\n0 -1 2 find 3 -> none\n",
       "line 2: the invoke time is a decimal number below 2^64, not '-1'"},
      {"history 1\n0 1 2.5 find 3 -> none\n",
       "line 2: the return time is a decimal number below 2^64, not '2.5'"},
      {"history 1\n0 1 2 insert 3 -> true\n",
       "line 2: insert's VALUE is a decimal number below 2^64, not '->'"},
      {"history 1\n0 1 2 find 18446744073709551616 -> none\n",
       "line 2: find's KEY is a decimal number below 2^64, not "
       "'18446744073709551616'"},
      {"history 1\n0 1 2 find 3 4 -> none\n",
       "line 2: after the arguments of find comes '->', not '4'"},
      {"history 1\n0 1 2 insert 3 4 -> yes\n",
       "line 2: the result of insert is true or false, not 'yes'"},
      {"history 1\n0 1 2 find 3 -> true\n",
       "line 2: the result of find is a VALUE or none, not 'true'"},
      {"history 1\n0 1 2 first -> 3\n",
       "line 2: the result of first is KEY:VALUE or none, not '3'"},
      {"history 1\n0 1 2 scan_all -> 1:2\n",
       "line 2: the result of scan_all is [KEY:VALUE ...], not '1:2'"},
      {"history 1\n0 1 2 scan_all -> [1:2 3]\n",
       "line 2: the result of scan_all is [KEY:VALUE ...], not '[1:2 3]'"},
      {"history 1\n0 1 2 clear -> true\n",
       "line 2: the result of clear is done, not 'true'"},
      {"history 1\n0 1 2 size -> \n",
       "line 2: the result of size is a number, not ''"},
      {"history 1\ninitial 3\n",
       "line 2: VALUE is a decimal number below 2^64, not ''"},
      {"history 1\ninitial 3 4 5\n",
       "line 2: nothing follows initial KEY VALUE"},
      {"history 1\ninitial 3 4\ninitial 3 5\n",
       "line 3: key 3 is there already"},
      {"history 1\n0 1 2 clear -> done\ninitial 3 5\n",
       "line 3: initial contents come before the first operation"},
      {"history 1\n0 2 1 clear -> done\n",
       "line 2: it returned before it was invoked"},
      {"history 1\n0 1 5 clear -> done\n1 1 2 clear -> done\n"
       "0 4 6 clear -> done\n",
       "line 4: it was invoked before its thread's last operation returned"},
  };
  for (const auto& fault : kFaults) {
    const ParsedHistory parsed = ParseHistory(fault.text);
    EXPECT_FALSE(parsed.history.has_value()) << fault.text;
    EXPECT_EQ(parsed.error, fault.error);
  }
}

// Cut anywhere, a history is read or refused, never misread in silence: what is
// read is a beginning of the original.
TEST(TextFormatTest, CutHistoriesAreReadAsBeginningsOrRefused) {
  pma::testing::Random random(3);
  const History history = HonestHistory({.operations = 12}, random);
  const std::string text = PrintHistory(history);
  for (std::size_t size = 0; size < text.size(); ++size) {
    if (text[size] >= '0' && text[size] <= '9') continue;  // a number cut short
    const ParsedHistory parsed = ParseHistory(text.substr(0, size));
    ASSERT_NE(parsed.history.has_value(), !parsed.error.empty());
    if (!parsed.history) continue;
    for (std::size_t i = 0; i < parsed.history->operations.size(); ++i) {
      ASSERT_EQ(parsed.history->operations[i], history.operations[i]);
    }
  }
}

}  // namespace
}  // namespace pma::history
