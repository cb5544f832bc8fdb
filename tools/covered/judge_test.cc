// SPDX-License-Identifier: Apache-2.0

// Judges a made-up export of a made-up header.

#include "tools/covered/judge.h"

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "tools/covered/profile.h"

namespace pma::covered {
namespace {

const Source kSource = {"pma/a.h",
                        {"template <bool kFast>",           // 1
                         "int F(int i) {",                  // 2
                         "  if constexpr (kFast) i += 1;",  // 3
                         "  if (i == 0) {",                 // 4
                         "    return 1;",                   // 5
                         "  }",                             // 6
                         "  return 2;",                     // 7
                         "}"}};                             // 8

// Two instantiations: i was 0 in neither, and something else in both; of the
// condition in line 3 the compiler knew the outcome.
constexpr const char* kExport = R"({"data": [{"files": [{
  "filename": "/proc/self/cwd/pma/a.h",
  "segments": [[2, 14, 7, true, true, false], [4, 15, ZERO, true, true, false],
               [6, 4, 7, true, false, false], [8, 2, 0, false, false, false]],
  "branches": [[3, 17, 3, 22, 0, 0, 0, 0, 4], [4, 7, 4, 13, 0, 3, 0, 0, 4],
               [4, 7, 4, 13, ZERO, 4, 0, 0, 4]]}]}]})";

Profile ProfileOf(const std::string& zeros) {
  Profile profile;
  AddProfile(absl::StrReplaceAll(kExport, {{"ZERO", zeros}}), profile);
  return profile;
}

constexpr Limits kNone = {0, 0};

std::vector<std::string> Failures(const std::string& zeros,
                                  const std::string& reasons,
                                  const Limits& limits) {
  return Judge({kSource}, ProfileOf(zeros), reasons, limits).failures;
}

using Lines = std::vector<std::string>;

TEST(ProfileTest, ALineHasRunIfItHasInAnyRegion) {
  const FileProfile file = ProfileOf("0").at("/proc/self/cwd/pma/a.h");
  EXPECT_EQ(file.Lines(), (std::map<std::size_t, bool>{{2, true},
                                                       {3, true},
                                                       {4, true},
                                                       {5, false},
                                                       {6, false},
                                                       {7, true},
                                                       {8, true}}));
}

TEST(ProfileTest, ABranchIsTakenIfAnyInstantiationTookIt) {
  const FileProfile none = ProfileOf("0").at("/proc/self/cwd/pma/a.h");
  ASSERT_EQ(none.conditions.size(), 1u) << "the compiler decides line 3";
  EXPECT_FALSE(none.conditions.at({4, 7, 4, 13}).was_true);
  EXPECT_TRUE(none.conditions.at({4, 7, 4, 13}).was_false);
  const FileProfile one = ProfileOf("1").at("/proc/self/cwd/pma/a.h");
  EXPECT_EQ(one.conditions.at({4, 7, 4, 13}).taken(), 2u);
}

TEST(ProfileTest, ProgramsAddUp) {
  Profile both = ProfileOf("0");
  AddProfile(absl::StrReplaceAll(kExport, {{"ZERO", "1"}}), both);
  AddProfile(absl::StrReplaceAll(kExport, {{"ZERO", "0"}}), both);
  const FileProfile file = both.at("/proc/self/cwd/pma/a.h");
  EXPECT_TRUE(file.Lines().at(5));
  EXPECT_EQ(file.conditions.at({4, 7, 4, 13}).taken(), 2u);
}

// For the compiler it is one region, from its brace to its end.
TEST(ProfileTest, AFunctionThatOneProgramDoesNotUseIsJudgedByTheOthers) {
  constexpr const char* kUnused = R"({"data": [{"files": [{
    "filename": "/proc/self/cwd/pma/a.h", "branches": [],
    "segments": [[2, 14, 0, true, true, false],
                 [9, 2, 0, false, false, false]]}]}]})";
  Profile profile;
  AddProfile(kUnused, profile);
  const FileProfile& file = profile.at("/proc/self/cwd/pma/a.h");
  EXPECT_EQ(file.Lines().size(), 8u);
  EXPECT_FALSE(file.Lines().at(9));
  AddProfile(absl::StrReplaceAll(kExport, {{"ZERO", "1"}}), profile);
  EXPECT_EQ(file.Lines(), ProfileOf("1").at("/proc/self/cwd/pma/a.h").Lines());
}

TEST(ProfileTest, OtherTextIsRefused) {
  Profile profile;
  EXPECT_ANY_THROW(AddProfile("", profile));
  EXPECT_ANY_THROW(AddProfile("{}", profile));
}

TEST(JudgeTest, ALineThatNeverRanNeedsAReason) {
  EXPECT_EQ(Failures("1", "", kNone), Lines());
  EXPECT_EQ(Failures("0", "", kNone),
            Lines{"pma/a.h:5: never ran, without a reason: return 1; "
                  "(2 lines)"});
  EXPECT_EQ(Failures("0", "pma/a.h | return 1; | i is not 0\n", kNone),
            Lines());
  EXPECT_EQ(Failures("0", "pma/a.h | * | i is not 0\n", kNone), Lines());
  EXPECT_EQ(Failures("0", "pma/b.h | return 1; | i is not 0\n", kNone).size(),
            1u);
}

TEST(JudgeTest, BelowALimitFails) {
  const std::string reason = "pma/a.h | return 1; | i is not 0\n";
  EXPECT_EQ(Failures("0", reason, {.lines = 71, .branches = 50}), Lines());
  EXPECT_EQ(Failures("0", reason, {.lines = 72, .branches = 50}),
            Lines{"71.43 % of the lines, of 72 % at least"});
  EXPECT_EQ(Failures("0", reason, {.lines = 71, .branches = 51}),
            Lines{"50.00 % of the branches, of 51 % at least"});
  EXPECT_EQ(Failures("1", "", {.lines = 100, .branches = 100}), Lines());
}

TEST(JudgeTest, AFileWithoutCodeNeedsAReasonToo) {
  EXPECT_EQ(Judge({{"pma/b.h", {}}}, ProfileOf("1"), "", kNone).failures,
            Lines{"pma/b.h: nothing of it was compiled"});
  EXPECT_EQ(
      Judge({{"pma/b.h", {}}}, ProfileOf("1"), "pma/b.h | - | types", kNone)
          .failures,
      Lines());
}

TEST(JudgeTest, AReasonThatNothingNeedsIsNoted) {
  EXPECT_EQ(Judge({kSource}, ProfileOf("1"), "pma/a.h | return 1; | why", kNone)
                .notes,
            Lines{"a reason is not needed: pma/a.h | return 1;"});
}

TEST(JudgeTest, ReasonsAreOfThreeParts) {
  EXPECT_THROW(Failures("1", "pma/a.h | return 1;\n", kNone),
               std::invalid_argument);
  // Bars of the code itself are no ends of it.
  EXPECT_EQ(
      Judge({kSource}, ProfileOf("1"), "pma/a.h | a | b | why", kNone).notes,
      Lines{"a reason is not needed: pma/a.h | a | b"});
}

TEST(JudgeTest, SaysWhichBranchesWereNeverTaken) {
  EXPECT_EQ(Judge({kSource}, ProfileOf("0"), "", kNone).untaken,
            "pma/a.h:4:7: never true: if (i == 0) {\n");
  EXPECT_EQ(Judge({kSource}, ProfileOf("1"), "", kNone).untaken, "");
}

}  // namespace
}  // namespace pma::covered
