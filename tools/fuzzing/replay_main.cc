// SPDX-License-Identifier: Apache-2.0

// Runs a fuzz target once on each input named on the command line; a folder
// stands for every file in it. No engine, no instrumentation: what a test does
// with a corpus and what a debugger wants for a finding.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tools/callers_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace {

namespace fs = std::filesystem;

// In order of their names, so that every replay is the same.
std::vector<fs::path> FilesOf(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (!entry.is_directory()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

bool Replay(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(stream)),
                                std::istreambuf_iterator<char>());
  if (!stream) {
    std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
    return false;
  }
  // A copy of exactly this size, for AddressSanitizer to guard its end.
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  pma::EnterCallersFolder();
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: %s FILE_OR_FOLDER...   runs each input once\n"
                 "To fuzz, build with --config=libfuzzer.\n",
                 argv[0]);
    return 2;
  }
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& file : FilesOf(argv[i])) {
      // Flushed at once: if the target aborts, this names the input.
      std::fprintf(stderr, "Running %s\n", file.c_str());
      if (!Replay(file)) return 1;
      ++inputs;
    }
  }
  if (inputs == 0) {
    std::fprintf(stderr, "No inputs found: nothing was tested.\n");
    return 1;
  }
  std::printf("%zu inputs, no failure\n", inputs);
  return 0;
}
