#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# same_code_test.sh PRODUCT... -- CONTROL... -- SPOILT...: the functions of the
# first two libraries are the same instructions in the same order, those of the
# third, which has another order in it, are not.
set -euo pipefail

source fuzz/codegen/archives.sh
objdump=$(llvm_tool objdump)

# listing ARCHIVE: functions, by name, with their instructions. Addresses within
# the file are left out; what is left of a jump is where in its function it
# leads, and what a call's relocation says it calls. The atomics' types have
# different names.
listing() {
  "$objdump" -dr --no-show-raw-insn --demangle "$1" |
    sed -E -e 's/^ *[0-9a-f]+:?\s+//' -e 's/^[0-9a-f]+ (<.*>:)$/\1/' \
      -e 's/\b(0x)?[0-9a-f]+ (<.*>)$/\2/' \
      -e 's/pma::(x86[a-z0-9_]*::)?internal::RealAtomic</std::atomic</g' |
    grep -vE 'file format|^Disassembly of section|^In archive|^$' |
    sed -E 's/[[:space:]]+/ /g'
}

groups=(product control spoilt)
files=()
for argument in "$@" --; do
  if [[ $argument != -- ]]; then
    files+=("$argument")
    continue
  fi
  library=$(archive "${files[@]}")
  listing "$library" >"$TEST_TMPDIR/${groups[0]}"
  groups=("${groups[@]:1}") files=()
done

# Nothing compared would be nothing shown.
for function in HotFind HotInsert HotErase HotScan; do
  grep -q "^<$function>:" "$TEST_TMPDIR/product" || { echo "no $function to compare" >&2; exit 1; }
done

diff "$TEST_TMPDIR/product" "$TEST_TMPDIR/control" >"$TEST_TMPDIR/diff" || {
  echo 'The platform layer changes the code that is generated:' >&2
  head -60 "$TEST_TMPDIR/diff" >&2
  exit 1
}
if diff -q "$TEST_TMPDIR/product" "$TEST_TMPDIR/spoilt" >/dev/null; then
  echo 'Another memory order would not be noticed.' >&2
  exit 1
fi
functions=$(grep -c '^<.*>:$' "$TEST_TMPDIR/product")
instructions=$(grep -vcE '^<.*>:$|: R_[A-Z0-9_]+ ' "$TEST_TMPDIR/product")
echo "$functions functions, $instructions instructions, the same in both"
