// SPDX-License-Identifier: Apache-2.0

// judge EXPORTS REASONS UNTAKEN SOURCE...: the table of what has run of the
// sources.
//
// The files in the folder EXPORTS are what `llvm-cov export` writes of a
// program each, REASONS says why lines do not run (judge.h); the branches never
// taken are written to UNTAKEN. Exit code: 0 enough has run, and each other
// line has a reason; 1 not so; 2 it could not be found out.

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tools/covered/judge.h"
#include "tools/covered/profile.h"

namespace pma::covered {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path);
  return text.str();
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() < 4) {
    std::fputs("judge: usage: judge EXPORTS REASONS UNTAKEN SOURCE...\n",
               stderr);
    return 2;
  }
  std::vector<Source> sources;
  for (std::size_t i = 3; i < arguments.size(); ++i) {
    sources.push_back(
        {arguments[i], absl::StrSplit(ReadFile(arguments[i]), '\n')});
  }
  Profile profile;
  for (const auto& file : std::filesystem::directory_iterator(arguments[0])) {
    AddProfile(ReadFile(file.path().string()), profile);
  }
  const Judgement judgement =
      Judge(sources, profile, ReadFile(arguments[1]), Limits());
  std::ofstream untaken(arguments[2]);
  untaken << judgement.untaken << std::flush;
  if (!untaken) throw std::runtime_error("cannot write " + arguments[2]);
  std::fputs(judgement.table.c_str(), stdout);
  for (const std::string& note : judgement.notes) {
    std::printf("note: %s\n", note.c_str());
  }
  std::fflush(stdout);
  for (const std::string& failure : judgement.failures) {
    std::fprintf(stderr, "coverage: %s\n", failure.c_str());
  }
  return judgement.failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace pma::covered

int main(int argc, char** argv) {
  try {
    return pma::covered::Main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "coverage: %s\n", error.what());
    return 2;
  }
}
