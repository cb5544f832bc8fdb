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

mkdir -p docs folder
echo 'cc_test(name = "known", srcs = ["folder/a.cc"])' > BUILD
echo '_VARIANTS = ["tsan"]' > macro.bzl
: > folder/a.cc
cat > docs/read.md <<'EOF'
# Two words, one `code`

[up](../BUILD) [here](#two-words-one-code) [there](other.md#top) [web](https://a.b/c)
Run `bazel test //:known` and `//:known_tsan`, `//folder/...`; see `folder/a.cc`.
EOF
echo '# Top' > docs/other.md
expect ACCEPTED document_links_test
# rejects_line TEXT LINE: the LINE, put into a document, is said to be wrong by TEXT.
rejects_line() {
  echo "$2" > docs/wrong.md
  expect REJECTED:"docs/wrong.md:1: $1" document_links_test
  rm docs/wrong.md
}
rejects_line 'link to ../none.md: no none.md in the tree' '[a](../none.md)'
rejects_line 'link to other.md#bottom: no such heading in docs/other.md' '[a](other.md#bottom)'
rejects_line 'link to #top: no such heading' '[a](#top)'
rejects_line '`//:unknown`: no target unknown' '`//:unknown`'
rejects_line '`//:known_msan`: no target' '`bazel test //:known_msan`'
rejects_line '`//nowhere:known`: no package nowhere' '`//nowhere:known`'
rejects_line '`//nowhere/...`: no folder nowhere' '`//nowhere/...`'
rejects_line '`folder/b.cc`: no such file' '`folder/b.cc`'
printf '%s\n' '```' 'bazel test //:unknown' '```' > docs/wrong.md
expect REJECTED:'docs/wrong.md:2: `//:unknown`' document_links_test
rm docs/wrong.md

cat > map.h <<'EOF'
class ConcurrentMap {
 public:
  using key_type = int;

  // Empty.
  ConcurrentMap();
  // Looks.
  template <class Query>
    requires true
  bool find(const Query& q) const {
    return inner.find(q);
  }
  bool contains(int q) const;

  // Puts.
  void operator=(const ConcurrentMap&);

 private:
  void Helper();
};
EOF
cat > stats.h <<'EOF'
struct Usage {
  // All.
  size_t bytes = 0;
};
EOF
printf '%s\n' '| operation | cost |' '|---|---|' '| `find`, `contains` | 1 |' \
  '| construction, move | 1 |' '' '| type | `none` |' > reference.md
expect ACCEPTED reference_test reference.md map.h stats.h
# rejects_edit TEXT FILE EDIT: the FILE changed by sed is said to be wrong by TEXT.
rejects_edit() {
  cp "$2" unchanged
  sed -i "$3" "$2"
  expect REJECTED:"$1" reference_test reference.md map.h stats.h
  mv unchanged "$2"
}
rejects_edit 'map.h:13: no row of reference.md names `contains`' reference.md 's/, `contains`//'
rejects_edit 'reference.md:3: `insert` is no public function of the map' reference.md 's/contains`/&, `insert`/'
rejects_edit 'map.h:10: ConcurrentMap::find has no comment' map.h 's|  // Looks.||'
rejects_edit 'map.h:14: ConcurrentMap::contains has no comment' map.h '/bool contains/i\\'
rejects_edit 'stats.h:3: Usage::bytes has no comment' stats.h 's|  // All.||'
rejects_edit 'reference.md:1: no table' reference.md 's/operation/call/'
rejects_edit 'map.h:1: no public function' map.h 's/public/private/'

# A tree of its own, in which every file is needed.
mkdir -p alive/used && cd alive && : > WORKSPACE
echo 'load(":used.bzl", "a")
a(name = "by_name", srcs = ["given.cc"] + glob(["data/*.txt"]))' > used/BUILD
echo 'def a(name, srcs): [name + "_made.cc"]' > used/used.bzl
mkdir used/data && : > used/data/one.txt
echo '#include "used/top.h"' > used/given.cc
: > used/by_name.h > used/by_name_made.cc
printf '%s\n' '#include "used/by_name.h"' > used/top.h
echo 'See [more](more.md), `used/top.h` and `used/run.sh`.' > README.md
: > more.md > used/run.sh
expect ACCEPTED dead_files_test
# rejects_file PATH [TEXT]: the file is said not to be needed.
rejects_file() {
  mkdir -p "$(dirname "$1")"
  echo "${2:-}" > "$1"
  expect REJECTED:"$1:1: no" dead_files_test
  rm "$1"
}
rejects_file used/dead.cc
rejects_file used/dead.bzl
rejects_file used/data/two.csv
rejects_file used/run_not.sh
rejects_file lost.md '[myself](lost.md)'
rejects_file used/data/deep/one.txt
# Named, but included by itself alone.
sed -i 's/given.cc"/given.cc", "alone.h"/' used/BUILD
rejects_file used/alone.h '#include "used/alone.h"'
cd ..

mkdir -p flows/{.github/workflows,.bcr,user} && cd flows && : > WORKSPACE
echo 'build:asan --copt=-g' > .bazelrc
echo 'cc_test(name = "known")' | tee BUILD > user/BUILD
: > user/MODULE.bazel
hash=$(printf '%040d' 7)
cat > .github/workflows/ci.yml <<EOF
permissions: read-all
jobs:
  one:
    strategy:
      matrix:
        include:
          - flags: --config=asan
    steps:
      - uses: actions/checkout@$hash  # v4.2.2
      - run: tools/bazel test //... //:known --config=asan
      - run: bazel run //:known
        working-directory: user
EOF
cat > .bcr/presubmit.yml <<EOF
bcr_test_module:
  module_path: user
  matrix:
    bazel: [8.x]
EOF
echo '{}' > .bcr/source.template.json
expect ACCEPTED workflows_test
# rejects_flow TEXT FILE EDIT: the FILE changed by sed is said to be wrong by TEXT.
rejects_flow() {
  cp "$2" unchanged
  sed -i "$3" "$2"
  expect REJECTED:"$2:$1" workflows_test
  mv unchanged "$2"
}
flow=.github/workflows/ci.yml
rejects_flow '1: no permissions' $flow /permissions/d
rejects_flow '9: actions/checkout@v4 is not pinned' $flow "s/@$hash/@v4/"
rejects_flow "9: actions/checkout@$hash has no comment" $flow 's/ # v4.2.2//'
rejects_flow '10: .bazelrc has no configuration msan' $flow 's/known --config=asan/known --config=msan/'
rejects_flow '7: .bazelrc has no configuration msan' $flow 's/flags: --config=asan/flags: --config=msan/'
rejects_flow '10: //:unknown: no target unknown' $flow 's|test //... //:known|test //:unknown|'
rejects_flow '11: //:unknown: no target unknown in user/BUILD' $flow 's|run //:known|run //:unknown|'
rejects_flow '1: cannot be read' $flow 's/jobs:/jobs: {/'
rejects_flow '1: cannot be read' .bcr/source.template.json 's/}//'
rejects_flow '2: nobody has no MODULE.bazel' .bcr/presubmit.yml 's/user/nobody/'
rejects_flow '3: the matrix names no version of Bazel' .bcr/presubmit.yml '/bazel:/s/bazel/x/'
cd ..

((failures == 0))
