#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# expect_output.sh PROGRAM SOURCE: the program prints what the comment after
# "// Prints:" in its source says.
set -euo pipefail

expected=$(sed -n '/^\/\/ Prints:/,/^$/{ s|^//   ||p }' "$2")
[[ -n $expected ]] || { echo "$2: no '// Prints:' comment" >&2; exit 1; }
diff <(echo "$expected") <("$1")
