#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# engine_test.sh FUZZER REPLAY: FUZZER and REPLAY are planted_crash_fuzz.cc with
# libFuzzer and without. Shows that the engine is really on, and that folders
# mean what libfuzzer_folders.cc says.
set -uo pipefail

fuzzer=$PWD/$1
replay=$PWD/$2
cd "$TEST_TMPDIR" || exit 1
mkdir committed mine
printf 'PMA?' > committed/seed
unset TEST_UNDECLARED_OUTPUTS_DIR

fail() {
  printf '%s\nFAILED: %s\n' "$output" "$*" >&2
  exit 1
}

output=$("$fuzzer" --pma_corpus=committed -seed=1 -runs=1000000 2>&1) &&
  fail 'the planted crash was not found'
grep -q 'libFuzzer: deadly signal' <<< "$output" || fail 'no report of the crash'
grep -q 'planted_crash_fuzz.cc:' <<< "$output" || fail 'no line in the report'
crash=$(echo crash-*)
[[ $(head -c 4 "$crash") == 'PMA!' ]] || fail 'the crashing input is not kept here'

output=$("$replay" "$crash" 2>&1) && fail 'the replay of the crash does not crash'
output=$("$replay" committed 2>&1) || fail 'the replay of the corpus fails'
[[ $output == *'1 inputs, no failure' ]] || fail 'not one input replayed'
output=$("$replay" mine 2>&1) && fail 'a replay of nothing is called a success'
output=$("$replay" no_such_file 2>&1) && fail 'a missing input is not noticed'

# The user's folder comes first and receives what is new; the committed corpus
# is read only.
output=$("$fuzzer" --pma_corpus=committed mine -seed=1 -runs=5000 2>&1)
[[ -n $(ls mine) ]] || fail 'nothing new in the folder named on the command line'
[[ $(ls committed) == seed ]] || fail 'the committed corpus was written to'

# Without any, a temporary folder does.
output=$("$fuzzer" --pma_corpus=committed -seed=1 -runs=10 2>&1) || fail 'a short run fails'
folder=$(sed -n 's/^No folder named: new inputs go to //p' <<< "$output")
[[ -d $folder ]] || fail 'no temporary folder'
[[ $(ls committed) == seed ]] || fail 'the committed corpus was written to'

# `bazel run` says where the user is.
mkdir elsewhere
output=$(BUILD_WORKING_DIRECTORY=$PWD/elsewhere "$fuzzer" --pma_corpus=committed -seed=1 -runs=1000000 2>&1) &&
  fail 'the planted crash was not found with the committed corpus'
[[ -n $(ls elsewhere) ]] || fail 'the finding is not in the folder of the caller'

# Running one input is not fuzzing: no folder is added.
output=$("$fuzzer" --pma_corpus=committed committed/seed 2>&1) || fail 'one input cannot be run'
grep -q 'Executed committed/seed' <<< "$output" || fail 'one input was not run as such'
