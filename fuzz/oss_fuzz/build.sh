#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the fuzzers for OSS-Fuzz and ClusterFuzzLite: one compiler call for each
# source, no build system. Started in the project's folder, with Abseil's sources
# in $SRC/abseil-cpp, and
#   CXX CXXFLAGS           the compiler and all it must be told
#   LIB_FUZZING_ENGINE     what links the engine
#   FUZZING_ENGINE         libfuzzer, afl, honggfuzz, centipede or none
#   OUT WORK SRC           where results, objects and sources go
# PMA_ONLY_FUZZERS, a list of names, builds these alone.
set -euo pipefail

# Name, longest input, and sources beside NAME.cc and the library.
readonly fuzzers=(
  'map_fuzz 1024 fuzz/map_fuzz_baseline.cc'
  'boxed_map_fuzz 1024'
  'key_types_fuzz 1024'
  'density_fuzz 512'
  'key_file_fuzz 4096'
  'history_file_fuzz 4096'
  'epoch_fuzz 1024 fuzz/sim/replace_new.cc'
  'schedule_fuzz 1024 fuzz/sim/replace_new.cc fuzz/map_programs/execute.cc fuzz/map_programs/program.cc fuzz/map_programs/report.cc'
)
# Their bytes are a concurrent program: mutated by functions that only libFuzzer
# calls.
readonly only_libfuzzer=' epoch_fuzz schedule_fuzz '

readonly absl=$SRC/abseil-cpp
# What fuzzers share. A program takes from the archive what it needs.
library=(
  "$absl"/absl/base/log_severity.cc
  "$absl"/absl/base/internal/raw_logging.cc
  "$absl"/absl/base/internal/throw_delegate.cc
  bench/keys/key_files.cc
)
# ... and those that judge histories or run programs in the simulator.
readonly judges=(
  fuzz/history/{brute_force,claims,diagnosis,history,judge,linearizability,per_key}.cc
  fuzz/history/{precedence,text_format,windows}.cc
  fuzz/programs/*.cc
  fuzz/epoch_programs/execute.cc
  fuzz/sim/{chooser,fiber,heap,memory,reads_from,simulation,trace}.cc
)

[[ -d $absl/absl ]] || { echo "build.sh: no Abseil in $absl" >&2; exit 1; }
# Flags are a list by OSS-Fuzz's contract; C++20 is what the project is written in.
read -ra flags <<< "$CXXFLAGS"
flags+=(-std=c++20 -I. -isystem "$absl" -pthread)

readonly with_judges=' history_file_fuzz epoch_fuzz schedule_fuzz '

object_of() { echo "$WORK/objects/${1//\//_}.o"; }

# Sets `wanted` to the fuzzers to build, as rows of the table, and `judged` to
# whether one of them takes the judges.
choose_fuzzers() {
  wanted=()
  judged=0
  local row name
  for row in "${fuzzers[@]}"; do
    name=${row%% *}
    if [[ -n ${PMA_ONLY_FUZZERS:-} && " $PMA_ONLY_FUZZERS " != *" $name "* ]]; then
      continue
    fi
    if [[ ${FUZZING_ENGINE:-libfuzzer} =~ ^(afl|honggfuzz|centipede)$ &&
      $only_libfuzzer == *" $name "* ]]; then
      continue
    fi
    wanted+=("$row")
    [[ $with_judges != *" $name "* ]] || judged=1
  done
  ((${#wanted[@]} > 0)) || { echo 'build.sh: no fuzzer to build' >&2; exit 1; }
}

# Compiles all sources named, as many at a time as there are processors.
compile() {
  local source
  for source in "$@"; do
    printf '%s\0' "$source" "$(object_of "$source")"
  done | xargs -0 -n 2 -P "$(nproc)" bash -c '
    "$CXX" "${@:1:$#-2}" -c "${@: -2:1}" -o "${@: -1}"' compile "${flags[@]}"
}

choose_fuzzers
if ((judged)); then library+=("${judges[@]}"); fi
rm -rf "$WORK/objects" "$WORK/libpma_fuzz.a"
mkdir -p "$WORK/objects" "$OUT"

sources=("${library[@]}")
for row in "${wanted[@]}"; do
  read -ra words <<< "$row"
  sources+=("fuzz/${words[0]}.cc" "${words[@]:2}")
done
compile "${sources[@]}"

objects=()
for source in "${library[@]}"; do objects+=("$(object_of "$source")"); done
ar rcs "$WORK/libpma_fuzz.a" "${objects[@]}"

for row in "${wanted[@]}"; do
  read -r name max_len more <<< "$row"
  objects=()
  for source in "fuzz/$name.cc" $more; do objects+=("$(object_of "$source")"); done
  read -ra engine <<< "$LIB_FUZZING_ENGINE"
  # Runners have no C++ library.
  "$CXX" "${flags[@]}" -static-libstdc++ "${objects[@]}" "$WORK/libpma_fuzz.a" \
    "${engine[@]}" -o "$OUT/$name"

  rm -f "$OUT/${name}_seed_corpus.zip"
  zip -q -j -X "$OUT/${name}_seed_corpus.zip" fuzz/corpus/"$name"/*
  [[ ! -f fuzz/$name.dict ]] || cp "fuzz/$name.dict" "$OUT/"
  {
    printf '[libfuzzer]\nmax_len = %s\ntimeout = 20\nrss_limit_mb = 2560\n' "$max_len"
    [[ ! -f fuzz/$name.dict ]] || printf 'dict = %s.dict\n' "$name"
  } > "$OUT/$name.options"
done
