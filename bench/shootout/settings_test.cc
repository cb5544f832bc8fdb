// SPDX-License-Identifier: Apache-2.0

// Wrong flags are refused before any work, each with one line that says which.

#include "bench/shootout/settings.h"

#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/keys/key_distributions.h"
#include "bench/keys/key_sources.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/mix.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

Surroundings Around() {
  return {.caller_directory = ::testing::TempDir(),
          .geoip_path = "data/geoip",
          .words_path = "data/words",
          .core_count = 6};
}

TEST(Settings, DefaultsAreTheWholeRace) {
  const absl::StatusOr<Settings> settings = ParseSettings({}, Around());
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->key_source.form, KeyForm::kGeoip);
  EXPECT_EQ(settings->key_source.path, "data/geoip");
  EXPECT_EQ(settings->mixes.size(), 11u);
  EXPECT_EQ(settings->thread_counts, (std::vector<size_t>{6}));
  EXPECT_EQ(settings->report_path, ::testing::TempDir() + "/shootout.html");
  EXPECT_EQ(settings->json_path, "");
  ASSERT_EQ(settings->maps.size(), 6u);
  EXPECT_EQ(settings->maps[0]->name, "pma");
}

TEST(Settings, MapWithoutLockJoinsForOneThread) {
  FlagValues flags;
  flags.threads = "2,1";
  const auto settings = ParseSettings(flags, Around());
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->thread_counts, (std::vector<size_t>{2, 1}));
  EXPECT_EQ(settings->maps.size(), 7u);
}

TEST(Settings, MapThatIsNotThereByDefaultCanBeNamed) {
  FlagValues flags;
  flags.maps = "libcds";
  const auto settings = ParseSettings(flags, Around());
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->maps[0]->name, "libcds");
}

TEST(Settings, ListsKeepTheirOrder) {
  FlagValues flags;
  flags.maps = "tbb,pma";
  flags.mixes = "floor,load";
  flags.keys = "uniform";
  flags.n = 77;
  const auto settings = ParseSettings(flags, Around());
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->maps[0]->name, "tbb");
  EXPECT_EQ(settings->mixes[0]->name, "floor");
  EXPECT_EQ(settings->key_source.distribution->name, "uniform");
  EXPECT_EQ(settings->key_source.generated_count, 77u);
}

TEST(Settings, UrlsAreMadeOfTheWordsAsManyAsAskedFor) {
  FlagValues flags;
  flags.keys = "urls";
  flags.n = 77;
  const auto settings = ParseSettings(flags, Around());
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->key_source.form, KeyForm::kUrls);
  EXPECT_EQ(settings->key_source.path, "data/words");
  EXPECT_EQ(settings->key_source.generated_count, 77u);
}

TEST(Settings, OnlyMapsRaceThatKnowTheTypeOfKey) {
  FlagValues flags;
  flags.keys = "uuid";
  flags.n = 10;
  auto settings = ParseSettings(flags, Around());
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  const auto keys = LoadKeySet(settings->key_source);
  ASSERT_TRUE(keys.ok());
  EXPECT_TRUE(KeepMapsFor(*keys, *settings).ok());
  ASSERT_EQ(settings->maps.size(), 2u);
  EXPECT_EQ(settings->maps[0]->name, "pma");
  EXPECT_EQ(settings->maps[1]->name, "absl_shared_mutex");

  flags.maps = "pma,tbb";
  settings = ParseSettings(flags, Around());
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(KeepMapsFor(*keys, *settings).message(),
            "--maps: 'tbb' does not race on structs of two 64-bit integers");
}

TEST(Settings, OnlyMapsRaceThatKeepValuesOfThatSize) {
  FlagValues flags;
  flags.keys = "uniform";
  flags.n = 10;
  flags.value_bytes = 9;
  auto settings = ParseSettings(flags, Around());
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->value_bytes, 9u);
  const auto keys = LoadKeySet(settings->key_source);
  ASSERT_TRUE(keys.ok());
  EXPECT_TRUE(KeepMapsFor(*keys, *settings).ok());
  ASSERT_EQ(settings->maps.size(), 3u);
  EXPECT_EQ(settings->maps[0]->name, "pma");
  EXPECT_EQ(settings->maps[1]->name, "absl_shared_mutex");
  EXPECT_EQ(settings->maps[2]->name, "std_shared_mutex");

  flags.maps = "pma,tbb";
  settings = ParseSettings(flags, Around());
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(
      KeepMapsFor(*keys, *settings).message(),
      "--maps: 'tbb' does not race on 64-bit integers with values of 9 bytes");

  flags.maps = "";
  flags.keys = "uuid";
  settings = ParseSettings(flags, Around());
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  const auto uuids = LoadKeySet(settings->key_source);
  ASSERT_TRUE(uuids.ok());
  EXPECT_EQ(KeepMapsFor(*uuids, *settings).message(),
            "--keys: no map races on structs of two 64-bit integers with "
            "values of 9 bytes (--value_bytes=8)");
}

