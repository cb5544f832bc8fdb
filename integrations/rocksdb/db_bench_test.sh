#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# db_bench_test.sh LDB DB_BENCH PLUGIN LIBRARY... --
#
# Runs steps of RocksDB's benchmark with its skip list and with each of the plug-in's
# memtables: all must count the same, and leave the same in the database.
set -euo pipefail

ldb=$PWD/$1
shift
db_bench=("$(dirname "$0")/db_bench.sh" "$@")
for library in "$@"; do
  [[ $library == *.so* ]] && folders+=${folders:+:}$PWD/$(dirname "$library")
done
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/db_bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0

# What a database holds: all, keys alone, or nothing if ldb does not know the order.
content() {
  [[ $2 != nothing ]] || { echo nothing; return 0; }
  LD_LIBRARY_PATH=$folders "$ldb" --db="$work/$1" scan --hex $([[ $2 == all ]] || echo --no_value) |
    sha256sum
}

# Prints what each step has done and found, without what depends on time.
counts() {
  local memtable=$1
  shift
  "${db_bench[@]}" --db="$work/$memtable" --memtablerep="$memtable" --seed=1 \
    --compression_type=none --value_size=64 --num=4000 "$@" 2> "$work/errors" > "$work/output" ||
    { cat "$work/output" "$work/errors"; return 1; }
  sed -nE 's/^([a-z]+) +: .* seconds ([0-9]+ operations);[^(]*(\([0-9]+ of [0-9]+ found\))?.*/\1 \2 \3/p' \
    "$work/output"
}

# compare TITLE all|keys|nothing FLAG...
compare() {
  local title=$1 what=$2 memtable expected got
  shift 2
  for memtable in skip_list "${tested[@]}"; do
    got=$(counts "$memtable" "$@" && content "$memtable" "$what") ||
      { printf '%s: %s has failed:\n%s\n' "$title" "$memtable" "$got"; exit 1; }
    if [[ $memtable == skip_list ]]; then
      expected=$got
      # One line a step, and one for the content.
      local flag steps=
      for flag in "$@"; do
        if [[ $flag == --benchmarks=* ]]; then steps=${flag//[^,]/}; fi
      done
      if (($(wc -l <<< "$got") != ${#steps} + 2)); then
        printf '%s: not all steps have run:\n%s\n' "$title" "$got"
        failures=$((failures + 1))
      fi
    elif [[ $got != "$expected" ]]; then
      printf '%s: skip_list\n%s\n%s\n%s\n' "$title" "$expected" "$memtable" "$got"
      failures=$((failures + 1))
    fi
    rm -rf "${work:?}/$memtable"
  done
  printf '%s: %d lines compared\n' "$title" "$(wc -l <<< "$expected")"
}

reads=readrandom,readmissing,readseq,readreverse,seekrandom,multireadrandom
all=fillrandom,$reads,overwrite,deleterandom,$reads

# Also the opponent, with one writer, with several, with hints, and by comparisons.
tested=(pma skip_list_unchecked)
# Threads that write the same keys: who is last is not the same each time.
compare 'three threads' keys --benchmarks=$all --threads=3 --num=2000 \
  --allow_concurrent_memtable_write=true
# (With range deletions, too, an assertion of RocksDB's own fails.)
compare 'hints and Bloom filters' all --benchmarks=$all \
  --memtable_insert_with_hint_prefix_size=6 --allow_concurrent_memtable_write=false \
  --memtable_bloom_size_ratio=0.1 --memtable_whole_key_filtering=true
# (A key that is missing would have nine bytes.)
compare 'another order' nothing --benchmarks="${all//readmissing,/}" \
  --use_uint64_comparator=true --key_size=8

tested=(pma)
compare 'one thread' all --benchmarks=$all --seek_nexts=20
compare 'many flushes' keys --benchmarks=$all --threads=2 --write_buffer_size=65536 \
  --max_write_buffer_number=4
compare 'unordered writes' keys --benchmarks=$all --threads=2 --unordered_write=true \
  --enable_pipelined_write=false
compare 'readers beside a writer' keys --threads=2 --num=2000 \
  --benchmarks=fillseq,readwhilewriting,seekrandomwhilewriting --write_buffer_size=65536
compare 'merges and range deletions' all --benchmarks=fillrandom,mergerandom,$reads \
  --merge_operator=stringappend --writes_per_range_tombstone=50 --range_tombstone_width=20 \
  --max_num_range_tombstones=1000
# (Iterators do not go back then.)
compare 'updates in place' all --benchmarks=fillrandom,overwrite,readrandom,readseq \
  --inplace_update_support=true --allow_concurrent_memtable_write=false
compare 'memtables purged in memory' all --benchmarks=fillrandom,overwrite,$reads \
  --write_buffer_size=131072 --experimental_mempurge_threshold=5 --num=8000

((failures == 0))
