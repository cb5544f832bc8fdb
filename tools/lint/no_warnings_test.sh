#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a user compiles of the library gives no warnings, however many are asked
# for: by clang, and by g++, the second compiler, with and without vector
# instructions, exceptions and ThreadSanitizer. (`--config=gcc` builds and runs
# the tests with g++; this is so short that it runs with every test run.)
#
# Usage: no_warnings_test.sh FILE.cc... (programs that use the library)
set -uo pipefail

failed=0
# compile COMPILER FLAG... : all programs, as with these flags.
compile() {
  local file
  if ! command -v "$1" > /dev/null; then
    echo "$1 is not installed here: not tried."
    return
  fi
  for file in "${files[@]}"; do
    if ! "$@" -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
      -Wsign-conversion -Werror -I. -o /dev/null "$file"; then
      echo "$file gives warnings with: $*" >&2
      failed=1
    fi
  done
}

files=("$@")
compile clang++-19 -fsyntax-only
compile g++ -O2 -S
compile g++ -fsyntax-only -fno-exceptions -fno-rtti
# Asks for -Wtsan, too, which g++ looks at when it makes code.
compile g++ -O0 -S -fsanitize=thread
if [[ $(uname -m) == x86_64 ]]; then
  compile clang++-19 -fsyntax-only -mavx512f
  compile g++ -fsyntax-only -mavx2
  compile g++ -fsyntax-only -mavx512f
fi
exit "$failed"
