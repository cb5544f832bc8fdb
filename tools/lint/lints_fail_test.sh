#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# lints_fail_test.sh FOLDER BUILDIFIER: each lint in FOLDER notices a violation planted for
# it, and is content once it is mended.
set -euo pipefail

lints=$PWD/$1
buildifier=$(realpath "$2")
cd "$TEST_TMPDIR"
mkdir -p docs pma/internal
echo 'BasedOnStyle: Google' > .clang-format

failures=0
# expect ACCEPTED|REJECTED[:TEXT] LINT ARGUMENT...: TEXT is in what it says.
expect() {
  local wanted=${1%%:*} text='' lint=$2 result=ACCEPTED output script
  [[ $1 != *:* ]] || text=${1#*:}
  shift 2
  script=$lints/$lint.sh
  [[ -f $script ]] || script=$lints/$lint.py
  output=$("$script" "$@" 2>&1) || result=REJECTED
  if [[ $result != "$wanted" || $output != *"$text"* ]]; then
    printf 'FAILED: %s %s: %s, expected %s with "%s"\n%s\n' \
      "$lint" "$*" "$result" "$wanted" "$text" "$output" >&2
    failures=$((failures + 1))
  fi
}

echo 'int  a ;' > a.cc
expect REJECTED clang_format_test a.cc
echo 'int a;' > a.cc
expect ACCEPTED clang_format_test a.cc

cat > .clang-tidy <<< "Checks: 'bugprone-*,performance-*'"
printf '%s\n' '#pragma once' 'inline int* Null() { return 0; }' > pma/null.h
printf '%s\n' '#include "pma/null.h"' 'struct A { int a; };' 'int Use(A a) { if (a.a); return *Null(); }' > tidy.cc
expect REJECTED:'tidy.cc:3:24: error: potentially unintended semicolon' clang_tidy_test tidy.cc
printf '%s\n' '#include "pma/null.h"' 'struct A { int a; };' 'int Use(A a) { return *Null(); }' > tidy.cc
expect ACCEPTED clang_tidy_test tidy.cc
cat > .clang-tidy <<< "Checks: 'modernize-use-nullptr'"
expect REJECTED:'pma/null.h:2:' clang_tidy_test tidy.cc
echo 'int other;' > other.cc
TEST_TOTAL_SHARDS=2 TEST_SHARD_INDEX=0 expect REJECTED clang_tidy_test tidy.cc other.cc
TEST_TOTAL_SHARDS=2 TEST_SHARD_INDEX=1 expect ACCEPTED clang_tidy_test tidy.cc other.cc
expect REJECTED:'no source' clang_tidy_test pma/null.h
rm tidy.cc other.cc pma/null.h

expect REJECTED spdx_test a.cc
printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' '' 'int a;' > licensed.cc
expect ACCEPTED spdx_test licensed.cc
expect REJECTED spdx_test licensed.cc a.cc

seq 601 > long.h
expect REJECTED file_length_test a.cc long.h
seq 600 > long.h
expect ACCEPTED file_length_test a.cc long.h
seq 701 > long.cc
expect REJECTED file_length_test long.cc

both=(pma/internal/low.h pma/high.h)
printf '// SYNC-1 here\n// SYNC-2 here\n' > pma/internal/low.h
printf '// SYNC-1 there\n// SYNC-2 there\n' > pma/high.h
printf '| SYNC-1 | a |\n| SYNC-2 | b |\n' > docs/edges.md
expect ACCEPTED sync_edges_test docs/edges.md "${both[@]}"
expect REJECTED sync_edges_test docs/none.md "${both[@]}"
expect REJECTED sync_edges_test docs/edges.md pma/high.h
printf '| SYNC-1 | a |\n' > docs/edges.md
expect REJECTED sync_edges_test docs/edges.md "${both[@]}"
printf '| SYNC-1 | a |\n| SYNC-2 | b |\n| SYNC-3 | c |\n' > docs/edges.md
expect REJECTED sync_edges_test docs/edges.md "${both[@]}"
printf '| SYNC-1 | a |\n| SYNC-2 | b |\n| SYNC-2 | c |\n' > docs/edges.md
expect REJECTED sync_edges_test docs/edges.md "${both[@]}"
printf '  void Give() {\n    StoreRelease(1);  // SYNC-1\n  }\n' > pma/internal/low.h
printf '  bool Take(int a,\n            int b) {\n    // SYNC-1\n    return LoadAcquire();\n' > pma/high.h
printf '| SYNC-1 | `StoreRelease` in `A::Give` | `LoadAcquire` in `Take` | x |\n' > docs/edges.md
expect ACCEPTED sync_edges_test docs/edges.md "${both[@]}"
sed -i 's/Take/Get/' docs/edges.md
expect REJECTED sync_edges_test docs/edges.md "${both[@]}"
sed -i 's/`LoadAcquire` in `Get`//' docs/edges.md
expect REJECTED sync_edges_test docs/edges.md "${both[@]}"

printf '# why\n\npma/high.h | return LoadAcquire(); | a | b\n' > reasons.txt
expect REJECTED reasons_current_test reasons.txt pma/high.h
printf 'pma/high.h | return LoadAcquire(); | why\npma/high.h | * | why\n' > reasons.txt
expect ACCEPTED reasons_current_test reasons.txt pma/high.h
expect REJECTED reasons_current_test reasons.txt pma/internal/low.h
printf 'pma/high.h | return LoadAcquire();\n' > reasons.txt
expect REJECTED reasons_current_test reasons.txt pma/high.h

: > WORKSPACE
all=$(find . -name '*.h' -o -name '*.cc' | sed 's|^\./||')
expect ACCEPTED sources_listed_test $all
expect REJECTED sources_listed_test a.cc

echo 'exports_files( ["a.cc"])' > BUILD
expect REJECTED:'BUILD # reformat' buildifier_test "$buildifier"
echo 'exports_files(["a.cc"])' > BUILD
expect ACCEPTED buildifier_test "$buildifier"
echo 'load(":a.bzl", "a")' > unused.bzl
expect REJECTED:'unused.bzl:1: load: Loaded symbol "a" is unused' buildifier_test "$buildifier"
rm unused.bzl

((failures == 0))
