#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# buildifier_test.sh BUILDIFIER: every build file of the repository is as buildifier
# would write it, and has none of the mistakes that buildifier_warnings.txt asks for.
set -euo pipefail

buildifier=$(realpath "$1")
lints=$(dirname "${BASH_SOURCE[0]}")
repository=$(dirname "$(realpath WORKSPACE)")
. "$lints/build_files.sh"
warnings=$(build_warnings "$lints/buildifier_warnings.txt")

cd "$repository"
mapfile -t files < <(build_files .)
if "$buildifier" -mode=check -lint=warn "-warnings=$warnings" "${files[@]}"; then
  echo "${#files[@]} files"
else
  echo 'To mend what can be mended: tools/format' >&2
  exit 1
fi
