// SPDX-License-Identifier: Apache-2.0

// Judges a recorded history of an ordered map.
//
//   check_history FILE
//
// FILE is in the format of fuzz/history/README.md ("-": standard input).
// Exit code: 0 nothing wrong, 1 a violation, 2 the file cannot be read as a
// history, 3 undecided.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "fuzz/history/judge.h"
#include "fuzz/history/judgement.h"
#include "fuzz/history/text_format.h"
#include "tools/callers_folder.h"

namespace pma::history {
namespace {

constexpr int kBadInput = 2;

std::optional<std::string> ReadAll(const std::string& path) {
  if (path == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), {});
  }
  const std::filesystem::path file = FromCallersFolder(path);
  if (std::filesystem::is_directory(file)) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

int Refuse(const std::string& message) {
  std::fprintf(stderr, "check_history: %s\n", message.c_str());
  return kBadInput;
}

int Run(const std::string& path) {
  const std::optional<std::string> text = ReadAll(path);
  if (!text.has_value()) return Refuse("cannot read " + path);
  const ParsedHistory parsed = ParseHistory(*text);
  if (!parsed.history.has_value()) return Refuse(path + ": " + parsed.error);

  const OverallJudgement overall = JudgeHistory(*parsed.history);
  const char* verdict = nullptr;
  int exit_code = 0;
  switch (overall.judgement.verdict) {
    case Verdict::kOk:
      verdict = "ok";
      break;
    case Verdict::kViolation:
      verdict = "VIOLATION";
      exit_code = 1;
      break;
    case Verdict::kUndecided:
      verdict = "undecided";
      exit_code = 3;
      break;
  }
  std::printf("%s: %s\n%s", verdict, overall.summary.c_str(),
              overall.judgement.explanation.c_str());
  return exit_code;
}

}  // namespace
}  // namespace pma::history

int main(int argc, char** argv) {
  if (argc != 2) {
    return pma::history::Refuse(
        "usage: check_history FILE   (format: fuzz/history/text_format.h)");
  }
  return pma::history::Run(argv[1]);
}
