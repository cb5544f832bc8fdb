// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/ycsb.h"

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "bench/shootout/mix.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

YcsbWorkload Parsed(std::string_view text) {
  auto workload = ParseYcsbWorkload("w", text);
  EXPECT_TRUE(workload.ok()) << workload.status();
  return workload.ok() ? *workload : YcsbWorkload();
}

std::string ErrorOf(std::string_view text) {
  return std::string(ParseYcsbWorkload("w", text).status().message());
}

// YCSB's own workloads/workloade, with its licence and remarks left out.
TEST(YcsbTest, ReadsAFileOfYcsb) {
  const YcsbWorkload workload = Parsed(
      "# Yahoo! Cloud System Benchmark\r\n"
      "#   Read/update ratio: 50/50\n"
      "recordcount=1000\n"
      "operationcount=2000\n"
      "workload=site.ycsb.workloads.CoreWorkload\n"
      "\n"
      "readallfields=true\n"
      "readproportion=0\n"
      "updateproportion=0\n"
      "scanproportion=0.95\n"
      "insertproportion=0.05\n"
      "requestdistribution=zipfian\n"
      "maxscanlength=100\n"
      "scanlengthdistribution=uniform\n");
  EXPECT_EQ(workload.record_count, 1000u);
  EXPECT_FALSE(workload.ordered_keys);
  EXPECT_EQ(workload.mix.operation_count, 2000u);
  EXPECT_EQ(workload.mix.scan_percent, 95);
  EXPECT_EQ(workload.mix.insert_percent, 5);
  EXPECT_EQ(workload.mix.read_percent, 0);
  EXPECT_EQ(workload.mix.key_choice, KeyChoice::kZipf);
  EXPECT_EQ(workload.mix.scan_length_min, 1);
  EXPECT_EQ(workload.mix.scan_length_max, 100);
  EXPECT_FALSE(workload.mix.zipf_scan_lengths);
  EXPECT_EQ(workload.description,
            "95 % scans, 5 % inserts, zipfian keys, scans of 1 to 100 entries, "
            "uniform");
  EXPECT_EQ(workload.value_bytes, 1000u);
  EXPECT_EQ(workload.notes.size(), 1u);  // of these
}

TEST(YcsbTest, HasTheDefaultsOfYcsb) {
  const YcsbWorkload workload = Parsed("recordcount : 5\n");
  EXPECT_EQ(workload.record_count, 5u);
  EXPECT_EQ(workload.mix.operation_count, 0u);
  EXPECT_EQ(workload.mix.read_percent, 95);
  EXPECT_EQ(workload.mix.update_percent, 5);
  EXPECT_EQ(workload.mix.key_choice, KeyChoice::kUniform);
}

TEST(YcsbTest, RoundsProportions) {
  const YcsbWorkload workload = Parsed(
      "recordcount=9\nreadproportion=2\nupdateproportion=1\n"
      "insertproportion=0.0001");
  EXPECT_EQ(workload.mix.read_percent, 66);
  EXPECT_EQ(workload.mix.update_percent, 33);
  EXPECT_EQ(workload.mix.insert_percent, 1);
  EXPECT_EQ(workload.notes.size(), 4u);
}

TEST(YcsbTest, ReadsFurtherDistributions) {
  const YcsbWorkload workload = Parsed(
      "recordcount 9\nreadproportion=0.5\nupdateproportion=0\n"
      "scanproportion=0.5\nminscanlength=3\nmaxscanlength=7\n"
      "scanlengthdistribution=zipfian\ninsertorder=ordered\n");
  EXPECT_TRUE(workload.mix.zipf_scan_lengths);
  EXPECT_EQ(workload.mix.scan_length_min, 3);
  EXPECT_TRUE(workload.ordered_keys);
  EXPECT_EQ(Parsed("recordcount=9\nfieldcount=3\nfieldlength=7").value_bytes,
            21u);
  EXPECT_EQ(Parsed("recordcount=9\nfieldcount=1\nfieldlength=4").value_bytes,
            8u);  // no less than what answers are checked by
  EXPECT_EQ(Parsed("recordcount=9\nupdateproportion=0\ninsertproportion=0.05\n"
                   "requestdistribution=latest")
                .mix.key_choice,
            KeyChoice::kLatest);
}

TEST(YcsbTest, SaysWhatItCannotDo) {
  EXPECT_EQ(ErrorOf(""), "recordcount is missing, or 0");
  EXPECT_EQ(ErrorOf("recordcount=x"),
            "recordcount=x is no number up to 4294967295");
  EXPECT_EQ(ErrorOf("readproportion=-1"), "readproportion=-1 is no proportion");
  EXPECT_EQ(ErrorOf("readproportion=0\nupdateproportion=0"),
            "all proportions are zero");
  EXPECT_EQ(ErrorOf("requestdistribution=hotspot"),
            "requestdistribution=hotspot is none of uniform, zipfian and "
            "latest");
  EXPECT_EQ(ErrorOf("requestdistribution=latest"),
            "requestdistribution=latest is for reads and inserts only here");
  EXPECT_EQ(ErrorOf("scanlengthdistribution=odd"),
            "scanlengthdistribution=odd is none of uniform and zipfian");
  EXPECT_EQ(ErrorOf("scanproportion=1\nminscanlength=5\nmaxscanlength=4"),
            "minscanlength=5 and maxscanlength=4 are no lengths of scans");
  EXPECT_EQ(ErrorOf("workload=site.ycsb.workloads.TimeSeriesWorkload"),
            "workload=site.ycsb.workloads.TimeSeriesWorkload is not YCSB's "
            "CoreWorkload");
  EXPECT_EQ(ErrorOf("recordcount=1\nfieldcount=1025\nfieldlength=1024"),
            "fieldcount=1025 times fieldlength=1024 is more than 1048576 "
            "bytes");
  EXPECT_EQ(ErrorOf("recordcount=1\ninsertorder=odd"),
            "insertorder=odd is none of hashed and ordered");
  EXPECT_EQ(ParseYcsbWorkload("erase", "recordcount=1").status().message(),
            "the file has the name of a mix, which its results would be taken "
            "for");
  EXPECT_EQ(ReadYcsbWorkload("/no/such/file", "file").status().message(),
            "--workload: cannot read file");
}

}  // namespace
}  // namespace pma::bench
