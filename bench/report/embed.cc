// SPDX-License-Identifier: Apache-2.0

// Build tool: turns files into C++ string constants, with nothing but the
// compiler that is there anyway.
//
//   embed NAME FILE [NAME FILE]... > embedded.cc

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

// Octal escapes are three digits at most, so unlike hexadecimal ones they end
// by themselves.
void PrintLiteral(const std::string& contents) {
  constexpr size_t kBytesPerLine = 60;
  for (size_t i = 0; i < contents.size(); ++i) {
    if (i % kBytesPerLine == 0) std::fputs(i == 0 ? "\"" : "\"\n\"", stdout);
    const auto byte = static_cast<unsigned char>(contents[i]);
    const bool plain = byte >= ' ' && byte <= '~' && byte != '"' &&
                       byte != '\\' && byte != '?';  // no trigraphs
    std::printf(plain ? "%c" : "\\%03o", byte);
  }
  std::fputs(contents.empty() ? "\"\"" : "\"", stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc % 2 == 0) {
    std::cerr << "usage: embed NAME FILE [NAME FILE]...\n";
    return 2;
  }
  std::puts(
      "#include \"bench/report/embedded.h\"\n"
      "namespace pma::bench {");
  for (int i = 1; i < argc; i += 2) {
    std::ifstream file(argv[i + 1], std::ios::binary);
    const std::string contents{std::istreambuf_iterator<char>(file),
                               std::istreambuf_iterator<char>()};
    if (!file.is_open() || file.bad() || contents.empty()) {
      std::cerr << "embed: cannot read " << argv[i + 1] << "\n";
      return 1;
    }
    std::printf("const std::string_view %s(\n", argv[i]);
    PrintLiteral(contents);
    // The length is given: a file may hold NUL bytes.
    std::printf(", %zu);\n", contents.size());
  }
  std::puts("}  // namespace pma::bench");
  return std::ferror(stdout) != 0 ? 1 : 0;
}
