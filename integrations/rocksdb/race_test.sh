#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# race_test.sh RACE FILE... --: a short race has all rows and writes its files.
set -euo pipefail

export BUILD_WORKING_DIRECTORY=$TEST_TMPDIR
"$@" --num=2000 --reads=500 --threads=2 --repeats=1 --json=race.json > "$TEST_TMPDIR/table" ||
  { cat "$TEST_TMPDIR/table"; exit 1; }
cat "$TEST_TMPDIR/table"

for row in fillrandom readrandom seekrandom readseq readreverse readwhilewriting fillseq \
  'fillrandom, log' bytes/entry; do
  grep -q "^  $row[ ,].* [0-9.]*[1-9][0-9.]*$" "$TEST_TMPDIR/table" ||
    { echo "no figures of $row"; exit 1; }
done
grep -q '<td>readreverse</td><td>[0-9]' "$TEST_TMPDIR/rocksdb_race.html"
/usr/bin/python3 -m json.tool "$TEST_TMPDIR/race.json" > /dev/null
