// SPDX-License-Identifier: Apache-2.0

// The outputs hold the results, the report needs no network, and files appear
// whole or not at all.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "bench/report/atomic_file.h"
#include "bench/report/page.h"
#include "bench/shootout/json.h"
#include "bench/shootout/result.h"
#include "bench/shootout/table.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace pma::bench {
namespace {

Results SomeResults() {
  Results results;
  results.environment = {.cpu = "A Processor",
                         .core_count = 2,
                         .kernel = "",
                         .compiler = "",
                         .vector_unit = "",
                         .huge_pages = "",
                         .date = "",
                         .command_line = "run '</script><b>'"};
  results.key_set = {.name = "geoip", .key_count = 1234};
  results.maps = {{"pma", "this one"}, {"tbb", "that one"}};
  results.mixes = {{"ycsb_a", "half and half", "Mops/s"},
                   {"floor", "below", "Mops/s"}};
  results.thread_counts = {2};
  Measurement m{.map = "pma", .mix = "ycsb_a", .thread_count = 2};
  m.rate = 12.34;
  m.p50 = 123;
  m.p99 = 4567;
  m.p999 = 8.9e6;
  m.max = 1.5e9;
  m.bytes_per_entry = 21.5;
  m.ratio_to_best_other = 2;
  results.measurements.push_back(m);
  m.mix = "floor";
  results.measurements.push_back(m);
  m.map = "tbb";
  m.available = false;
  results.measurements.push_back(m);
  return results;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

TEST(Table, ShowsEveryFigure) {
  const std::string table = ResultTable(SomeResults());
  for (const std::string_view part :
       {"2 threads, 1234 keys (geoip)", "ycsb_a: half and half", "Mops/s",
        "12.3", "123 ns", "4.57 us", "8.90 ms", "1.50 s", "21.5", "2.00x"}) {
    EXPECT_TRUE(Contains(table, part)) << part << " is not in\n" << table;
  }
  EXPECT_TRUE(Contains(table, "n/a"));
}

TEST(Json, RoundTrips) {
  const auto json = nlohmann::json::parse(ResultJson(SomeResults(), 2));
  EXPECT_EQ(json["key_set"]["key_count"], 1234);
  EXPECT_EQ(json["measurements"][0]["map"], "pma");
  EXPECT_EQ(json["measurements"][0]["rate"], 12.34);
  EXPECT_EQ(json["measurements"][2]["available"], false);
  EXPECT_EQ(json["standings"][0]["mean_ratio"], 2.0);
}

TEST(Json, BytesThatAreNoTextDoNotBreakIt) {
  Results results = SomeResults();
  results.key_set.name = "\xff\xfe";
  EXPECT_TRUE(nlohmann::json::accept(ResultJson(results, -1)));
}

TEST(ReportPage, HoldsTheResultsAndTheChartLibrary) {
  const std::string page = ReportPage(ResultJson(SomeResults(), -1));
  EXPECT_TRUE(Contains(page, "\"cpu\":\"A Processor\""));
  EXPECT_TRUE(Contains(page, "\"rate\":12.34"));
  EXPECT_TRUE(Contains(page, "Chart.js v"));
  EXPECT_TRUE(Contains(page, "--accent"));
  EXPECT_TRUE(Contains(page, "drawThroughput();"));
  for (const std::string_view mark :
       {"/*RESULTS*/", "/*CHART_JS*/", "/*STYLE*/", "/*SCRIPT*/"}) {
    EXPECT_FALSE(Contains(page, mark)) << mark << " was not filled";
  }
}

TEST(ReportPage, LoadsNothingFromElsewhere) {
  const std::string page = ReportPage(ResultJson(SomeResults(), -1));
  for (const std::string_view reference :
       {"src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest",
        "sourceMappingURL"}) {
    EXPECT_FALSE(Contains(page, reference)) << reference;
  }
}

TEST(ReportPage, DataCannotEndItsScript) {
  const std::string page = ReportPage(ResultJson(SomeResults(), -1));
  EXPECT_TRUE(Contains(page, "\\u003c/script>\\u003cb>"));
  EXPECT_FALSE(Contains(page, "'</script><b>'"));
}

// ---- Files ------------------------------------------------------------------

class Files : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "/files";
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
  }

  std::string Path(std::string_view name) const {
    return directory_ + "/" + std::string(name);
  }
  size_t FileCount() const {
    return std::distance(std::filesystem::directory_iterator(directory_),
                         std::filesystem::directory_iterator());
  }
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file),
            std::istreambuf_iterator<char>()};
  }

  std::string directory_;
};

TEST_F(Files, AreWrittenAndReplaced) {
  std::ofstream(Path("a")) << "old";
  ASSERT_TRUE(CheckWritable(Path("a")).ok());
  ASSERT_TRUE(WriteFilesAtomically({{Path("a"), "new"}, {Path("b"), ""}}).ok());
  EXPECT_EQ(Read(Path("a")), "new");
  EXPECT_EQ(FileCount(), 2u);
}

TEST_F(Files, NothingIsWrittenIfOneCannotBe) {
  std::ofstream(Path("a")) << "old";
  const absl::Status status =
      WriteFilesAtomically({{Path("a"), "new"}, {Path("missing/b"), "new"}});
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(Contains(status.message(), "missing/b")) << status.message();
  EXPECT_EQ(Read(Path("a")), "old");
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(Files, WrongPathsAreKnownBeforehand) {
  EXPECT_FALSE(CheckWritable(directory_).ok());
  EXPECT_FALSE(CheckWritable(Path("missing/a")).ok());
  std::ofstream(Path("file")) << "";
  EXPECT_FALSE(CheckWritable(Path("file/a")).ok());
  EXPECT_EQ(FileCount(), 1u);
}

}  // namespace
}  // namespace pma::bench
