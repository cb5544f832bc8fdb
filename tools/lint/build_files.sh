# SPDX-License-Identifier: Apache-2.0
#
# For buildifier_test.sh and tools/format: what buildifier is asked to look at.

# build_files FOLDER: prints the build files of the repository there, from its root.
build_files() {
  (cd "$1" && find . -name .git -prune -o -name 'bazel-*' -prune -o \
    \( -name BUILD -o -name '*.BUILD' -o -name '*.bzl' -o -name 'WORKSPACE*' \
    -o -name MODULE.bazel \) -type f -print | sed 's|^\./||' | sort)
}

# build_warnings FILE: the list in it, as buildifier takes it.
build_warnings() { grep -v '^#' "$1" | paste -sd , ; }
