#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/oss_fuzz_dry_run [OPTION]...: what OSS-Fuzz does with fuzz/oss_fuzz, and what
# its bad_build_check looks at, without Docker: the newest clang at hand, libc++,
# OSS-Fuzz's environment and flags.
#
#   --sanitizers=LIST   of address and undefined (default: address,undefined)
#   --fuzzers=LIST      their names (default: all)
#   --runs=N            inputs each fuzzer runs (default: 10000)
#   --mutants=LIST      FUZZER:PATCH of fuzz/mutants: bugs that the fuzzer, built
#                       with them, must find within a minute, from its seeds
#
# Not exercised: OSS-Fuzz's own images (Ubuntu 24.04; here the machine's system);
# its libFuzzer, which is built with libc++ (here clang's, with the libstdc++ it
# needs sealed in); its engines other than libFuzzer; MemorySanitizer, which
# needs an instrumented libc++; a file system that is read only except for /tmp
# (looked for instead: files that appear where none should).
set -euo pipefail

readonly clang_version=22
readonly llvm=/usr/lib/llvm-$clang_version
sanitizers=address,undefined fuzzers='' runs=10000 mutants=''
say() { printf '%s\n' "$*"; }
die() { printf 'oss_fuzz_dry_run: %s\n' "$*" >&2; exit 2; }

for argument in "$@"; do
  case $argument in
    --sanitizers=*) sanitizers=${argument#*=} ;;
    --fuzzers=*) fuzzers=${argument#*=} ;;
    --runs=*) runs=${argument#*=} ;;
    --mutants=*) mutants=${argument#*=} ;;
    *) die "unknown option '$argument'; see the head of fuzz/oss_fuzz/dry_run.sh" ;;
  esac
done
[[ $runs =~ ^[1-9][0-9]*$ ]] || die "--runs=$runs is no positive number"
[[ -x $llvm/bin/clang++ ]] || die "no $llvm/bin/clang++: tools/bazel installs it"

work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/dry_run.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
  say "FAILED: $*"
  [[ -z ${log:-} ]] || tail -n 15 "$log"
  failures=$((failures + 1))
}

# --- OSS-Fuzz's place -----------------------------------------------------------

# The sources as a clone has them: no links into a cache.
prepare_sources() {
  mkdir -p "$work/src"
  cp -rL . "$work/src/pma"
  cp -rL ../com_google_absl "$work/src/abseil-cpp"
  chmod -R u+w "$work/src"
}

