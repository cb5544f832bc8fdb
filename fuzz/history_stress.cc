// SPDX-License-Identifier: Apache-2.0

// Real threads on the real map, and a judge who knows everything they were
// told.
//
//   history_stress [--seconds=S] [--threads=N] [--seed=N] [--workload=NAME]
//                  [--tuning=tiny|default] [--history=FILE]
//
// Runs each workload (fuzz/history/stress.cc lists them) on maps with tiny and
// with default segments and judges the history of each run: key by key, and as
// a whole wherever all threads paused. Without --seconds every workload runs
// once; with it, all go round with new seeds until the time is over.
//
// --history=FILE writes the history of the last run, or of the one with a
// violation, in the format of fuzz/history/README.md; check_history judges
// it again, and so can anyone else.
//
// Exit code: 0 nothing wrong, 1 a violation, 2 a wrong flag or file.

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "fuzz/history/history.h"
#include "fuzz/history/judge.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/stress.h"
#include "fuzz/history/text_format.h"
#include "pma/concurrent_map.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/yielding_platform.h"
#include "tools/callers_folder.h"

namespace pma::history {
namespace {

using pma::testing::Scaled;

constexpr int kViolation = 1;
constexpr int kBadInput = 2;

struct Settings {
  double seconds = 0;
  std::uint32_t threads = 4;
  std::uint64_t seed = 1;
  const Workload* workload = nullptr;  // null: all
  std::string tuning;                  // empty: both
  std::string history_path;            // empty: none
};

// --- Flags ----------------------------------------------------------------

template <class T>
bool ParseNumber(std::string_view text, T least, T most, T& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped == end && number >= least &&
         number <= most;
}

// Returns what is wrong, or nothing.
std::string ParseFlag(std::string_view argument, Settings& settings) {
  const std::size_t equals = argument.find('=');
  const std::string_view name = argument.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? "" : argument.substr(equals + 1);
  if (name == "--seconds") {
    return ParseNumber(value, 0.0, 1e9, settings.seconds)
               ? ""
               : "--seconds takes a number of seconds";
  }
  if (name == "--threads") {
    return ParseNumber<std::uint32_t>(value, 1, kMaxOperationsPerRound - 1,
                                      settings.threads)
               ? ""
               : "--threads takes a number from 1 to " +
                     std::to_string(kMaxOperationsPerRound - 1);
  }
  if (name == "--seed") {
    return ParseNumber<std::uint64_t>(value, 0, ~std::uint64_t{0} / 2,
                                      settings.seed)
               ? ""
               : "--seed takes a number below 2^63";
  }
  if (name == "--workload") {
    settings.workload = FindWorkload(value);
    if (settings.workload != nullptr) return "";
    std::string error = "--workload is one of";
    for (const Workload& workload : AllWorkloads()) {
      error += " " + std::string(workload.name);
    }
    return error;
  }
  if (name == "--tuning") {
    settings.tuning = value;
    return value == "tiny" || value == "default" || value == "yielding"
               ? ""
               : "--tuning is tiny, default or yielding";
  }
  if (name == "--history") {
    settings.history_path = value;
    return value.empty() ? "--history takes a file name" : "";
  }
  return "unknown flag " + std::string(argument);
}

// --- Runs -----------------------------------------------------------------

struct Run {
  History history;
  std::string broken_invariant;  // of the map, when all was over
};

template <class Tuning>
Run RunOnMap(const Workload& workload, const StressSize& size) {
  ConcurrentMap<std::uint64_t, std::uint64_t, std::less<>,
                std::allocator<std::byte>, Tuning>
      map;
  Run run;
  run.history = RunStress(map, workload, size);
  run.broken_invariant = map.CheckInvariants();
  return run;
}

struct Shape {
  const char* name;
  Run (*run)(const Workload& workload, const StressSize& size);
};

constexpr Shape kShapes[] = {
    {"tiny", RunOnMap<TinyTuning>},
    {"default", RunOnMap<DefaultTuning>},
    {"yielding", RunOnMap<pma::testing::YieldingTuning>},
};

class Stress {
 public:
  explicit Stress(const Settings& settings) : settings_(settings) {}

  int Go() {
    if (!settings_.history_path.empty()) {
      file_.open(FromCallersFolder(settings_.history_path), std::ios::binary);
      if (!file_) {
        std::fprintf(stderr, "history_stress: cannot write %s\n",
                     settings_.history_path.c_str());
        return kBadInput;
      }
    }
    const auto begin = std::chrono::steady_clock::now();
    const std::chrono::duration<double> limit(settings_.seconds);
    std::uint64_t seed = settings_.seed;
    bool fine = true;
    do {
      fine = RunAll(seed++);
    } while (fine && std::chrono::steady_clock::now() - begin < limit);
    if (!WriteHistory()) {
      std::fprintf(stderr, "history_stress: cannot write %s\n",
                   settings_.history_path.c_str());
      return kBadInput;
    }
    std::printf("%s: %zu operations in %zu histories, seeds %llu to %llu\n",
                fine ? "ok" : "VIOLATION", operations_, histories_,
                static_cast<unsigned long long>(settings_.seed),
                static_cast<unsigned long long>(seed - 1));
    return fine ? 0 : kViolation;
  }

 private:
  bool RunAll(std::uint64_t seed) {
    for (const Workload& workload : AllWorkloads()) {
      if (settings_.workload != nullptr && settings_.workload != &workload) {
        continue;
      }
      for (const Shape& shape : kShapes) {
        if (!settings_.tuning.empty() && settings_.tuning != shape.name) {
          continue;
        }
        if (!RunOne(workload, shape, seed)) return false;
      }
    }
    return true;
  }

  bool RunOne(const Workload& workload, const Shape& shape,
              std::uint64_t seed) {
    StressSize size;
    size.threads = settings_.threads;
    size.rounds = Scaled(500, 150);
    size.operations_per_thread = Scaled(5000, 1500);
    size.seed = seed;
    Run run = shape.run(workload, size);
    const OverallJudgement overall = JudgeHistory(run.history);
    ++histories_;
    operations_ += run.history.operations.size();
    last_history_ = std::move(run.history);
    const bool fine = overall.judgement.verdict == Verdict::kOk &&
                      run.broken_invariant.empty();
    std::printf("%-16s %-8s seed %llu: %s%s\n",
                std::string(workload.name).c_str(), shape.name,
                static_cast<unsigned long long>(seed),
                fine ? "" : "VIOLATION, ", overall.summary.c_str());
    if (!fine) {
      std::printf("%s", overall.judgement.explanation.c_str());
      if (!run.broken_invariant.empty()) {
        std::printf("CheckInvariants: %s\n", run.broken_invariant.c_str());
      }
    }
    return fine;
  }

  bool WriteHistory() {
    if (settings_.history_path.empty()) return true;
    file_ << PrintHistory(last_history_);
    file_.flush();
    return file_.good();
  }

  const Settings& settings_;
  std::ofstream file_;
  History last_history_;
  std::size_t histories_ = 0;
  std::size_t operations_ = 0;
};

}  // namespace
}  // namespace pma::history

int main(int argc, char** argv) {
  pma::history::Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string error = pma::history::ParseFlag(argv[i], settings);
    if (!error.empty()) {
      std::fprintf(stderr, "history_stress: %s\n", error.c_str());
      return pma::history::kBadInput;
    }
  }
  return pma::history::Stress(settings).Go();
}
