#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# file_length_test.sh FILE...: a header can be read in one sitting, any other
# source nearly so.
set -euo pipefail

header_lines=600
source_lines=700

failures=0
for file in "$@"; do
  limit=$source_lines
  [[ $file != *.h ]] || limit=$header_lines
  lines=$(wc -l < "$file")
  if ((lines > limit)); then
    echo "$file: $lines lines, more than $limit: split it by idea" >&2
    failures=$((failures + 1))
  fi
done
((failures == 0))
echo "$# files"
