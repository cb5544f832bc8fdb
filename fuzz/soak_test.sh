#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# soak_test.sh SOAK SEARCH: what soak.sh adds to its log, and when it does not.
set -euo pipefail

soak=$PWD/$1
search=$PWD/$2
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
cd "$TEST_TMPDIR"
unset BUILD_WORKSPACE_DIRECTORY BUILD_WORKING_DIRECTORY
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1

mkdir tree
cd tree
git init -q .
git config user.email nobody@example.com
git config user.name nobody
mkdir docs
echo one >source
git add source
git commit -qm 'A source'
commit=$(git rev-parse --short=12 HEAD)
log=docs/executions.tsv

# A stand-in, which says what it was asked for.
cat >"$TEST_TMPDIR/clean" <<'END'
#!/bin/bash
echo "$@" >>"$TEST_TMPDIR/asked"
echo '1000 programs clean, 10 a second'
END
cat >"$TEST_TMPDIR/failing" <<'END'
#!/bin/bash
echo 'program 1007'
echo 'not linearizable'
exit 1
END
chmod +x "$TEST_TMPDIR/clean" "$TEST_TMPDIR/failing"

# expect CODE PATTERN COMMAND...
expect() {
  local code=0 expected=$1 pattern=$2
  shift 2
  "$@" >"$TEST_TMPDIR/out" 2>&1 || code=$?
  [[ $code == "$expected" ]] || fail "$*: exit code $code: $(cat "$TEST_TMPDIR/out")"
  grep -q -- "$pattern" "$TEST_TMPDIR/out" || fail "$*: no '$pattern' in: $(cat "$TEST_TMPDIR/out")"
}

expect 0 'map: 1000 clean executions' "$soak" "$TEST_TMPDIR/clean" --seconds=3
expect 0 'map: 2000 clean executions in 6 s: 0.0002 % of 1000000000' \
  "$soak" "$TEST_TMPDIR/clean" --seconds=3
# Its own kind, its own seeds.
expect 0 'epoch: 1000 clean executions' "$soak" "$TEST_TMPDIR/clean" --seconds=3 --kind=epoch
printf '%s\n' '--kind=map --seconds=3 --first=0' '--kind=map --seconds=3 --first=1000' \
  '--kind=epoch --seconds=3 --first=0' | diff - "$TEST_TMPDIR/asked" || fail 'other seeds'
[[ $(wc -l <$log) == 4 ]] || fail "$(cat $log)"
grep -q $'\t'"$commit"$'\tclean\tmap\t1000\t1000\t3\tclean$' $log || fail "$(cat $log)"

# Nothing is added that failed, and nothing for a tree that is no commit.
cp $log "$TEST_TMPDIR/before"
expect 1 'not linearizable' "$soak" "$TEST_TMPDIR/failing" --seconds=3
echo two >source
expect 2 'not committed' "$soak" "$TEST_TMPDIR/clean" --seconds=3
diff "$TEST_TMPDIR/before" $log || fail 'something was added'
expect 0 'map: 3000 clean' "$soak" "$TEST_TMPDIR/clean" --seconds=3 --allow-dirty
grep -q $'\tdirty\tmap\t2000\t' $log || fail "$(cat $log)"
git checkout -q source

expect 0 'map: 3000 clean' "$soak" "$TEST_TMPDIR/clean" --total
[[ $(wc -l <$log) == 5 ]] || fail "$(cat $log)"

# A log that counts seeds twice, or has something else in it, is not believed.
sed -n 2p $log >>$log
expect 2 'line 6 counts seeds again' "$soak" "$TEST_TMPDIR/clean" --total
echo nonsense >$log
expect 2 'line 1 is not the header' "$soak" "$TEST_TMPDIR/clean" --total
expect 2 'seconds takes' "$soak" "$TEST_TMPDIR/clean" --seconds=soon
expect 2 'kind is map or epoch' "$soak" "$TEST_TMPDIR/clean" --kind=other
expect 2 'unknown argument' "$soak" "$TEST_TMPDIR/clean" --frob
expect 2 'no such folder' "$soak" "$TEST_TMPDIR/clean" --log=no/such/log

# The real thing, on a log elsewhere.
for kind in map epoch; do
  expect 0 "$kind: [1-9][0-9]* clean executions" "$soak" "$search" --seconds=1 --kind=$kind \
    --log="$TEST_TMPDIR/real.tsv"
done
expect 2 'usage' "$search" --seconds=0
expect 2 'usage' "$search"

exit $((failures > 0))
