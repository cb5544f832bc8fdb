#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# compiler_fails_test.sh SCRIPT: compiler_test.sh notices what it is for, in
# programs with planted mistakes.
set -uo pipefail

readonly script=$PWD/$1
cd "$TEST_TMPDIR" || exit 1
failures=0
# expect ACCEPTED|REJECTED WHAT ARGUMENT... : WHAT is part of what the script says.
expect() {
  local wanted=$1 what=$2 result=ACCEPTED said
  shift 2
  said=$(bash "$script" "$@" 2>&1) || result=REJECTED
  if [[ $result != "$wanted" || $said != *"$what"* ]]; then
    printf 'FAILED: %s: %s, expected %s and "%s"\n%s\n' \
      "$*" "$result" "$wanted" "$what" "$said" >&2
    failures=$((failures + 1))
  fi
}

mkdir pma
echo 'inline unsigned Sum(unsigned a, int b) { return a + (unsigned)b; }' > pma/good.h
echo 'inline unsigned Sum(unsigned a, int b) { return a + b; }' > pma/bad.h
printf '#include "pma/%s.h"\nint main() { return Sum(1, -1) == 0 ? 0 : 1; }\n' good > good.cc
printf '#include "pma/%s.h"\nint main() { return Sum(1, -1) == 0 ? 0 : 1; }\n' bad > bad.cc
echo 'int main() { return 1; }' > wrong.cc
echo 'int Missing(); int main() { return Missing(); }' > unlinked.cc
# Within its capacity: only a library that checks notices.
cat > outside.cc << 'END'
#include <vector>
int main() {
  std::vector<int> numbers;
  numbers.reserve(2);
  numbers.push_back(0);
  const int* volatile outside = &numbers[1];
  return outside == nullptr ? 1 : 0;
}
END

gcc=(--compiler=g++-12 --library=libstdc++ --standard=c++20)
newest=(--compiler=clang++-22 --library=libc++ --standard=c++23)
for row in gcc newest; do
  declare -n arguments=$row
  expect ACCEPTED '' "${arguments[@]}" --warn=-fsyntax-only --run=-O1 good.cc
  expect REJECTED 'warnings with -fsyntax-only' "${arguments[@]}" --warn=-fsyntax-only bad.cc
  expect REJECTED 'does not compile' "${arguments[@]}" --run=-O1 bad.cc
  expect REJECTED 'or link' "${arguments[@]}" --run=-O1 unlinked.cc
  expect REJECTED 'wrong answers' "${arguments[@]}" --run=-O1 wrong.cc
  expect ACCEPTED '' "${arguments[@]}" --run=-O0 outside.cc
done
expect REJECTED 'wrong answers' "${gcc[@]}" --run=-D_GLIBCXX_DEBUG outside.cc
expect REJECTED 'wrong answers' "${newest[@]}" \
  --run=-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_DEBUG outside.cc
expect REJECTED 'no-such-compiler is not installed' --compiler=no-such-compiler \
  --library=libstdc++ --standard=c++20 --run=-O1 good.cc
expect REJECTED 'no library for no-such-processor' "${newest[@]}" \
  --target=no-such-processor --emulator=qemu --run=-O1 good.cc
expect REJECTED 'nothing to try' "${gcc[@]}" good.cc
expect REJECTED "no library 'other'" --compiler=g++-12 --library=other --run= good.cc
expect REJECTED "no program 'none.cc'" "${gcc[@]}" --run=-O1 none.cc
exit $((failures > 0))
