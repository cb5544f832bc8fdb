#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# patches_apply_test.sh PATCH... -- SOURCE...: every patch says in its first line
# what it breaks, and applies to the sources of today without a second thought.
set -euo pipefail

patches=()
while [[ $1 != -- ]]; do
  patches+=("$1")
  shift
done
shift
((${#patches[@]} > 0)) || { echo "no patches" >&2; exit 1; }

failures=0
fail() { echo "$*" >&2; failures=$((failures + 1)); }

# Copies: the runfiles are links, which patch refuses.
tree=$TEST_TMPDIR/tree
mkdir "$tree"
cp -L --parents "$@" "$tree"

for patch in "${patches[@]}"; do
  { read -r description; read -r empty; } <"$patch"
  [[ $description =~ ^[A-Z].*:\ .*\.$ && -z $empty ]] ||
    fail "$patch: begins with 'Group (bug): what is broken.' and an empty line"
  patch --directory="$tree" --strip=1 --fuzz=0 --forward --batch --dry-run \
    <"$patch" >"$TEST_TMPDIR/log" 2>&1 ||
    fail "$patch does not apply any more: $(cat "$TEST_TMPDIR/log")"
done
exit $((failures > 0))
