// SPDX-License-Identifier: Apache-2.0

// Gives libFuzzer the committed corpus and dictionary of its target, which only
// Bazel knows, in addition to what the user typed.
//
// libFuzzer writes new inputs to the *first* folder on its command line. The
// user's folders come first; without any, a new temporary one does. The
// committed corpus comes last and is only read.

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "tools/callers_folder.h"

namespace {

namespace fs = std::filesystem;

bool ConsumePrefix(std::string_view* text, std::string_view prefix) {
  if (text->substr(0, prefix.size()) != prefix) return false;
  text->remove_prefix(prefix.size());
  return true;
}

std::string NewTemporaryFolder() {
  const char* const test_folder = std::getenv("TEST_TMPDIR");
  std::string name =
      test_folder != nullptr ? test_folder : fs::temp_directory_path().string();
  name += "/new_inputs.XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    std::perror(name.c_str());
    std::exit(2);
  }
  return name;
}

// The command line without our own flags, and what it asks for.
struct CommandLine {
  std::vector<std::string> arguments;
  fs::path corpus;
  fs::path dictionary;
  bool has_folder = false;
  bool has_dictionary = false;
  bool has_artifact_prefix = false;
  bool fuzzes = true;  // as opposed to: merges, minimizes, runs one file
};

CommandLine Parse(int argc, char** argv) {
  CommandLine line;
  line.arguments.emplace_back(argv[0]);
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    // Relative to the folder Bazel starts the program in.
    if (ConsumePrefix(&argument, "--pma_corpus=")) {
      line.corpus = fs::absolute(argument);
    } else if (ConsumePrefix(&argument, "--pma_dictionary=")) {
      line.dictionary = fs::absolute(argument);
    } else {
      line.arguments.emplace_back(argument);
    }
  }
  return line;
}

void Classify(CommandLine* line) {
  for (std::size_t i = 1; i < line->arguments.size(); ++i) {
    std::string_view argument = line->arguments[i];
    if (!ConsumePrefix(&argument, "-")) {
      std::error_code ignored;
      if (fs::is_directory(argument, ignored)) {
        line->has_folder = true;
      } else {
        line->fuzzes = false;
      }
      continue;
    }
    if (ConsumePrefix(&argument, "merge=") ||
        ConsumePrefix(&argument, "minimize_crash=") ||
        ConsumePrefix(&argument, "cleanse_crash=") ||
        ConsumePrefix(&argument, "help=")) {
      line->fuzzes = false;
    }
    if (ConsumePrefix(&argument, "dict=")) line->has_dictionary = true;
    if (ConsumePrefix(&argument, "artifact_prefix=")) {
      line->has_artifact_prefix = true;
    }
  }
}

void AddFolders(CommandLine* line) {
  if (!line->fuzzes || !fs::is_directory(line->corpus)) return;
  if (!line->has_folder) {
    line->arguments.push_back(NewTemporaryFolder());
    std::fprintf(stderr, "No folder named: new inputs go to %s\n",
                 line->arguments.back().c_str());
  }
  line->arguments.push_back(line->corpus.string());
}

}  // namespace

// Debian keeps the symbolizer out of PATH under the name the runtime looks for.
extern "C" const char* __asan_default_options() {
  return "external_symbolizer_path=/usr/lib/llvm-19/bin/llvm-symbolizer";
}

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  static CommandLine line = Parse(*argc, *argv);
  pma::EnterCallersFolder();
  Classify(&line);
  AddFolders(&line);
  if (!line.dictionary.empty() && !line.has_dictionary) {
    line.arguments.push_back("-dict=" + line.dictionary.string());
  }
  // A test keeps what it found where Bazel collects it.
  const char* const outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (outputs != nullptr && !line.has_artifact_prefix) {
    line.arguments.push_back(std::string("-artifact_prefix=") + outputs + "/");
  }

  static std::vector<char*> pointers;
  for (std::string& argument : line.arguments) {
    pointers.push_back(argument.data());
  }
  *argc = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  *argv = pointers.data();
  return 0;
}
