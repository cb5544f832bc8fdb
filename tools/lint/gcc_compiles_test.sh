#!/bin/bash
# The library compiles with g++, the second compiler, without warnings, with and
# without vector instructions, and without exceptions. (`--config=gcc` builds and runs the tests with
# it; this is so short that it runs with every test run.)
#
# Usage: gcc_compiles_test.sh FILE.cc... (programs that use the library)
set -uo pipefail

if ! command -v g++ > /dev/null; then
  echo "g++ is not installed here: nothing to compare with clang."
  exit 0
fi
failed=0
for flags in "" -mavx2 -mavx512f "-fno-exceptions -fno-rtti"; do
  if [[ $flags == -mavx* && $(uname -m) != x86_64 ]]; then continue; fi
  for file in "$@"; do
    # shellcheck disable=SC2086 # each flag is an argument
    if ! g++ -std=c++20 -O2 -Wall -Wextra -Werror $flags -I. -S -o /dev/null \
      "$file"; then
      echo "$file does not compile with: g++ -O2 $flags" >&2
      failed=1
    fi
  done
done
exit "$failed"
