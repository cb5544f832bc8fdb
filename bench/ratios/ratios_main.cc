// SPDX-License-Identifier: Apache-2.0

// Runs the map and its peers side by side for one or two minutes and prints
// each ratio that matters with its target beside it.
//
//   tools/bazel run -c opt //bench:ratios -- --n=10000000
//
// A missed target is a finding, not a failure: only a wrong answer or a wrong
// flag makes the program fail.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bench/measure/environment.h"
#include "bench/measure/machine_load.h"
#include "bench/ratios/contest.h"
#include "bench/ratios/player.h"
#include "bench/ratios/ratio_report.h"
#include "bench/ratios/ratio_result.h"
#include "bench/ratios/rounds.h"
#include "bench/report/output_file.h"
#include "bench/report/page.h"
#include "tools/callers_folder.h"

ABSL_FLAG(uint64_t, n, 1'000'000, "entries of the maps");
ABSL_FLAG(uint64_t, threads, 1,
          "threads of the rows that compare maps by point operations");
ABSL_FLAG(double, seconds, 60,
          "about how long to run, at one million entries on a quiet machine");
ABSL_FLAG(std::string, peers, "",
          "comma list of maps to compare with: absl_shared_mutex, btree_olc, "
          "art_olc, "
          "std_shared_mutex, tbb, libcds; empty: all");
ABSL_FLAG(std::string, json, "", "file to write the ratios to as JSON");
ABSL_FLAG(std::string, report, "", "file to write an HTML report to");

namespace pma::bench {
namespace {

constexpr uint64_t kLeastKeys = 1000;
constexpr uint64_t kMostKeys = 200'000'000;
constexpr uint64_t kMostThreads = 1024;

int Fail(std::string_view message) {
  absl::FPrintF(stderr, "ratios: %s\n", message);
  return EXIT_FAILURE;
}

// The file that a flag names; empty if none.
std::string CallersPath(const std::string& path) {
  return path.empty() ? path : FromCallersFolder(path);
}

absl::Status ParseFlags(ContestSettings& settings) {
  const auto refused = [](std::string_view flag, std::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", why));
  };
  settings.key_count = absl::GetFlag(FLAGS_n);
  if (settings.key_count < kLeastKeys || settings.key_count > kMostKeys) {
    return refused("n", absl::StrCat("expected a number from ", kLeastKeys,
                                     " to ", kMostKeys));
  }
  settings.thread_count = absl::GetFlag(FLAGS_threads);
  if (settings.thread_count < 1 || settings.thread_count > kMostThreads) {
    return refused("threads",
                   absl::StrCat("expected a number from 1 to ", kMostThreads));
  }
  settings.seconds = absl::GetFlag(FLAGS_seconds);
  if (!(settings.seconds >= 0 && settings.seconds <= 86'400)) {
    return refused("seconds", "expected a number from 0 to 86400");
  }
  settings.maps = PlayerNames();
  const std::string peers = absl::GetFlag(FLAGS_peers);
  if (peers.empty()) return absl::OkStatus();
  const std::vector<std::string> known(settings.maps.begin() + 1,
                                       settings.maps.end());
  settings.maps.resize(1);
  for (const std::string_view name : absl::StrSplit(peers, ',')) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return refused("peers", absl::StrCat("there is no '", name, "', only ",
                                           absl::StrJoin(known, ", ")));
    }
    settings.maps.emplace_back(name);
  }
  return absl::OkStatus();
}

struct Outputs {
  std::string json_path;
  std::string report_path;
};

absl::StatusOr<Outputs> FindOutputs() {
  Outputs outputs = {CallersPath(absl::GetFlag(FLAGS_json)),
                     CallersPath(absl::GetFlag(FLAGS_report))};
  if (!outputs.json_path.empty()) {
    absl::Status status = CheckWritable("json", outputs.json_path);
    if (!status.ok()) return status;
  }
  if (!outputs.report_path.empty()) {
    absl::Status status = CheckWritable("report", outputs.report_path);
    if (!status.ok()) return status;
    if (outputs.report_path == outputs.json_path) {
      return absl::InvalidArgumentError("--json and --report name one file");
    }
  }
  return outputs;
}

absl::Status WriteOutputs(const Outputs& outputs, const RatioResults& results) {
  if (!outputs.json_path.empty()) {
    absl::Status status =
        WriteFile(outputs.json_path, RatioJson(results, /*indent=*/2) + "\n");
    if (!status.ok()) return status;
  }
  if (!outputs.report_path.empty()) {
    return WriteFile(outputs.report_path,
                     ReportPage(RatioJson(results, /*indent=*/-1)));
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  std::string command_line = "tools/bazel run -c opt //bench:ratios --";
  for (int i = 1; i < argc; ++i) absl::StrAppend(&command_line, " ", argv[i]);
  absl::SetProgramUsageMessage(
      "compares the map with its peers; see --help for the flags");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() > 1) {
    return Fail(absl::StrCat("unexpected argument '", arguments[1], "'"));
  }
  ContestSettings settings;
  if (const absl::Status status = ParseFlags(settings); !status.ok()) {
    return Fail(status.message());
  }
  const absl::StatusOr<Outputs> outputs = FindOutputs();
  if (!outputs.ok()) return Fail(outputs.status().message());
  settings.announce = [](std::string_view what) {
    absl::FPrintF(stderr, "%s ...\n", what);
  };

  RatioResults results;
  results.environment = DescribeEnvironment(command_line);
  results.key_count = settings.key_count;
  results.thread_count = settings.thread_count;
  if (!results.environment.optimized) {
    absl::FPrintF(stderr,
                  "note: built without '-c opt', the figures mean little\n");
  }
  const MachineLoad load;
  const auto start = std::chrono::steady_clock::now();
  {
    Contest contest(settings);
    const absl::Status status = contest.Run();
    if (!status.ok()) return Fail(status.message());
    results.rows = contest.rows();
  }
  results.wall_seconds = SecondsSince(start);
  results.other_work_share = load.OtherWorkShare();

  absl::PrintF("%s", RatioTable(results));
  absl::PrintF(
      "\n%d keys, %d thread(s), %.0f s; other work took %.0f %% of the "
      "processors%s\n",
      results.key_count, results.thread_count, results.wall_seconds,
      results.other_work_share * 100,
      results.other_work_share > 0.05 ? ": expect noise" : "");

  if (const absl::Status status = WriteOutputs(*outputs, results);
      !status.ok()) {
    return Fail(status.message());
  }
  return std::fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) { return pma::bench::Main(argc, argv); }
