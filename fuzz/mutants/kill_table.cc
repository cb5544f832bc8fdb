// SPDX-License-Identifier: Apache-2.0

// Runs every planted bug before every layer of our tests and prints a table of
// how long each takes to notice it, in seconds of processor time.
//
//   tools/bazel run -c opt //fuzz:kill_table -- --seeds=3 --seconds=10
//
// Its arguments that are not flags are the mutants, each with how its map keeps
// keys and values ("early_unlock:inline"); the BUILD file gives them. A mutant
// that survives is a finding, not a failure: only a wrong flag, or a program
// that cannot be run, makes this one fail.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tools/callers_folder.h"

ABSL_FLAG(int, seeds, 5, "runs of each mutant before each layer");
ABSL_FLAG(double, seconds, 20,
          "of processor time after which a mutant has survived a run");
ABSL_FLAG(std::string, mutants, "",
          "comma list of mutants to run; empty: all of them");
ABSL_FLAG(std::string, layers, "",
          "comma list of layers: oracle, bulk, interleavings, stale, stress, "
          "stress_asan, stress_tsan, stress_ubsan; empty: all");
ABSL_FLAG(std::string, out, "kill_table.md", "file to write the table to");

namespace pma::mutants {
namespace {

constexpr int kBadFlag = 2;
// What a program says by its exit code (judge.cc), and what execv's failure is.
constexpr int kSurvived = 0;
constexpr int kRefused = 2;
constexpr int kNotRun = 127;

// Seeds are far apart: no two runs have a trial in common.
constexpr uint64_t kTrialsPerSeed = 10'000'000;
// A judge gives up a trial that does not end. One that cannot (its threads
// sleep for good) is ended after so many times its time, however busy the
// machine.
constexpr double kPatience = 100;

struct Layer {
  std::string_view name;
  std::string_view column;
  std::string_view program;  // the suffix of the mutant's program
  std::string_view judged;   // what that calls the layer, without the storage
};

constexpr Layer kLayers[] = {
    {"oracle", "oracle", "oracle", "oracle"},
    {"bulk", "bulk", "oracle", "bulk"},
    {"interleavings", "interleavings", "schedules", "interleavings-"},
    {"stale", "stale reads", "schedules", "stale-"},
    {"stress", "stress", "stress", "stress"},
    {"stress_asan", "ASan", "stress_asan", "stress"},
    {"stress_tsan", "TSan", "stress_tsan", "stress"},
    {"stress_ubsan", "UBSan", "stress_ubsan", "stress"},
};

struct Mutant {
  std::string name;
  std::string storage;
  std::string description;  // "Group (bug)"
};

struct Settings {
  std::vector<Mutant> mutants;
  std::vector<Layer> layers;
  int seeds = 0;
  double seconds = 0;
  std::string path;
};

// --- What is to be done ---

std::string InRunfiles(std::string_view file) {
  return absl::StrCat("fuzz/mutants/", file);
}

std::string DescriptionOf(const std::string& mutant) {
  std::ifstream patch(InRunfiles(mutant + ".patch"));
  std::string line;
  std::getline(patch, line);
  return line.substr(0, line.find("): ") + 1);
}

// The items of a comma list that `known` has; all of those if it is empty.
template <class T>
absl::Status Choose(std::string_view flag, const std::string& list,
                    const std::vector<T>& known, std::vector<T>& chosen) {
  if (list.empty()) {
    chosen = known;
    return absl::OkStatus();
  }
  for (std::string_view name : absl::StrSplit(list, ',')) {
    const auto found = std::find_if(
        known.begin(), known.end(),
        [name](const T& candidate) { return candidate.name == name; });
    if (found == known.end()) {
      std::vector<std::string_view> names;
      for (const T& candidate : known) names.push_back(candidate.name);
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag, ": no '", name, "', only ",
                       names.empty() ? "none" : absl::StrJoin(names, ", ")));
    }
    chosen.push_back(*found);
  }
  return absl::OkStatus();
}

