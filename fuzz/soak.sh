#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# soak.sh SEARCH [--seconds=600] [--kind=map|epoch] [--log=FILE] [--allow-dirty]
#         [--total]
#
# Runs random scheduled programs, each seed once, and adds a line to the log of
# clean executions (docs/executions.tsv) if all of them passed. A run goes on
# where the log ends, so that no seed is counted twice. A failure is printed and
# nothing is added. A tree with changes that are not committed is refused, for
# its line would name a commit that it is not; --allow-dirty adds the line all
# the same and marks it. --total only adds up what is there.
#
# SEARCH is //fuzz:search; `bazel run //fuzz:soak` gives it.
set -euo pipefail

readonly target=1000000000
readonly header=$'date\tcommit\ttree\tkind\tfirst\tcount\tseconds\tresult'

refuse() { echo "soak: $*" >&2; exit 2; }

# Bazel gives the program's path relative to the runfiles' root.
search=$(realpath "${1:?the program that runs the programs}")
shift
seconds=600 kind=map log='' allow_dirty=no total_only=no
for argument in "$@"; do
  case $argument in
    --seconds=*) seconds=${argument#*=} ;;
    --kind=*) kind=${argument#*=} ;;
    --log=*) log=${argument#*=} ;;
    --allow-dirty) allow_dirty=yes ;;
    --total) total_only=yes ;;
    *) refuse "unknown argument $argument" ;;
  esac
done
[[ $seconds =~ ^[1-9][0-9]{0,6}$ ]] || refuse '--seconds takes a number from 1 to 9999999'
[[ $kind == map || $kind == epoch ]] || refuse '--kind is map or epoch'

cd "${BUILD_WORKSPACE_DIRECTORY:-.}"
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || refuse "$PWD is not in a git tree"
if [[ -z $log ]]; then
  log=docs/executions.tsv
elif [[ $log != /* ]]; then
  log=${BUILD_WORKING_DIRECTORY:-$PWD}/$log
fi
[[ -d $(dirname "$log") ]] || refuse "no such folder: $(dirname "$log")"

# The log, or its first line if there is none yet; checked, for a line that
# counts wrongly would make the total a lie.
lines() {
  if [[ -s $log ]]; then cat "$log"; else echo "$header"; fi
}
check_log() {
  lines | awk -F '\t' -v header="$header" '
    NR == 1 && $0 != header { print "line 1 is not the header"; exit }
    NR > 1 && (NF != 8 || $5 !~ /^[0-9]+$/ || $6 !~ /^[1-9][0-9]*$/ || $8 != "clean") {
      print "line " NR " is not an entry"; exit }
    NR > 1 && $5 + 0 < next_seed[$4] + 0 {
      print "line " NR " counts seeds again"; exit }
    NR > 1 { next_seed[$4] = $5 + $6 }'
}
next_seed() {
  lines | awk -F '\t' -v kind="$kind" '
    NR > 1 && $4 == kind { next_seed = $5 + $6 } END { printf "%d\n", next_seed }'
}
print_total() {
  lines | awk -F '\t' -v target="$target" '
    NR > 1 { count[$4] += $6; seconds[$4] += $7 }
    END {
      for (kind in count) {
        if (kind != "map") {
          printf "%s: %d clean executions in %d s\n", kind, count[kind], seconds[kind]
        }
      }
      printf "map: %d clean executions in %d s: %.4f %% of %d\n", count["map"],
             seconds["map"], 100 * count["map"] / target, target
    }'
}

wrong=$(check_log)
[[ -z $wrong ]] || refuse "$log: $wrong"
if [[ $total_only == yes ]]; then
  print_total
  exit
fi

# Commits, and whether the tree is that commit. The log itself may have changed:
# it is what the last run has left.
commit=$(git rev-parse --short=12 HEAD)
tree=clean
if [[ -n $(git status --porcelain -- . ":(exclude,top)docs/executions.tsv") ]]; then
  tree=dirty
  [[ $allow_dirty == yes ]] ||
    refuse 'the tree has changes that are not committed: commit them, or --allow-dirty'
fi

first=$(next_seed)
echo "$kind: programs from $first on, for $seconds s" >&2
output=$(mktemp)
trap 'rm -f "$output"' EXIT
if ! "$search" "--kind=$kind" "--seconds=$seconds" "--first=$first" >"$output"; then
  cat "$output"
  echo "soak: a failure; nothing is added to $log" >&2
  exit 1
fi
cat "$output"
count=$(sed -n 's/^\([1-9][0-9]*\) programs clean,.*/\1/p' "$output")
[[ -n $count ]] || refuse 'the search does not say how many ran clean'
[[ $(next_seed) == "$first" ]] || refuse "another run has added these seeds to $log meanwhile"

[[ -s $log ]] || echo "$header" >"$log"
printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\tclean\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
  "$commit" "$tree" "$kind" "$first" "$count" "$seconds" >>"$log"
print_total