TEST(Settings, KeyFilesAreTheCallersAndOfTheFormNamed) {
  const struct {
    std::string keys;
    KeyForm form;
    std::string path;
  } cases[] = {
      {"text:my/keys", KeyForm::kText, ::testing::TempDir() + "/my/keys"},
      {"numbers:/my/keys", KeyForm::kNumbers, "/my/keys"},
      {"sosd:text:words", KeyForm::kSosd, ::testing::TempDir() + "/text:words"},
  };
  for (const auto& c : cases) {
    FlagValues flags;
    flags.keys = c.keys;
    const auto settings = ParseSettings(flags, Around());
    ASSERT_TRUE(settings.ok()) << settings.status().message();
    EXPECT_EQ(settings->key_source.form, c.form);
    EXPECT_EQ(settings->key_source.path, c.path);
  }
}

TEST(Settings, WrongFlagsAreNamed) {
  const struct {
    std::function<void(FlagValues&)> spoil;
    std::string_view error;
  } cases[] = {
      {[](auto& f) { f.maps = "pma,bogus"; },
       "--maps: there is no 'bogus', only pma, absl_shared_mutex, "
       "std_shared_mutex, tbb, btree_olc, art_strings, libcds, absl_btree"},
      {[](auto& f) { f.maps = "pma,pma"; }, "--maps: 'pma' is named twice"},
      {[](auto& f) { f.maps = "pma,"; }, "--maps: there is no ''"},
      {[](auto& f) { f.maps = "absl_btree"; },
       "--maps: 'absl_btree' has no lock, it needs --threads=1"},
      {[](auto& f) { f.mixes = "ycsb_z"; }, "--mixes: there is no 'ycsb_z'"},
      {[](auto& f) { f.threads = "0"; },
       "--threads: '0' is no number from 1 to 1024"},
      {[](auto& f) { f.threads = "2,x"; }, "--threads: 'x' is no number"},
      {[](auto& f) { f.threads = "-1"; }, "--threads: '-1' is no number"},
      {[](auto& f) { f.threads = "1025"; }, "--threads: '1025' is no number"},
      {[](auto& f) { f.threads = "2,2"; }, "--threads: 2 is named twice"},
      {[](auto& f) { f.seconds = -1; }, "--seconds: -1 is not above 0"},
      {[](auto& f) { f.seconds = 0; }, "--seconds: 0 is not above 0"},
      {[](auto& f) { f.seconds = std::nan(""); }, "--seconds: nan is not"},
      {[](auto& f) { f.seconds = 1e9; }, "--seconds: 1e+09 is not"},
      {[](auto& f) { f.repeats = 0; }, "--repeats: 0 is not from 1 to 99"},
      {[](auto& f) { f.keys = "my/keys"; },
       "--keys: 'my/keys' is none of geoip, words, urls, uniform, timestamps, "
       "dense, clusters, lognormal, outliers, uuid, composite, tenants, "
       "timepoint, descending, text:FILE, numbers:FILE and sosd:FILE"},
      {[](auto& f) { f.keys = "no"; }, "--keys: 'no' is none of geoip"},
      {[](auto& f) { f.keys = "text:"; }, "--keys: 'text:' is none of geoip"},
      {[](auto& f) { f.keys = "csv:a"; }, "--keys: 'csv:a' is none of geoip"},
      {[](auto& f) { f.n = 5; },
       "--n: only for generated keys, not for --keys=geoip"},
      {[](auto& f) {
         f.keys = "uniform";
         f.n = 0;
       },
       "--n: 0 is not from 1 to"},
      {[](auto& f) { f.value_bytes = 7; },
       "--value_bytes: 7 is not from 8 to 1048576"},
      {[](auto& f) { f.value_bytes = 1048577; },
       "--value_bytes: 1048577 is not from 8 to 1048576"},
      {[](auto& f) { f.workload = "none"; }, "--workload: cannot read none"},
      {[](auto& f) {
         f.workload = "none";
         f.n = 5;
       },
       "--workload: names its own mix and number of keys, without --n"},
      {[](auto& f) { f.json = "no/such/x.json"; }, "--json: "},
      {[](auto& f) { f.report = "/"; }, "--report: /: cannot write"},
      {[](auto& f) { f.json = f.report; }, "--json and --report name one file"},
  };
  for (const auto& c : cases) {
    FlagValues flags;
    c.spoil(flags);
    const auto settings = ParseSettings(flags, Around());
    ASSERT_FALSE(settings.ok()) << c.error;
    const std::string error(settings.status().message());
    EXPECT_TRUE(error.starts_with(c.error)) << error;
    EXPECT_EQ(error.find('\n'), error.npos) << error;
  }
}

}  // namespace
}  // namespace pma::bench
