#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a user compiles of the library gives no warnings, however many are asked for,
# and its program gives the right answers.
#
# Usage: compiler_test.sh --compiler=COMMAND --library=libstdc++|libc++
#   --standard=STANDARD [--package=FILE.deb]... [--target=TRIPLE --emulator=FILE]
#   [--warn=FLAGS]... [--run=FLAGS]... PROGRAM.cc
# --package  takes the library out of Debian packages, not from the system's folders
# --target   compiles for another processor, by clang, and runs in the emulator
# --warn     compiles as with these flags
# --run      compiles and links as with these flags, and runs
set -uo pipefail

die() {
  printf 'compiler_test.sh: %s\n' "$*" >&2
  exit 2
}

out=$(mktemp -d "${TEST_TMPDIR:-/tmp}/compiler.XXXXXX")
trap 'rm -rf "$out"' EXIT
compiler='' library='' standard='' program='' target='' emulator=() packages=() warn=() run=()
for argument in "$@"; do
  case $argument in
    --compiler=*) compiler=${argument#*=} ;;
    --library=*) library=${argument#*=} ;;
    --standard=*) standard=${argument#*=} ;;
    --package=*) packages+=("${argument#*=}") ;;
    --target=*) target=${argument#*=} ;;
    --emulator=*) emulator=("${argument#*=}") ;;
    --warn=*) warn+=("${argument#*=}") ;;
    --run=*) run+=("${argument#*=}") ;;
    -*) die "unknown argument '$argument'" ;;
    *) program=$argument ;;
  esac
done
[[ -r $program ]] || die "no program '$program'"
((${#warn[@]} + ${#run[@]} > 0)) || die "neither --warn nor --run: nothing to try"
# A row that was not tried must not look like one that was.
command -v "$compiler" > /dev/null || die "$compiler is not installed"

compile=("$compiler" "-std=$standard" -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wsign-conversion -Werror -I.)
link=(-pthread)
if [[ -n $target ]]; then
  [[ -d /usr/$target ]] || die "there is no library for $target in /usr/$target"
  ((${#emulator[@]} == 1)) || die "--target=$target needs an --emulator"
  emulator+=(-L "/usr/$target")
  compile+=("--target=$target")
  link+=(-fuse-ld=lld)
fi
case $library in
  libstdc++) ;;
  libc++)
    # Static: Debian has one libc++.so for all versions, which may lack what newer
    # headers call.
    if ((${#packages[@]} == 0)); then
      compile+=(-stdlib=libc++)
      root=$(dirname "$(dirname "$(realpath "$(command -v "$compiler")")")")
    else
      for package in "${packages[@]}"; do
        dpkg-deb -x "$package" "$out/unpacked" || die "cannot unpack $package"
      done
      root=$(echo "$out"/unpacked/usr/lib/llvm-*)
      compile+=(-nostdinc++ -isystem "$root/include/c++/v1")
    fi
    link+=(-nostdlib++ "$root/lib/libc++.a" "$root/lib/libc++abi.a")
    ;;
  *) die "no library '$library', only libstdc++ and libc++" ;;
esac

failures=0
fail() {
  printf 'FAILED: %s, %s, %s: %s: %s\n' "$compiler" "$library" "$standard" "$program" "$*" >&2
  failures=$((failures + 1))
}

for flags in ${warn[@]+"${warn[@]}"}; do
  # shellcheck disable=SC2086 # several flags
  "${compile[@]}" $flags -o /dev/null "$program" || fail "warnings with $flags"
done
for flags in ${run[@]+"${run[@]}"}; do
  # shellcheck disable=SC2086
  if ! "${compile[@]}" $flags -o "$out/program" "$program" "${link[@]}"; then
    fail "does not compile without warnings, or link, with $flags"
  elif ! ${emulator[@]+"${emulator[@]}"} "$out/program" > "$out/said" 2>&1; then
    tail -n 20 "$out/said" >&2
    fail "compiled with $flags it gives wrong answers"
  fi
done
exit $((failures > 0))
