#!/bin/bash
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

for patch in "${patches[@]}"; do
  description=$(head -n 1 "$patch")
  [[ $description =~ ^[A-Z].*:\ .*\.$ && -z $(sed -n 2p "$patch") ]] ||
    fail "$patch: begins with 'Group (bug): what is broken.' and an empty line"
  # A fresh copy for each: the runfiles are links to the sources themselves.
  tree=$TEST_TMPDIR/$(basename "$patch" .patch)
  for source in "$@"; do
    mkdir -p "$tree/$(dirname "$source")"
    cp -L "$source" "$tree/$source"
  done
  chmod -R u+w "$tree"
  patch --directory="$tree" --strip=1 --fuzz=0 --forward --batch \
    --reject-file=- <"$patch" >"$TEST_TMPDIR/log" 2>&1 ||
    fail "$patch does not apply any more: $(cat "$TEST_TMPDIR/log")"
done
exit $((failures > 0))
