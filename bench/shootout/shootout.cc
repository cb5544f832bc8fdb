// SPDX-License-Identifier: Apache-2.0

// Races concurrent ordered maps on real keys and says which one won.
//
//   bazel run -c opt //bench:shootout -- --keys=words --mixes=load,ycsb_a

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/keys/data_files.h"
#include "bench/keys/key_set.h"
#include "bench/keys/key_sources.h"
#include "bench/keys/record.h"
#include "bench/measure/durations.h"
#include "bench/measure/environment.h"
#include "bench/measure/machine_load.h"
#include "bench/measure/tick_clock.h"
#include "bench/report/output_file.h"
#include "bench/report/page.h"
#include "bench/shootout/json.h"
#include "bench/shootout/progress.h"
#include "bench/shootout/result.h"
#include "bench/shootout/settings.h"
#include "bench/shootout/summary.h"
#include "bench/shootout/table.h"
#include "bench/shootout/tournament.h"
#include "tools/callers_folder.h"

ABSL_FLAG(std::string, keys, "",
          "keys to load, in random order: geoip (IPv4 ranges of Debian's "
          "tor-geoipdb), words (Debian's wamerican-insane), urls (made of "
          "those words), generated 64-bit integers (uniform: random; "
          "timestamps: with jitter; dense: from 0 on; clusters: like places of "
          "OpenStreetMap; lognormal; outliers: a range and a few far keys, "
          "like Facebook's of SOSD), generated keys of other types (uuid; "
          "composite: pairs of 32-bit integers; tenants: pairs of 64-bit ones; "
          "timepoint; descending: 64-bit integers in std::greater<>), or a "
          "file: text:FILE (one string a line), numbers:FILE (one unsigned "
          "decimal 64-bit integer a line), sosd:FILE (binary, as of SOSD and "
          "GRE: a 64-bit count, then 64-bit integers); empty: geoip, or those "
          "of --workload");
ABSL_FLAG(std::optional<uint64_t>, n, std::nullopt,
          "number of generated keys, or of urls; 1,000,000 by default");
ABSL_FLAG(std::string, mixes, "",
          "comma list of load, ycsb_a to ycsb_f, floor, scan100, scan10k, "
          "fullscan, hit, miss, erase; empty: all but the last three");
ABSL_FLAG(std::string, workload, "",
          "instead of mixes: a file of properties as YCSB reads it "
          "(recordcount, operationcount, the proportions, requestdistribution, "
          "the lengths of scans, fieldcount, fieldlength). It ends after "
          "operationcount or --seconds, "
          "what comes first");
ABSL_FLAG(std::optional<uint64_t>, value_bytes, std::nullopt,
          "bytes of each value; 8 by default, or fieldcount times fieldlength "
          "of --workload. Values of more than 8 race on 64-bit integers, in "
          "maps that can keep them; B/entry is what the map takes beside them");
ABSL_FLAG(std::string, maps, "",
          "comma list of pma, absl_shared_mutex, std_shared_mutex, tbb, "
          "btree_olc, art_strings (strings only), libcds, absl_btree (one "
          "thread only); empty: all but libcds that race on such keys");
ABSL_FLAG(std::string, threads, "",
          "number of racing threads, or a comma list of them; empty: one per "
          "core");
ABSL_FLAG(double, seconds, 2, "seconds per mix and map, over all repeats");
ABSL_FLAG(int, repeats, 3,
          "in how many races the maps take turns; the median rate is shown");
ABSL_FLAG(uint64_t, seed, 1, "seed of all random choices");
ABSL_FLAG(std::string, json, "", "file to write the results to as JSON");
ABSL_FLAG(std::string, report, "shootout.html",
          "file to write the HTML report to; empty: none");

