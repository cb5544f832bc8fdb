#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What kills.sh makes of tests' logs.
set -euo pipefail

fail() { echo "$*" >&2; exit 1; }

logs=$TEST_TMPDIR/logs
# log NAME TEXT: the log of that planted bug's test.
log() {
  mkdir -p "$logs/$1_is_killed_test"
  printf '%s\n' "$2" >"$logs/$1_is_killed_test/test.log"
}
log early_unlock 'VIOLATION in trial 9, the 10., after 0.25 s: not linearizable
on the healthy map: --layer=stale-inline --first=9 --trials=1
ok: 1 trials in 0.00 s'
log pair_torn 'killed by exit code 139
on the healthy map: --layer=stress --first=0 --trials=1
ok: 1 trials in 0.00 s'
log lock_order 'VIOLATION: the trial does not end
on the healthy map: --layer=stress --first=0 --trials=1
ok: 1 trials in 0.00 s'
log two_growths 'SURVIVED: no trial found anything wrong'
# The healthy map fails as well: nothing has been shown.
log gap_overflow 'VIOLATION in trial 9, the 10., after 0.25 s: not linearizable
on the healthy map: --layer=stale-inline --first=9 --trials=1'

table=$(fuzz/mutants/kills.sh "$logs")
expect() { grep -qxF "$1" <<<"$table" || fail "no row '$1' in: $table"; }
expect '| Atomicity | `early_unlock` | stale-inline | 10 | 0.25 |'
expect '| Atomicity | `pair_torn` | stress | ends by signal 11 |  |'
expect '| Progress | `lock_order` | stress | does not end |  |'
expect '| Structure | `two_growths` |  | NOT KILLED |  |'
expect '| Structure | `gap_overflow` | stale-inline | NOT KILLED | 0.25 |'
expect '| Scans | `scan_misses_key` | | NOT RUN | |'

! fuzz/mutants/kills.sh "$logs/none" 2>"$TEST_TMPDIR/error" || fail 'no folder, no error'
grep -q "there is no folder $logs/none" "$TEST_TMPDIR/error" || fail 'no word of the folder'
