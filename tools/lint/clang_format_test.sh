#!/bin/bash
# clang_format_test.sh FILE...: every file is as clang-format 19 would write it.
set -euo pipefail

if ! clang-format-19 --style=file:.clang-format --dry-run --Werror "$@"; then
  echo 'To mend: clang-format-19 -i FILE...' >&2
  exit 1
fi
echo "$# files"
