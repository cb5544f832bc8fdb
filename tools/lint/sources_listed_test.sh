#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# sources_listed_test.sh FILE...: the files given, which the other lints check,
# are all C++ sources of the repository.
set -euo pipefail

repository=$(dirname "$(realpath WORKSPACE)")

listed=$(printf '%s\n' "$@" | sort)
present=$(cd "$repository" &&
  find . -name .git -prune -o -name 'bazel-*' -prune -o \
    \( -name '*.h' -o -name '*.cc' \) -type f -print | sed 's|^\./||' | sort)
[[ -n $present ]] || { echo "no C++ sources in $repository" >&2; exit 1; }

missing=$(comm -13 <(echo "$listed") <(echo "$present"))
if [[ -n $missing ]]; then
  printf 'Not seen by any lint: %s\n' $missing >&2
  echo 'Call lint_sources() in their package, and list it in //tools/lint:BUILD.' >&2
  exit 1
fi
wc -l <<< "$present"