absl::Status ReadFlags(const std::vector<char*>& arguments,
                       Settings& settings) {
  std::vector<Mutant> known;
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::vector<std::string> parts = absl::StrSplit(arguments[i], ':');
    if (parts.size() != 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", arguments[i], "' is no MUTANT:STORAGE"));
    }
    known.push_back({parts[0], parts[1], DescriptionOf(parts[0])});
  }
  if (absl::Status status = Choose("mutants", absl::GetFlag(FLAGS_mutants),
                                   known, settings.mutants);
      !status.ok()) {
    return status;
  }
  if (absl::Status status =
          Choose("layers", absl::GetFlag(FLAGS_layers),
                 {std::begin(kLayers), std::end(kLayers)}, settings.layers);
      !status.ok()) {
    return status;
  }
  settings.seeds = absl::GetFlag(FLAGS_seeds);
  if (settings.seeds < 1 || settings.seeds > 1000) {
    return absl::InvalidArgumentError("--seeds takes a number from 1 to 1000");
  }
  settings.seconds = absl::GetFlag(FLAGS_seconds);
  if (!(settings.seconds > 0) || settings.seconds > 1e6) {
    return absl::InvalidArgumentError("--seconds takes a number above 0");
  }
  settings.path = FromCallersFolder(absl::GetFlag(FLAGS_out));
  return absl::OkStatus();
}

// --- Runs ---

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Starts a program whose output nobody reads.
pid_t Start(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  const int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, STDOUT_FILENO);
  dup2(nothing, STDERR_FILENO);
  execv(argv[0], argv.data());
  _exit(kNotRun);
}

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) * 1e-6;
}

// The seconds of processor time until the mutant is killed, or nothing if it
// survives. What does not end is killed, too. Fails if the program does not
// run.
absl::Status Run(const Settings& settings, const Mutant& mutant,
                 const Layer& layer, int seed, std::optional<double>& killed) {
  std::string judged(layer.judged);
  if (judged.ends_with('-')) judged += mutant.storage;
  const std::string program =
      InRunfiles(absl::StrCat(mutant.name, "_", layer.program));
  const auto start = Clock::now();
  const pid_t child = Start({program, "--layer=" + judged,
                             absl::StrCat("--first=", seed * kTrialsPerSeed),
                             absl::StrCat("--seconds=", settings.seconds)});
  if (child < 0) return absl::InternalError("cannot start a process");
  int status = 0;
  rusage used{};
  while (wait4(child, &status, WNOHANG, &used) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (SecondsSince(start) > settings.seconds * kPatience) {
      kill(child, SIGKILL);
      wait4(child, &status, 0, &used);
      break;
    }
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == kNotRun || code == kRefused) {
    return absl::InternalError(absl::StrCat("cannot run ", program));
  }
  if (code != kSurvived) {
    killed = SecondsOf(used.ru_utime) + SecondsOf(used.ru_stime);
  }
  return absl::OkStatus();
}

// The runs of one mutant before one layer.
struct Cell {
  int seeds = 0;
  std::vector<double> kills;  // seconds, ascending

  // A run that it survives is longer than any other.
  std::optional<double> median() const {
    const auto middle = static_cast<size_t>(seeds - 1) / 2;
    if (middle >= kills.size()) return std::nullopt;
    return kills[middle];
  }
  std::string Text() const {
    if (kills.empty()) return "-";
    if (const auto m = median()) {
      return absl::StrFormat("%.*f", *m < 1 ? 2 : *m < 10 ? 1 : 0, *m);
    }
    return absl::StrFormat("%d of %d", kills.size(), seeds);
  }
};

absl::Status Fill(const Settings& settings, const Mutant& mutant,
                  const Layer& layer, Cell& cell) {
  for (int seed = 0; seed < settings.seeds; ++seed) {
    std::optional<double> killed;
    if (absl::Status status = Run(settings, mutant, layer, seed, killed);
        !status.ok()) {
      return status;
    }
    ++cell.seeds;
    if (killed.has_value()) cell.kills.push_back(*killed);
  }
  std::ranges::sort(cell.kills);
  return absl::OkStatus();
}

