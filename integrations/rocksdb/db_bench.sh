#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# db_bench.sh DB_BENCH PLUGIN LIBRARY... -- FLAG...
#
# RocksDB's benchmark, as Debian packages it, with the plug-in loaded and its memtable
# chosen. The flags are db_bench's own; the last one of a name counts.
set -euo pipefail

program=$PWD/$1
plugin=$PWD/$2
shift 2
folders=
while (($# > 0)) && [[ $1 != -- ]]; do
  folders+=${folders:+:}$PWD/$(dirname "$1")
  shift
done
shift

# Where the user stands, for relative paths among the flags.
cd "${BUILD_WORKING_DIRECTORY:-.}"
LD_LIBRARY_PATH=$folders LD_PRELOAD=$plugin exec "$program" --memtablerep=pma "$@"
