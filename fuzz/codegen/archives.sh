# SPDX-License-Identifier: Apache-2.0

# What tests of generated code share; to be sourced.

# llvm_tool NAME: where it is, or the binutils' program of that name.
llvm_tool() {
  local candidate
  for candidate in "/usr/lib/llvm-19/bin/llvm-$1" "llvm-$1-19" "llvm-$1" "$1"; do
    if command -v "$candidate"; then return; fi
  done
  echo "neither llvm-$1 nor $1 is there" >&2
  return 1
}

# archive FILE...: the one without position-independent code, or the only one
# there is.
archive() {
  local file found=
  for file in "$@"; do
    [[ $file == *.a || $file == *.lo ]] || continue
    [[ -n $found && $file == *.pic.* ]] || found=$file
  done
  [[ -n $found ]] || { echo "no archive among: $*" >&2; return 1; }
  echo "$found"
}
