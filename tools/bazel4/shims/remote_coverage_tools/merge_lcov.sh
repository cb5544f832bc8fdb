#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Merges lcov records, one record per source file in the result. Bazel calls it
# after each test (--coverage_dir=FOLDER with *.dat files) and at the end
# (--reports_file=LIST of lcov files); --output_file=FILE is written in both
# cases. A header measured by twenty tests must come out as one record whose
# counts are the sums: counted as twenty, no percentage would mean anything.
set -euo pipefail

inputs=()
output=
for argument in "$@"; do
  value=${argument#*=}
  case $argument in
    --coverage_dir=*)
      while IFS= read -r -d '' file; do inputs+=("$file"); done \
        < <(find -L "$value" -name '*.dat' -print0 | sort -z) ;;
    --reports_file=*)
      while IFS= read -r file; do
        # Baseline records hold no counts; a test without a report has no file.
        if [[ -s $file && $file != *baseline_coverage.dat ]]; then
          inputs+=("$file")
        fi
      done < "$value" ;;
    --output_file=*) output=$value ;;
  esac
done
: "${output:?no --output_file given}"

awk '
  function note(key) { if (!((file, key) in known)) { known[file, key]; keys[file] = keys[file] key "\n" } }
  /^SF:/ { file = substr($0, 4); if (!(file in keys)) { keys[file] = ""; files[++file_count] = file }; next }
  /^DA:/ { split(substr($0, 4), part, ","); key = "DA:" part[1]; note(key); hits[file, key] += part[2]; next }
  /^BRDA:/ {
    split(substr($0, 6), part, ",")
    key = "BRDA:" part[1] "," part[2] "," part[3]
    note(key)
    if (part[4] != "-") { taken[file, key] = 1; hits[file, key] += part[4] }
    next
  }
  END {
    for (f = 1; f <= file_count; ++f) {
      file = files[f]
      print "SF:" file
      lines_found = lines_hit = branches_found = branches_hit = 0
      count = split(keys[file], list, "\n")
      for (i = 1; i < count; ++i) {
        key = list[i]
        n = hits[file, key] + 0
        if (key ~ /^DA:/) {
          print key "," n
          ++lines_found
          if (n > 0) ++lines_hit
        } else {
          print key "," ((file, key) in taken ? n : "-")
          ++branches_found
          if (n > 0) ++branches_hit
        }
      }
      if (branches_found > 0) { print "BRF:" branches_found; print "BRH:" branches_hit }
      print "LF:" lines_found
      print "LH:" lines_hit
      print "end_of_record"
    }
  }
' /dev/null ${inputs[@]+"${inputs[@]}"} > "$output"
