// SPDX-License-Identifier: Apache-2.0

// Every role for some steps, and runs with something planted
// that an endurance run must notice.

#include <cstdint>
#include <string>

#include "fuzz/endurance/memory.h"
#include "fuzz/endurance/report.h"
#include "fuzz/endurance/run.h"
#include "gtest/gtest.h"
#include "pma/testing/build_variant.h"

namespace pma::endurance {
namespace {

// So few steps have hardly a second half: only what is gross is judged.
Settings Short(Plant plant = Plant::kNothing) {
  return {.steps = testing::Scaled<std::uint64_t>(8000, 600),
          .blocks = 1000,
          .allowance = {.part = 1, .bytes = 4 << 20},
          .plant = plant};
}

Result RunShort(const Settings& settings) {
  return Endure(settings, [](const Sample&) {});
}

TEST(EnduranceTest, AllRolesAtOnceFindNothingWrong) {
  int samples = 0;
  const Settings settings = Short();
  const Result result = Endure(settings, [&](const Sample&) { ++samples; });
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(samples, 40);
  EXPECT_EQ(result.samples.size(), 40u);
  EXPECT_TRUE(result.trends.live.judged);
  EXPECT_EQ(result.destroyed_bytes, 0);
  EXPECT_EQ(result.steps_by_role.size(), RoleCount());
  for (const auto& [role, steps] : result.steps_by_role) {
    EXPECT_GE(steps, 1u) << role;
  }
  EXPECT_NE(Summary(settings, result).find("\nclean\n"), std::string::npos);
}

TEST(EnduranceTest, MoreThreadsThanRolesShareThem) {
  Settings settings = Short();
  settings.steps = 200;
  settings.threads = 2 * RoleCount();
  EXPECT_EQ(RunShort(settings).failure, "");
}

TEST(EnduranceTest, MemoryThatIsTakenAndKeptIsNoticed) {
  Settings settings = Short(Plant::kGrowth);  // a MiB in each of 40 samples
  settings.allowance = {.part = 0.05, .bytes = 4 << 20};
  const Result result = RunShort(settings);
  EXPECT_EQ(result.failure.rfind("memory grows: what the allocator", 0), 0u)
      << result.failure;
  EXPECT_EQ(result.destroyed_bytes, 0);
}

TEST(EnduranceTest, AnEntryThatIsLostIsNoticed) {
  const Result result = RunShort(Short(Plant::kWrongCount));
  EXPECT_NE(result.failure, "");
  EXPECT_EQ(result.failure.find("memory"), std::string::npos) << result.failure;
}

TEST(EnduranceTest, BytesThatAreNotFreedAreNoticed) {
  EXPECT_EQ(RunShort(Short(Plant::kUnfreed)).failure,
            "bytes not freed with the maps: 8");
}

TEST(EnduranceTest, SettingsThatCannotBeAreRefused) {
  EXPECT_EQ(CheckSettings(Short()), "");
  EXPECT_EQ(CheckSettings({.threads = 3}).rfind("--threads: ", 0), 0u);
  EXPECT_EQ(CheckSettings({.seconds = 0}).rfind("--seconds: ", 0), 0u);
  EXPECT_EQ(CheckSettings({.blocks = 1}).rfind("--blocks: ", 0), 0u);
}

}  // namespace
}  // namespace pma::endurance