# libFuzzer with the C++ library it was built with sealed in: what it shares with
# a fuzzer is its interface, not std::string.
prepare_engine() {
  local archive stdlib gcc_eh
  archive=$(echo "$llvm"/lib/clang/*/lib/linux/libclang_rt.fuzzer-"$HOSTTYPE".a)
  stdlib=$(g++ -print-file-name=libstdc++.a)
  gcc_eh=$(g++ -print-file-name=libgcc_eh.a)
  ld -r --force-group-allocation --whole-archive "$archive" --no-whole-archive \
    "$stdlib" "$gcc_eh" -o "$work/all.o"
  nm "$work/all.o" | awk '$2 ~ /[TWDBVR]/ { print $3 }' |
    grep -E '^(LLVMFuzzer|__sanitizer_|__sancov|__libfuzzer|main$)' > "$work/interface"
  objcopy --keep-global-symbols="$work/interface" "$work/all.o" "$work/engine.o"
}

readonly checks=array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size,return,returns-nonnull-attribute,shift,signed-integer-overflow,unreachable,vla-bound,vptr
flags_of() {
  case $1 in
    address) echo '-fsanitize=address -fsanitize-address-use-after-scope' ;;
    undefined) echo "-fsanitize=$checks,unsigned-integer-overflow -fno-sanitize-recover=$checks" ;;
    *) die "--sanitizers=$1 is neither address nor undefined" ;;
  esac
}

# build SANITIZER SOURCES OUT [FUZZERS]: as OSS-Fuzz's `compile` does it.
build() {
  local flags
  flags="-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-error=incompatible-function-pointer-types"
  flags+=" -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION $(flags_of "$1") -fsanitize=fuzzer-no-link"
  mkdir -p "$3" "$work/objects"
  (cd "$2" && env -i PATH="$llvm/bin:/usr/bin:/bin" HOME="$work" \
    CC=clang CXX=clang++ CFLAGS="$flags" CXXFLAGS="$flags -stdlib=libc++" \
    LIB_FUZZING_ENGINE="$work/engine.o" FUZZING_ENGINE=libfuzzer \
    SANITIZER="$1" ARCHITECTURE=x86_64 FUZZING_LANGUAGE=c++ \
    SRC="$work/src" WORK="$work/objects" OUT="$3" PMA_ONLY_FUZZERS="${4:-}" \
    bash -eux fuzz/oss_fuzz/build.sh) > "$log" 2>&1
}

# --- What is looked at ----------------------------------------------------------

# run FUZZER ARGUMENT...: in an empty folder, with its options and seeds, as
# OSS-Fuzz's run_fuzzer.
run() {
  local name=$1 out=$2 options=()
  shift 2
  mapfile -t options < <(sed -n 's/^\(\w*\)\W*=\W*\(.*\)$/-\1=\2/p' "$out/$name.options" |
    sed "s|^-dict=|-dict=$out/|")
  (cd "$work/elsewhere" && env -i PATH=/usr/bin:/bin TMPDIR=/tmp \
    ASAN_OPTIONS="detect_leaks=1:external_symbolizer_path=$symbolizer" \
    UBSAN_OPTIONS="print_stacktrace=1:silence_unsigned_overflow=1:external_symbolizer_path=$symbolizer" \
    "$out/$name" "${options[@]}" "$@") > "$log" 2>&1
}

# Calls of a sanitizer's runtime in a program. (grep calls it a failure to count 0.)
calls_of() { grep -cE "call +[0-9a-f]+ <$1" "$work/listing" || true; }

check_build() {
  local name=$1 out=$2 sanitizer=$3 edges asan ubsan linked
  [[ $name =~ ^[A-Za-z0-9_-]+$ ]] || fail "$name: OSS-Fuzz takes no such name"
  run "$name" "$out" -seed=1337 -runs=4 || fail "$name: does not start"
  grep -q '^Done 4 runs' "$log" || fail "$name: no 4 runs"
  edges=$(grep -oP 'Loaded \d+ modules? .*counters\): \K\d+' "$log") || edges=0
  ((edges >= 100)) || fail "$name: only $edges edges are instrumented"
  objdump -d --no-show-raw-insn "$out/$name" > "$work/listing"
  asan=$(calls_of __asan) ubsan=$(calls_of __ubsan)
  if [[ $sanitizer == address ]]; then
    ((asan >= 1000)) || fail "$name: only $asan calls of AddressSanitizer"
    ((ubsan <= 200)) || fail "$name: $ubsan calls of UBSan in a build without"
  else
    ((ubsan >= 168)) || fail "$name: only $ubsan calls of UBSan"
    ((asan == 0)) || fail "$name: $asan calls of AddressSanitizer in a build without"
  fi
  linked=$(ldd "$out/$name" | grep -vE 'linux-vdso|ld-linux|lib(c|m|resolv|gcc_s|pthread|dl|rt)\.so') || true
  [[ -z $linked ]] || fail "$name: linked with what OSS-Fuzz's runners lack: $linked"
  say "  $name: $edges edges, $asan calls of ASan, $ubsan of UBSan"
}

check_options() {
  local name=$1 out=$2 max_len longest
  for option in max_len timeout rss_limit_mb; do
    grep -qE "^$option = [0-9]+$" "$out/$name.options" || fail "$name.options: no $option"
  done
  max_len=$(sed -n 's/^max_len = //p' "$out/$name.options")
  if [[ -f $out/$name.dict ]]; then
    grep -q '^Dictionary: [1-9]' "$log" || fail "$name.dict: not read"
  fi
  longest=$(grep -oP ' L: \d+/\K\d+' "$log" | sort -n | tail -n 1) || longest=0
  ((${longest:-0} <= max_len)) || fail "$name: an input of $longest bytes, for all of max_len"
}

# How many edges a run over the seeds reaches. (Features, which libFuzzer counts as
# well, differ with the place of the stack.)
reached() {
  run "$1" "$2" -seed=1 -runs=0 "$work/seeds" ||
    fail "$1: fails on a seed"
  grep -oP ' cov: \K[0-9]+' "$log" | tail -n 1
}

check_runs() {
  local name=$1 out=$2 once again ran
  rm -rf "$work/seeds" "$work/new"
  mkdir "$work/seeds" "$work/new"
  unzip -q "$out/${name}_seed_corpus.zip" -d "$work/seeds"
  once=$(reached "$name" "$out")
  again=$(reached "$name" "$out")
  # But for a few in a thousand, behind the clock by which garbage is collected.
  ((once > 0 && 100 * (once > again ? once - again : again - once) <= once)) ||
    fail "$name: the same seeds reach $once edges, then $again"
  run "$name" "$out" -seed=1337 -runs="$runs" "$work/new" "$work/seeds" ||
    fail "$name: fails within $runs runs"
  # All seeds run, however many there are.
  ran=$(grep -oP '^Done \K[0-9]+' "$log") || ran=0
  ((ran >= runs)) || fail "$name: $ran runs in place of $runs"
  check_options "$name" "$out"
  say "  $name: $(ls "$work/seeds" | wc -l) seeds, $once edges reached; $(grep -oE "^Done .*" "$log")"
}

check_sanitizer() {
  local sanitizer=$1 out=$work/moved_$1 file name found=0
  say "$sanitizer: building"
  build "$sanitizer" "$work/src/pma" "$work/out" "${fuzzers//,/ }" || { fail "build.sh"; return; }
  mv "$work/out" "$out"
  for file in "$out"/*; do
    [[ -x $file ]] && grep -q LLVMFuzzerTestOneInput "$file" || continue
    name=$(basename "$file")
    found=$((found + 1))
    check_build "$name" "$out" "$sanitizer"
    check_runs "$name" "$out"
  done
  ((found > 0)) || fail 'no fuzzer in $OUT'
  [[ -z $(ls "$work/elsewhere") ]] || fail "left behind: $(ls "$work/elsewhere")"
}

check_mutant() {
  local name=${1%%:*} patch=${1#*:} copy=$work/src/mutant out=$work/out_mutant inputs
  rm -rf "$copy" "$out"
  cp -r "$work/src/pma" "$copy"
  patch -s -p1 -F0 -d "$copy" < "fuzz/mutants/$patch.patch" ||
    die "fuzz/mutants/$patch.patch does not apply"
  build address "$copy" "$out" "$name" || { fail "build.sh with $patch"; return; }
  rm -rf "$work/seeds"
  mkdir "$work/seeds"
  unzip -q "$out/${name}_seed_corpus.zip" -d "$work/seeds"
  if run "$name" "$out" -seed=1 -max_total_time=60 -artifact_prefix="$work/" "$work/seeds"; then
    fail "$name finds nothing in a minute with $patch"
  else
    # None, if it ends before libFuzzer has said how far it is.
    inputs=$(grep -oE '^#[0-9]+' "$log" | tail -n 1 | tr -d '#') || true
    say "  $name finds $patch after ${inputs:-some of its seeds}${inputs:+ inputs}"
  fi
}

mkdir "$work/elsewhere"
log=$work/log
symbolizer=$(command -v llvm-symbolizer-19 || command -v llvm-symbolizer || true)
prepare_sources
prepare_engine
for sanitizer in ${sanitizers//,/ }; do check_sanitizer "$sanitizer"; done
[[ -z $mutants ]] || say 'planted bugs'
for mutant in ${mutants//,/ }; do check_mutant "$mutant"; done
log=''
((failures == 0)) || say "$failures failures"
exit $((failures > 0))
