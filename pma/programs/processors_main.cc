// SPDX-License-Identifier: Apache-2.0

// Runs the functions of processors_user.cc that the arguments name.

#include <cstdio>
#include <string_view>

extern "C" bool RunPlain();
extern "C" bool RunWide();

int main(int argc, char** argv) {
  bool right = argc > 1;
  for (int i = 1; i < argc; ++i) {
    right &= std::string_view(argv[i]) == "wide" ? RunWide() : RunPlain();
  }
  std::puts(right ? "right" : "wrong");
  return right ? 0 : 1;
}
