#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# single_header_test.sh SINGLE PROGRAM EXPECT: a program compiles with the single
# header and nothing else of the project, and prints what it should, by the script
# EXPECT; two files may include it.
set -euo pipefail

single=$PWD/$1
program=$PWD/$2
expect=$PWD/$3
work=$TEST_TMPDIR/single
mkdir -p "$work"
cp "$single" "$work/pma.h"
# Its own includes of the project are the single header.
sed 's|^#include "pma/.*"|#include "pma.h"|' "$program" >"$work/program.cc"
printf '#include "pma.h"\nlong Other() { return sizeof(pma::ConcurrentMap<int, int>); }\n' \
  >"$work/other.cc"
grep -q '#include "pma.h"' "$work/program.cc"
! grep -q '#include "pma/' "$work/pma.h"
cd "$work"
clang++-19 -std=c++20 -Wall -Wextra -I. -pthread -o program program.cc other.cc
"$expect" ./program "$program"