// --- The table ---

std::string HeadOf(const Settings& settings) {
  std::string head = "| planted bug | mutant |";
  std::string rule = "|---|---|";
  for (const Layer& layer : settings.layers) {
    absl::StrAppend(&head, " ", layer.column, " |");
    rule += "---:|";
  }
  return absl::StrCat(head, "\n", rule, "\n");
}

// The verdict on all mutants, each by the layer that kills it fastest.
std::string SummaryOf(const Settings& settings,
                      const std::vector<std::optional<double>>& fastest) {
  std::vector<double> killed;
  std::vector<std::string_view> survivors;
  for (size_t i = 0; i < fastest.size(); ++i) {
    if (fastest[i].has_value()) {
      killed.push_back(*fastest[i]);
    } else {
      survivors.push_back(settings.mutants[i].name);
    }
  }
  std::ranges::sort(killed);
  std::string text =
      absl::StrFormat("%d of %d mutants killed", killed.size(), fastest.size());
  if (!killed.empty()) {
    absl::StrAppendFormat(
        &text,
        "; by its fastest layer, the median in %.2f s, the last in %.2f s",
        killed[killed.size() / 2], killed.back());
  }
  if (!survivors.empty()) {
    absl::StrAppend(&text, "; not killed: ", absl::StrJoin(survivors, ", "));
  }
  return absl::StrFormat(
      "%s.\n\nSeconds until killed, median of %d seeds, at most %g seconds "
      "each. \"-\": survived all; \"1 of 3\": killed with so many of the "
      "seeds, "
      "too few for a median.\n",
      text, settings.seeds, settings.seconds);
}

absl::Status MakeTable(const Settings& settings, std::ofstream& file) {
  std::string table = HeadOf(settings);
  std::vector<std::optional<double>> fastest;
  const size_t all = settings.mutants.size() * settings.layers.size();
  size_t done = 0;
  for (const Mutant& mutant : settings.mutants) {
    std::string row =
        absl::StrCat("| ", mutant.description, " | `", mutant.name, "` |");
    std::optional<double> best;
    for (const Layer& layer : settings.layers) {
      Cell cell;
      if (absl::Status status = Fill(settings, mutant, layer, cell);
          !status.ok()) {
        return status;
      }
      const std::optional<double> median = cell.median();
      if (median.has_value() && (!best.has_value() || *median < *best)) {
        best = median;
      }
      absl::StrAppend(&row, " ", cell.Text(), " |");
      absl::FPrintF(stderr, "[%d/%d] %s, %s: %s\n", ++done, all, mutant.name,
                    layer.name, cell.Text());
    }
    fastest.push_back(best);
    absl::StrAppend(&table, row, "\n");
  }
  absl::StrAppend(&table, "\n", SummaryOf(settings, fastest));
  std::fputs(table.c_str(), stdout);
  file << table;
  file.flush();
  return file.good() ? absl::OkStatus()
                     : absl::InternalError("cannot write " + settings.path);
}

int Main(const std::vector<char*>& arguments) {
  Settings settings;
  if (absl::Status status = ReadFlags(arguments, settings); !status.ok()) {
    absl::FPrintF(stderr, "kill_table: %s\n", status.message());
    return kBadFlag;
  }
  // What the programs of other builds are told by //tools/sanitizers.
  setenv("ASAN_OPTIONS", "detect_leaks=1", /*overwrite=*/0);
  setenv("TSAN_OPTIONS", "halt_on_error=1", /*overwrite=*/0);
  // Before the runs, which take an hour.
  std::ofstream file(settings.path);
  if (!file) {
    absl::FPrintF(stderr, "kill_table: cannot write %s\n", settings.path);
    return kBadFlag;
  }
  if (absl::Status status = MakeTable(settings, file); !status.ok()) {
    absl::FPrintF(stderr, "kill_table: %s\n", status.message());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace pma::mutants

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "How long each layer of our tests takes to notice each planted bug.");
  return pma::mutants::Main(absl::ParseCommandLine(argc, argv));
}
