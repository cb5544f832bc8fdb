// SPDX-License-Identifier: Apache-2.0

// Everything the maps can do, by many threads, for as long as one likes, with
// every answer judged and memory watched.
//
//   endurance [--seconds=60 | --steps=N] [--threads=N] [--seed=1]
//             [--blocks=3000] [--growth=5] [--svg=FILE] [--text=FILE]
//
// Prints a line each second, what it came to, and a row for README.md. Exit
// code: 0 clean, 1 a wrong answer, something lost or memory that grows, with
// one line on stderr, 2 wrong usage.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/report/output_file.h"
#include "fuzz/endurance/report.h"
#include "fuzz/endurance/run.h"
#include "tools/callers_folder.h"

ABSL_FLAG(double, seconds, 60, "how long to run");
ABSL_FLAG(uint64_t, steps, 0,
          "run until the threads have made so many steps, instead");
ABSL_FLAG(uint64_t, threads, 0, "how many; 0: one of each role");
ABSL_FLAG(uint64_t, seed, 1, "of the threads' random choices");
ABSL_FLAG(uint32_t, blocks, 3000, "of eight keys of the main map");
ABSL_FLAG(double, growth, 5, "percent that memory may grow in the second half");
ABSL_FLAG(std::string, svg, "", "write a chart of memory over time to FILE");
ABSL_FLAG(std::string, text, "", "write what is printed to FILE, too");

namespace pma::endurance {
namespace {

int Refuse(const std::string& why) {
  std::fprintf(stderr, "endurance: %s\n", why.c_str());
  return 2;
}

// Of the tree it was built from, if it was started by `bazel run`.
std::string Commit() {
  std::string commit;
  const std::unique_ptr<FILE, int (*)(FILE*)> git(
      popen("git -C \"${BUILD_WORKSPACE_DIRECTORY:-.}\" describe --always "
            "--dirty --exclude='*' --abbrev=12 2>&-",
            "r"),
      pclose);
  for (int c; git != nullptr && (c = std::fgetc(git.get())) > ' ';) {
    commit.push_back(static_cast<char>(c));
  }
  return commit.empty() ? "unknown" : commit;
}

// How to repeat the run; where its output went does not matter.
std::string Command(int argc, char** argv) {
  const std::string variant = VariantName();
#if defined(NDEBUG)
  const char* const mode = "-c opt ";
#else
  const char* const mode = "";
#endif
  std::string command =
      absl::StrCat("tools/bazel run ", mode, "//fuzz/endurance:endurance",
                   variant == "plain" ? "" : "_" + variant, " --");
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (absl::StartsWith(flag, "--svg") || absl::StartsWith(flag, "--text")) {
      continue;
    }
    absl::StrAppend(&command, " ", flag);
  }
  return command;
}

// To the screen at once, and kept for --text.
class Printer {
 public:
  void operator()(const std::string& text) {
    absl::PrintF("%s", text);
    std::fflush(stdout);
    all_ += text;
  }
  const std::string& all() const { return all_; }

 private:
  std::string all_;
};

int Main(int argc, char** argv) {
  const std::string command = Command(argc, argv);
  absl::SetProgramUsageMessage("see the head of endurance.cc");
  if (absl::ParseCommandLine(argc, argv).size() > 1) {
    return Refuse("takes flags only; --help lists them");
  }
  const Settings settings{
      .seconds = absl::GetFlag(FLAGS_seconds),
      .steps = absl::GetFlag(FLAGS_steps),
      .threads = absl::GetFlag(FLAGS_threads),
      .seed = absl::GetFlag(FLAGS_seed),
      .blocks = absl::GetFlag(FLAGS_blocks),
      .allowance = {.part = absl::GetFlag(FLAGS_growth) / 100}};
  if (const std::string error = CheckSettings(settings); !error.empty()) {
    return Refuse(error);
  }
  const std::string commit = Commit();
  EnterCallersFolder();
  const std::string svg = absl::GetFlag(FLAGS_svg);
  const std::string text = absl::GetFlag(FLAGS_text);
  for (const auto& [flag, path] : {std::pair("svg", svg), {"text", text}}) {
    if (path.empty()) continue;
    const absl::Status status = bench::CheckWritable(flag, path);
    if (!status.ok()) return Refuse(std::string(status.message()));
  }

  const std::string date =
      absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone());
  Printer print;
  print(ProgressHead(settings));
  const Result result = Endure(
      settings, [&](const Sample& sample) { print(ProgressLine(sample)); });
  print(Summary(settings, result));
  print("\n" + TableRow(result, date, commit, command));
  absl::Status written;
  if (!svg.empty()) {
    written.Update(bench::WriteFile(
        svg, MemoryChart(settings, result,
                         absl::StrCat(VariantName(), ", commit ", commit, ", ",
                                      date, "; ", command))));
  }
  if (!text.empty()) written.Update(bench::WriteFile(text, print.all()));
  if (!written.ok()) return Refuse(std::string(written.message()));
  if (result.failure.empty()) return 0;
  std::fprintf(stderr, "endurance: %s\n", result.failure.c_str());
  return 1;
}

}  // namespace
}  // namespace pma::endurance

int main(int argc, char** argv) { return pma::endurance::Main(argc, argv); }
