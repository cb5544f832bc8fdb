#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# shootout_test.sh PROGRAM: the program as its user meets it. A short race
# writes what it was asked for; a wrong flag or key file gives one line on
# stderr, a non-zero exit and no file.
set -euo pipefail

program=$PWD/$1
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }

export BUILD_WORKING_DIRECTORY=$TEST_TMPDIR/caller
mkdir -p "$BUILD_WORKING_DIRECTORY"
cd "$BUILD_WORKING_DIRECTORY"

# race FLAG...: a short one, which must succeed.
race() {
  (cd "$OLDPWD" && "$program" --seconds=0.002 --repeats=1 --threads=2 "$@") \
    >"$TEST_TMPDIR/out" 2>"$TEST_TMPDIR/err" ||
    fail "shootout $*: $(cat "$TEST_TMPDIR/err")"
}

# refuse PATTERN FLAG...: the one line on stderr matches PATTERN.
refuse() {
  local pattern=$1
  shift
  if (cd "$OLDPWD" && "$program" "$@") \
    >"$TEST_TMPDIR/out" 2>"$TEST_TMPDIR/err"; then
    fail "shootout $* succeeded"
  fi
  grep -Eq -- "$pattern" "$TEST_TMPDIR/err" ||
    fail "shootout $*: no '$pattern' in: $(cat "$TEST_TMPDIR/err")"
  (($(wc -l <"$TEST_TMPDIR/err") == 1)) ||
    fail "shootout $*: not one line: $(cat "$TEST_TMPDIR/err")"
  [[ ! -s $TEST_TMPDIR/out ]] || fail "shootout $*: wrote to stdout"
  [[ -z $(find . -newer "$TEST_TMPDIR/before" -type f) ]] ||
    fail "shootout $*: wrote files"
}

# ---- What works -------------------------------------------------------------

race --keys=uniform --n=2000 --mixes=load,ycsb_a,scan100 --json=r.json
grep -q 'ycsb_a' "$TEST_TMPDIR/out" || fail "no table"
grep -q '"mix": "scan100"' r.json || fail "no JSON"
grep -q '"key_count":2000' shootout.html || fail "no report"

race --keys=clusters --n=2000 --mixes=load --maps=pma --report=
grep -q '^2,000 keys: clusters' "$TEST_TMPDIR/err" || fail "generated keys"

# A file of the field: little-endian count, then keys 1, 2, 3 (2 twice).
printf '\4\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0' >sosd
printf '\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0' >>sosd
race --keys=sosd:sosd --maps=std_shared_mutex --report=
grep -q '^3 keys: sosd' "$TEST_TMPDIR/err" || fail "binary keys"
grep -q '1 duplicate' "$TEST_TMPDIR/err" || fail "no note of duplicates"

printf 'pear\napple\nfig\n' >fruit
race --keys=text:fruit --maps=absl_shared_mutex,pma --report=
grep -q '^3 keys: fruit' "$TEST_TMPDIR/err" || fail "text keys"

printf '3\n1\n18446744073709551615\n' >numbers
race --keys="numbers:$PWD/numbers" --maps=absl_shared_mutex --report=
grep -q '^3 keys: /.*numbers' "$TEST_TMPDIR/err" || fail "keys of numbers"

# As YCSB comes with it, but smaller.
cat >workloada <<'END'
# Yahoo! Cloud System Benchmark, workload A: update heavy
recordcount=2000
operationcount=5000
workload=site.ycsb.workloads.CoreWorkload

readallfields=true

readproportion=0.5
updateproportion=0.5
scanproportion=0
insertproportion=0

requestdistribution=zipfian
END
race --workload=workloada --seconds=60 --json=w.json
grep -q '^2,000 keys: uniform' "$TEST_TMPDIR/err" || fail "no keys of a workload"
grep -q '^note: a value is 10 fields of 100 bytes' "$TEST_TMPDIR/err" ||
  fail "no note of a workload"
