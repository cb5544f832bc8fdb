#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# spdx_test.sh FILE...: every source begins with its licence.
set -euo pipefail

missing=0
for file in "$@"; do
  if [[ $(head -n 1 "$file") != '// SPDX-License-Identifier: Apache-2.0' ]]; then
    echo "$file: the first line is not // SPDX-License-Identifier: Apache-2.0" >&2
    missing=$((missing + 1))
  fi
done
((missing == 0))
echo "$# files"
