// SPDX-License-Identifier: Apache-2.0

// The table and the JSON hold the results.

#include <string>
#include <string_view>

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
                         .command_line = "run"};
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

}  // namespace
}  // namespace pma::bench