namespace pma::bench {
namespace {

// Other work that takes more than this share of the machine shows in the
// figures.
constexpr double kNoisyShare = 0.05;

// One line, whatever happened: a script may want to show it.
int Fail(const absl::Status& status) {
  absl::FPrintF(stderr, "shootout: %s\n", status.message());
  return EXIT_FAILURE;
}

std::string CommandLine(int argc, char** argv) {
  std::string line = "tools/bazel run -c opt //bench:shootout";
  for (int i = 1; i < argc; ++i) {
    // Quoted for a shell if it holds anything unusual.
    const std::string_view arg = argv[i];
    const bool plain = arg.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789-_=,./:+@%") == arg.npos;
    absl::StrAppend(&line, i == 1 ? " -- " : " ", plain ? "" : "'", arg,
                    plain ? "" : "'");
  }
  return line;
}

FlagValues ReadFlags() {
  return {.keys = absl::GetFlag(FLAGS_keys),
          .n = absl::GetFlag(FLAGS_n),
          .mixes = absl::GetFlag(FLAGS_mixes),
          .workload = absl::GetFlag(FLAGS_workload),
          .value_bytes = absl::GetFlag(FLAGS_value_bytes),
          .maps = absl::GetFlag(FLAGS_maps),
          .threads = absl::GetFlag(FLAGS_threads),
          .seconds = absl::GetFlag(FLAGS_seconds),
          .repeats = absl::GetFlag(FLAGS_repeats),
          .seed = absl::GetFlag(FLAGS_seed),
          .json = absl::GetFlag(FLAGS_json),
          .report = absl::GetFlag(FLAGS_report)};
}

std::string WithThousands(uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (size_t i = digits.size(); i > 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

void Announce(const Settings& settings, const KeySetInfo& keys,
              const Environment& env) {
  absl::FPrintF(stderr, "%s keys: %s (%s)\n", WithThousands(keys.key_count),
                keys.name, keys.source);
  if (keys.duplicate_count > 0) {
    absl::FPrintF(stderr, "note: %s duplicate keys dropped\n",
                  WithThousands(keys.duplicate_count));
  }
  if (!env.optimized) {
    absl::FPrintF(stderr,
                  "note: built without '-c opt', the figures mean little\n");
  }
  if (settings.workload != nullptr) {
    for (const std::string& note : settings.workload->notes) {
      absl::FPrintF(stderr, "note: %s\n", note);
    }
  }
  if (settings.value_bytes > sizeof(Record)) {
    absl::FPrintF(stderr,
                  "note: values of %s bytes: maps that keep words alone are "
                  "left out\n",
                  WithThousands(settings.value_bytes));
  }
  absl::FPrintF(stderr, "%d maps, %d mixes, %g s each in %d race%s: about %s\n",
                settings.maps.size(), settings.mixes.size(),
                settings.seconds_per_mix, settings.repeats,
                settings.repeats == 1 ? "" : "s",
                FormatSeconds(ExpectedSeconds(settings, keys.key_count)));
}

Results Describe(const Settings& settings, const KeySetInfo& keys,
                 Environment env) {
  Results results;
  results.environment = std::move(env);
  results.key_set = keys;
  for (const Contestant* map : settings.maps) {
    results.maps.push_back(
        {std::string(map->name), std::string(map->description)});
  }
  for (const Mix* mix : settings.mixes) {
    results.mixes.push_back({std::string(mix->name),
                             std::string(mix->description),
                             mix->counts_entries ? "M entry/s" : "Mops/s"});
  }
  results.thread_counts = settings.thread_counts;
  results.seconds_per_mix = settings.seconds_per_mix;
  results.repeats = settings.repeats;
  results.value_bytes = settings.value_bytes;
  return results;
}

void PrintResults(const Results& results) {
  absl::PrintF("%s", ResultTable(results));
  for (const size_t thread_count : results.thread_counts) {
    const Standing standing = StandingOf(results, "pma", thread_count);
    if (standing.mix_count == 0) continue;
    absl::PrintF(
        "\npma with %d thread%s: %.2fx the best other map (geometric mean of "
        "%d mixes), fastest in %d\n",
        thread_count, thread_count == 1 ? "" : "s", standing.mean_ratio,
        standing.mix_count, standing.win_count);
  }
  if (results.other_work_share > kNoisyShare) {
    absl::PrintF(
        "note: other work took %.0f %% of the processors meanwhile, expect "
        "noise\n",
        results.other_work_share * 100);
  }
}

absl::Status WriteOutputs(const Settings& settings, const Results& results) {
  std::vector<std::pair<std::string, std::string>> files;
  if (!settings.json_path.empty()) {
    files.emplace_back(settings.json_path,
                       ResultJson(results, /*indent=*/2) + "\n");
  }
  if (!settings.report_path.empty()) {
    files.emplace_back(settings.report_path,
                       ReportPage(ResultJson(results, /*indent=*/-1)));
  }
  for (const auto& [path, contents] : files) {
    if (absl::Status status = WriteFile(path, contents); !status.ok()) {
      return status;
    }
    absl::PrintF("wrote %s\n", path);
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  const std::string command_line = CommandLine(argc, argv);
  absl::SetProgramUsageMessage(
      "races concurrent ordered maps on real keys; see --help for the flags");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() > 1) {
    return Fail(absl::InvalidArgumentError(
        absl::StrCat("unexpected argument '", arguments[1],
                     "' (flags are written --name=value)")));
  }
  absl::StatusOr<Settings> settings = ParseSettings(
      ReadFlags(),
      {.caller_directory = CallersFolder(),
       .geoip_path = GeoipFile(argv[0]),
       .words_path = WordsFile(argv[0]),
       .core_count = std::max(1u, std::thread::hardware_concurrency())});
  if (!settings.ok()) return Fail(settings.status());

  const absl::StatusOr<AnyKeySet> key_set = LoadKeySet(settings->key_source);
  if (!key_set.ok()) return Fail(key_set.status());
  if (const absl::Status status = KeepMapsFor(*key_set, *settings);
      !status.ok()) {
    return Fail(status);
  }
  const KeySetInfo& keys = InfoOf(*key_set);

  Environment env = DescribeEnvironment(command_line);
  Announce(*settings, keys, env);
  Results results = Describe(*settings, keys, std::move(env));

  const TickClock clock;
  const MachineLoad load;
  const auto start = std::chrono::steady_clock::now();
  {
    Progress progress(stderr, isatty(STDERR_FILENO) != 0,
                      ExpectedSeconds(*settings, keys.key_count),
                      TrialCount(*settings), SecondsPerTrial(*settings));
    const absl::StatusOr<std::vector<Trial>> trials =
        RunTournament(*key_set, *settings, clock, progress);
    progress.Clear();
    if (!trials.ok()) return Fail(trials.status());
    results.measurements = Summarize(*trials, clock);
  }
  results.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  results.other_work_share = load.OtherWorkShare();

  PrintResults(results);
  if (const absl::Status status = WriteOutputs(*settings, results);
      !status.ok()) {
    return Fail(status);
  }
  return std::fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace pma::bench

int main(int argc, char** argv) { return pma::bench::Main(argc, argv); }
