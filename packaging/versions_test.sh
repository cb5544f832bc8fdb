#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# versions_test.sh HEADER FILE...: the header's version is that of every FILE,
# where that states its own (a heading of a changelog, or a field).
set -euo pipefail

number() { sed -n "s/^#define PMA_VERSION_$1 \([0-9]*\)$/\1/p" "$header"; }
header=$1
version=$(number MAJOR).$(number MINOR).$(number PATCH)
shift
status=0
for file in "$@"; do
  grep -Eq "^(## |version: |    version = \"|  \"version\": \")${version//./\\.}([\",]|\$)" "$file" && continue
  echo "$file does not name the version of $header, $version" >&2
  status=1
done
exit $status