grep -q '^note: values of 1,000 bytes: maps that keep words' "$TEST_TMPDIR/err" ||
  fail "no note of long values"
grep -q '"value_bytes": 1000,' w.json || fail "no size of values"
grep -q '^workloada: 50 % reads, 50 % updates, zipfian keys' "$TEST_TMPDIR/out" ||
  fail "no table of a workload"
# Two threads prepare no more than is asked for.
grep -q '"operations": 5000,' w.json || fail "not as many operations as asked for"
race --workload=workloada --value_bytes=8 --keys=uuid --report=
grep -q '^2,000 keys: uuid' "$TEST_TMPDIR/err" || fail "typed keys of a workload"
race --workload=workloada --value_bytes=8 --keys=words --maps=absl_shared_mutex \
  --report=

# The real keys, one mix each.
race --keys=geoip --mixes=floor --maps=absl_shared_mutex --report=
race --keys=words --mixes=ycsb_c --maps=absl_shared_mutex --report=
race --keys=urls --n=2000 --mixes=ycsb_c --maps=absl_shared_mutex --report=
grep -q '^2,000 keys: urls' "$TEST_TMPDIR/err" || fail "urls"
race --keys=uuid --n=2000 --mixes=load,ycsb_a --report=
grep -q '^2,000 keys: uuid' "$TEST_TMPDIR/err" || fail "typed keys"

# ---- What is refused --------------------------------------------------------

printf '9\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0' >truncated
printf '17\n18\nseventeen\n' >letters
mkdir folder
sleep 0.01
touch "$TEST_TMPDIR/before"
sleep 0.01

refuse "bogus" --bogus=1
refuse "seconds" --seconds=soon
refuse "--seconds: -1 is not above 0" --seconds=-1
refuse "--threads: '0' is no number" --threads=0
refuse "--maps: there is no 'hashmap'" --maps=hashmap
refuse "--maps: 'tbb' does not race on struct" --keys=uuid --n=9 --maps=tbb
refuse "--maps: 'tbb' does not race on .* values of 9 bytes" --value_bytes=9 --n=9 \
  --keys=uniform --maps=tbb
refuse "--mixes: there is no 'ycsb_z'" --mixes=ycsb_z
refuse "unexpected argument 'words'" words
refuse "--workload: cannot read nosuchfile" --workload=nosuchfile
refuse "--workload: letters: recordcount is missing" --workload=letters
refuse "--workload: .*without --mixes" --workload=workloada --mixes=load
refuse "'fruit' is none of geoip, words, urls, uniform, .*, text:FILE" --keys=fruit
refuse "nosuchfile: byte 0: cannot open: No such file" --keys=text:nosuchfile
refuse "folder: byte 0: cannot read: Is a directory" --keys=sosd:folder
refuse "truncated: byte 16: file ends after 1 of the" --keys=sosd:truncated
refuse "letters:3: byte 6: 'seventeen' is no unsigned" --keys=numbers:letters
refuse "--report: .*no/r.html: cannot write: No such file" --report=no/r.html

# ---- What cannot be written -------------------------------------------------

echo old >old.json
if (cd "$OLDPWD" && "$program" --keys=text:nosuchfile --json=old.json 2>/dev/null); then
  fail "no keys, but success"
fi
[[ $(cat old.json) == old ]] || fail "a file changed before there were results"

if (cd "$OLDPWD" && "$program" --keys=uniform --n=1000 --mixes=load --maps=pma \
  --seconds=0.001 --json=/dev/full --report= >/dev/null 2>"$TEST_TMPDIR/err"); then
  fail "a full disk went unnoticed"
fi
[[ $(tail -1 "$TEST_TMPDIR/err") == "shootout: /dev/full: cannot write: No space left on device" ]] ||
  fail "full disk: $(tail -1 "$TEST_TMPDIR/err")"

((failures == 0))
echo "all as promised"
