#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# clang_format_test.sh FILE...: every file is as clang-format 19 would write it.
set -euo pipefail

check() { clang-format-19 --style=file:.clang-format --dry-run --Werror "$@" 2> /dev/null; }

# All at once: most of what it takes is to start.
check "$@" && { echo "$# files"; exit; }
bad=()
for file in "$@"; do check "$file" || bad+=("$file"); done
echo "To mend: clang-format-19 -i ${bad[*]}" >&2
exit 1
