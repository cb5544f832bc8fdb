#!/bin/bash
# clang_format_test.sh FILE...: every file is as clang-format 19 would write it.
set -euo pipefail

bad=()
for file in "$@"; do
  clang-format-19 --style=file:.clang-format --dry-run --Werror "$file" 2> /dev/null || bad+=("$file")
done
if ((${#bad[@]} > 0)); then
  echo "To mend: clang-format-19 -i ${bad[*]}" >&2
  exit 1
fi
echo "$# files"
