#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# lines.sh COUNTER REASONS SOURCE... [--programs=N]
#
# Says which lines of the headers among the sources have run under the scheduler,
# while fibers took turns, in N random programs (10,000); a line that never did
# needs a reason. COUNTER is count_lines in a coverage build. Exit code: 0 every
# line has run or has a reason, 1 some have neither, 2 it could not be found out.
#
# REASONS has a line for each stretch of lines that never run:
#
#   FILE | FIRST LINE | why
#
# where FIRST LINE is that line of the source without its indentation, * for a
# whole file, and - for a file that is not compiled for the simulator or has no
# code. A stretch ends where a line has run.
set -euo pipefail

programs=10000
files=()
for word in "$@"; do
  case $word in
    --programs=*) programs=${word#*=} ;;
    --*) echo "lines: unknown flag $word" >&2 && exit 2 ;;
    *) files+=("$word") ;;
  esac
done
if [[ ! $programs =~ ^[1-9][0-9]{0,8}$ ]]; then
  echo "lines: --programs takes a number above 0, not '$programs'" >&2
  exit 2
fi
counter=${files[0]} reasons=${files[1]}
mapfile -t headers < <(printf '%s\n' "${files[@]:2}" | grep '\.h$')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
LLVM_PROFILE_FILE=$work/raw "$counter" "$programs" || exit 2
llvm-profdata-19 merge -o "$work/merged" "$work/raw" || exit 2
llvm-cov-19 export -format=lcov -instr-profile="$work/merged" "$counter" \
  >"$work/lcov" || exit 2

awk -v programs="$programs" '
  function trimmed(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
  # Ends the stretch at hand, if there is one.
  function end_stretch(file) {
    if (!stretch) return
    key = file SUBSEP trimmed(source[stretch])
    if (!(key in why)) key = file SUBSEP "*"
    if (key in why) {
      used[key] = 1
      explained += never
    } else {
      unexplained = unexplained sprintf("%s:%d: %s (%d lines)\n", file, stretch,
                                        trimmed(source[stretch]), never)
    }
    stretch = never = 0
  }
  # The reasons.
  FILENAME == ARGV[1] {
    if ($0 ~ /^#/ || $0 ~ /^$/) next
    bars = split($0, part, / \| /)
    if (bars < 3) { print "lines: " FILENAME ":" FNR ": not FILE | LINE | why"; bad = 1; exit }
    text = substr($0, length(part[1]) + 4)
    text = substr(text, 1, length(text) - length(part[bars]) - 3)
    why[part[1], trimmed(text)] = part[bars]
    next
  }
  # What has run: of all instantiations together.
  FILENAME == ARGV[2] {
    if ($0 ~ /^SF:/) { covered = substr($0, 4); sub(/^.*\/pma\/internal\//, "pma/internal/", covered) }
    if ($0 ~ /^DA:/) {
      split(substr($0, 4), part, ",")
      compiled[covered] = 1
      count[covered, part[1]] += part[2]
    }
    next
  }
  # The sources.
  FNR == 1 {
    end_stretch(file)
    file = FILENAME
    sub(/^.*pma\/internal\//, "pma/internal/", file)
    files[++file_count] = file
    if (!(file in compiled)) {
      key = file SUBSEP "-"
      if (key in why) used[key] = 1
      else unexplained = unexplained file ": not compiled for the simulator\n"
    }
  }
  {
    source[FNR] = $0
    if (!((file, FNR) in count)) next
    ++lines[file]
    if (count[file, FNR] > 0) {
      ++ran[file]
      end_stretch(file)
    } else {
      if (!stretch) stretch = FNR
      ++never
    }
  }
  END {
    if (bad) exit 2
    end_stretch(file)
    printf "%-44s %6s %6s\n", "lines of", "code", "ran"
    for (i = 1; i <= file_count; ++i) {
      file = files[i]
      if (file in compiled) printf "%-44s %6d %6d\n", file, lines[file], ran[file]
      else printf "%-44s %6s\n", file, "none"
      all += lines[file]
      all_ran += ran[file]
    }
    printf "\n%d programs: of %d lines %d ran, %d did not for a reason\n", programs, all, all_ran, explained
    for (key in why) {
      if (key in used) continue
      split(key, part, SUBSEP)
      printf "note: a reason is not needed: %s | %s\n", part[1], part[2]
    }
    if (unexplained == "") exit 0
    printf "\nlines that never ran, without a reason:\n%s", unexplained
    exit 1
  }' "$reasons" "$work/lcov" "${headers[@]}"
