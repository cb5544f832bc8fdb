// SPDX-License-Identifier: Apache-2.0

// A crash file of a scheduled fuzzer as text that a person can read.
//
//   explain_crash [--plant=no_seq_cst_fence] schedule_fuzz|epoch_fuzz FILE
//
// Makes the program small and prints what went wrong, the history, every access
// with a column for each fiber, old values as such, and a case for GoogleTest.
// Exit code: 0 the program passes, 1 it fails, 2 there is nothing to run.
// With --plant the fences are left out: to see what a failure looks like.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/epoch_programs/execute.h"
#include "fuzz/epoch_programs/program.h"
#include "fuzz/map_programs/execute.h"
#include "fuzz/map_programs/program.h"
#include "fuzz/map_programs/report.h"
#include "fuzz/programs/fuzz_target.h"
#include "fuzz/programs/sim_platform.h"
#include "tools/callers_folder.h"

namespace {

using pma::programs::SimPlatform;
using pma::programs::TheSimulation;

int Refuse(const std::string& message) {
  std::fprintf(stderr, "explain_crash: %s\n", message.c_str());
  return 2;
}

std::optional<std::vector<uint8_t>> ReadAll(const std::string& path) {
  if (std::filesystem::is_directory(path)) return std::nullopt;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  const std::vector<char> bytes((std::istreambuf_iterator<char>(stream)),
                                std::istreambuf_iterator<char>());
  return std::vector<uint8_t>(bytes.begin(), bytes.end());
}

// Its output is not large, so all of it comes at once.
template <class Program>
int Explain(const std::vector<uint8_t>& bytes) {
  const auto program = pma::programs::DecodeFrame<Program>(bytes);
  const bool passes = Execute(TheSimulation(), program).ok();
  const std::string text =
      passes ? Report(TheSimulation(), program)
             : pma::programs::Explain(TheSimulation(), program);
  std::fputs(text.c_str(), stdout);
  return passes ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  pma::EnterCallersFolder();
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front().starts_with("--")) {
    if (words.front() != "--plant=no_seq_cst_fence") {
      return Refuse("unknown flag " + words.front());
    }
    SimPlatform::set_planted(SimPlatform::Planted::kNoSeqCstFence);
    words.erase(words.begin());
  }
  if (words.size() != 2) {
    return Refuse("usage: explain_crash schedule_fuzz|epoch_fuzz FILE");
  }
  const std::optional<std::vector<uint8_t>> bytes = ReadAll(words[1]);
  if (!bytes.has_value()) return Refuse("cannot read " + words[1]);
  if (bytes->empty()) return Refuse(words[1] + " is empty");
  if (words[0] == "schedule_fuzz") {
    return Explain<pma::map_programs::Program>(*bytes);
  }
  if (words[0] == "epoch_fuzz") {
    return Explain<pma::epoch_programs::Program>(*bytes);
  }
  return Refuse("no fuzzer '" + words[0] + "', only schedule_fuzz, epoch_fuzz");
}
